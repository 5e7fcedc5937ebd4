/* Poll results: what each object's attributes say goes into one report. */
#include "codes.h"
#include "dialogue.h"
#include "findings.h"

/* What a visit of an object needs. */
typedef struct visit {
    intellivue_findings *findings;
    const intellivue_reply *reply;
} visit;

static void visit_metric(const visit *self, const intellivue_object *object) {
    intellivue_findings *findings = self->findings;
    intellivue_metric *metric =
        intellivue_metric_of(&findings->monitor->metrics, findings->host, findings->host_context, object);
    if (metric == NULL) {
        /* More objects than are remembered: without its context a value may be a setting as well as a measurement. */
        findings->odd++;
        return;
    }
    findings->odd += intellivue_metric_learn(metric, object);
    if (self->reply->object_class == NOM_MOC_VMO_METRIC_NU) {
        intellivue_numeric_read(findings, object, metric);
    } else if (self->reply->object_class == NOM_MOC_VMO_METRIC_SA_RT) {
        intellivue_wave_read(findings, object, metric);
    } else {
        intellivue_enumeration_read(findings, object, metric);
    }
}

static void visit_object(void *context, const intellivue_object *object) {
    const visit *self = (const visit *)context;
    switch (self->reply->object_class) {
    case NOM_MOC_VMS_MDS:
        intellivue_identity_learn(self->findings->monitor, object);
        break;
    case NOM_MOC_PT_DEMOG:
        intellivue_person_learn(self->findings->monitor, object);
        break;
    case NOM_MOC_VMO_AL_MON:
        intellivue_alarms_read(self->findings, object);
        break;
    default:
        visit_metric(self, object);
        break;
    }
}

void intellivue_result_take(intellivue_monitor *monitor, const intellivue_arrival *arrival) {
    const intellivue_wish *wish = arrival->wish;
    intellivue_reply reply;
    uint32_t lost = 0;
    if (intellivue_reply_read(arrival->operation, &reply) != DRAGOMAN_OK) {
        wish->host->count(wish->host_context, DRAGOMAN_COUNT_BAD_FRAME, 1);
        return;
    }
    dragoman_status status =
        intellivue_polls_accept(&monitor->polls, arrival->operation, &reply, arrival->now->monotonic_us, &lost);
    if (status != DRAGOMAN_OK) {
        /* A repeated datagram is nobody's fault; what nobody asked for is noted. */
        wish->host->count(wish->host_context, DRAGOMAN_COUNT_BAD_FRAME, status == DRAGOMAN_NOT_FOUND ? 1 : 0);
        return;
    }
    if (lost > 0) {
        wish->host->log(wish->host_context, DRAGOMAN_LOG_WARNING,
                        DRAGOMAN_TEXT("results of a monitor were lost on their way"), (dragoman_bytes){NULL, 0});
    }
    intellivue_findings findings;
    intellivue_findings_init(&findings, wish->host, wish->host_context, monitor, reply.rel_time_stamp,
                             arrival->now->wall_us);
    visit self = {&findings, &reply};
    intellivue_reply_walk(&reply, visit_object, &self);
    if (findings.odd > 0) {
        wish->host->count(wish->host_context, DRAGOMAN_COUNT_ODD_VALUE, findings.odd);
    }
    if (intellivue_findings_emit(&findings) != DRAGOMAN_OK) {
        wish->host->count(wish->host_context, DRAGOMAN_COUNT_REFUSED, 1);
    }
}
