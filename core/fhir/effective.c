#include "base/time.h"
#include "fhir/observation.h"

static bool is_usable(dragoman_time time) {
    return time.precision != DRAGOMAN_TIME_NONE && (time.flags & DRAGOMAN_TIME_OF_DAY) == 0;
}

/* The time of an observation: its own, else the moment its report arrived, else when the sender says it sent it. */
static dragoman_time time_of(const fhir_scene *scene, const dragoman_observation *observation, bool is_vital) {
    dragoman_time stated = observation->measured_at;
    if (is_usable(stated) && (!is_vital || stated.precision >= DRAGOMAN_TIME_DAY)) {
        return stated;
    }
    if (scene->record->has_stamp) {
        return time_of_utc_us(scene->record->stamp.received_at_us);
    }
    dragoman_time sent = scene->record->report.sent_at;
    return is_usable(sent) && sent.precision >= DRAGOMAN_TIME_DAY ? sent : (dragoman_time){0};
}

bool fhir_effective_is_known(const fhir_scene *scene, const dragoman_observation *observation) {
    return time_of(scene, observation, true).precision >= DRAGOMAN_TIME_DAY;
}

static bool is_same(const dragoman_time *a, const dragoman_time *b) {
    return a->civil_us == b->civil_us && a->offset_minutes == b->offset_minutes && a->precision == b->precision &&
           a->fraction_digits == b->fraction_digits && a->flags == b->flags;
}

/* Whether both ends can stand in a Period: FHIR wants them in order, and comparable. */
static bool is_period(dragoman_time from, dragoman_time until) {
    bool comparable = is_usable(from) && is_usable(until) && from.precision == until.precision &&
                      from.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN && until.offset_minutes != DRAGOMAN_OFFSET_UNKNOWN;
    return comparable && time_utc_us(from) <= time_utc_us(until);
}

static size_t put(char *to, const char *text, size_t size) {
    memcpy(to, text, size);
    return size;
}
#define PUT(at, literal) put((at), (literal), sizeof(literal) - 1)

/* vs-1 of the vital-signs profile fails on a Period, through a flaw in its expression: a vital sign keeps its start. */
static void write_members(fhir_effective *self) {
    char *to = self->text;
    size_t size = 0;
    if (!self->is_vital && is_period(self->at, self->until)) {
        size += PUT(to + size, "\"effectivePeriod\":{\"start\":\"");
        size += time_write_fhir(self->at, to + size);
        size += PUT(to + size, "\",\"end\":\"");
        size += time_write_fhir(self->until, to + size);
        size += PUT(to + size, "\"},");
    } else if (self->at.precision != DRAGOMAN_TIME_NONE) {
        size += PUT(to + size, "\"effectiveDateTime\":\"");
        size_t written = time_write_fhir(self->at, to + size);
        size = written == 0 ? 0 : size + written + PUT(to + size + written, "\",");
    }
    self->size = size;
}

void fhir_effective_make(const fhir_scene *scene, const dragoman_observation *observation, bool is_vital,
                         fhir_effective *effective) {
    dragoman_time at = time_of(scene, observation, is_vital);
    dragoman_time until = is_same(&at, &observation->measured_at) ? observation->measured_until : (dragoman_time){0};
    bool is_alike = effective->is_vital == is_vital || until.precision == DRAGOMAN_TIME_NONE;
    bool is_cached =
        effective->is_known && is_alike && is_same(&at, &effective->at) && is_same(&until, &effective->until);
    if (!is_cached) {
        effective->at = at;
        effective->until = until;
        effective->is_vital = is_vital;
        effective->is_known = true;
        write_members(effective);
    }
}
