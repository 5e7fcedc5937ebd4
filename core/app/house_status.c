#include "app/house_inside.h"

#include "base/bytes.h"
#include "base/json_out.h"
#include "base/version.h"
#include <dragoman/adapter.h>
#include <stdio.h>

static const struct {
    dragoman_counter counter;
    const char *name;
} counters[] = {
    {DRAGOMAN_COUNT_RESYNCHRONISED, "resynchronised_bytes"},
    {DRAGOMAN_COUNT_BAD_FRAME, "bad_frames"},
    {DRAGOMAN_COUNT_REFUSED, "refused"},
    {DRAGOMAN_COUNT_DISCARDED, "discarded"},
    {DRAGOMAN_COUNT_REPLACED_CHARACTER, "replaced_characters"},
    {DRAGOMAN_COUNT_CODE_MISMATCH, "code_mismatches"},
};

static void write_time(json_out *out, const char *key, int64_t wall_us) {
    char text[TIME_TEXT_BYTES];
    if (wall_us != 0) {
        size_t size = time_write_utc(wall_us, 3, text);
        json_out_text(out, key, (dragoman_bytes){(const uint8_t *)text, size});
    }
}

/* How the adapter runs: in which process, how often that was replaced, and why the last time. */
static void write_isolation(json_out *out, const host_adapter *adapter) {
    isolate_health health;
    json_out_object(out, "isolation");
    if (!isolate_health_get(adapter, &health)) {
        json_out_text(out, "mode", DRAGOMAN_TEXT("none"));
        json_out_object_end(out);
        return;
    }
    json_out_text(out, "mode", DRAGOMAN_TEXT("process"));
    json_out_boolean(out, "up", health.is_up);
    json_out_number(out, "pid", health.pid);
    json_out_text(out, "held", bytes_of(health.held));
    json_out_number(out, "replaced", (int64_t)health.ended);
    json_out_number(out, "set_aside", (int64_t)health.dead);
    write_time(out, "replaced_at", health.ended_us);
    if (health.reason[0] != '\0') {
        json_out_text(out, "reason", bytes_of(health.reason));
    }
    json_out_object_end(out);
}

static void write_link(json_out *out, const house_link *link) {
    json_out_object(out, NULL);
    json_out_text(out, "name", link->options.name);
    if (link->link == NULL) {
        json_out_text(out, "state", DRAGOMAN_TEXT("failed"));
        json_out_text(out, "trouble", bytes_of(link->trouble.text));
        json_out_object_end(out);
        return;
    }
    link_health health;
    link_health_get(link->link, &health);
    json_out_text(out, "adapter", bytes_of(link->options.adapter->descriptor->name));
    json_out_text(out, "state", bytes_of(house_state_word(health.state)));
    json_out_number(out, "port", link_port(link->link));
    json_out_number(out, "sessions", health.sessions);
    json_out_number(out, "sessions_total", (int64_t)health.sessions_total);
    json_out_number(out, "bytes_in", (int64_t)health.bytes_in);
    json_out_number(out, "bytes_out", (int64_t)health.bytes_out);
    json_out_number(out, "dropped_datagrams", (int64_t)health.dropped);
    json_out_number(out, "restarts", (int64_t)health.restarts);
    write_isolation(out, link->options.adapter);
    write_time(out, "last_heard", health.last_heard_us);
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        json_out_number(out, counters[i].name, (int64_t)health.counters[counters[i].counter]);
    }
    if (health.last_error[0] != '\0') {
        json_out_text(out, "trouble", bytes_of(health.last_error));
    }
    json_out_object_end(out);
}

static bool write_waiting(json_out *out, const house *self) {
    json_out_object(out, "store");
    json_out_text(out, "state", bytes_of(error_status_name(self->store_trouble.status)));
    json_out_text(out, "trouble", bytes_of(self->store_trouble.text));
    json_out_object_end(out);
    return false;
}

static bool write_store(json_out *out, house *self) {
    store_health health;
    store_health_get(self->kept, &health);
    json_out_object(out, "store");
    json_out_text(out, "state", bytes_of(error_status_name(health.status)));
    /* Also while all goes well: at the limit old values are dropped, and nobody would know. */
    if (health.reason[0] != '\0') {
        json_out_text(out, "trouble", bytes_of(health.reason));
    }
    json_out_number(out, "rows", (int64_t)health.rows);
    json_out_number(out, "bytes", (int64_t)health.bytes);
    json_out_number(out, "free_bytes", (int64_t)health.free_bytes);
    json_out_number(out, "messages", (int64_t)health.committed_messages);
    json_out_number(out, "observations", (int64_t)health.committed_observations);
    json_out_number(out, "duplicates", (int64_t)health.duplicates);
    json_out_number(out, "same_id_other_bytes", (int64_t)health.same_id_other_bytes);
    json_out_number(out, "refused", (int64_t)health.refused);
    json_out_number(out, "dropped", (int64_t)health.dropped);
    json_out_number(out, "dead_letters", (int64_t)health.dead);
    json_out_number(out, "last_commit_us", health.last_commit_us);
    write_time(out, "oldest", health.oldest_us);
    write_time(out, "newest", health.newest_us);
    json_out_object_end(out);
    return health.status == DRAGOMAN_OK;
}

static bool write_sinks(json_out *out, house *self) {
    publish_health health;
    bool all_well = true;
    json_out_array(out, "sinks");
    for (uint32_t i = 0; publish_health_get(self->publisher, i, &health); i++) {
        json_out_object(out, NULL);
        json_out_text(out, "name", health.name);
        json_out_boolean(out, "well", health.is_well);
        if (health.reason[0] != '\0') {
            json_out_text(out, "trouble", bytes_of(health.reason));
        }
        json_out_number(out, "delivered_reports", (int64_t)health.delivered_rows);
        json_out_number(out, "delivered_resources", (int64_t)health.delivered_resources);
        json_out_number(out, "delivered_bytes", (int64_t)health.delivered_bytes);
        json_out_number(out, "retries", (int64_t)health.retries);
        json_out_number(out, "dead_letters", (int64_t)health.dead);
        json_out_number(out, "parked", (int64_t)health.parked);
        json_out_number(out, "behind_reports", (int64_t)health.behind_rows);
        json_out_number(out, "behind_us", health.behind_us);
        json_out_object_end(out);
        all_well = all_well && health.is_well;
    }
    json_out_array_end(out);
    return all_well;
}

static void write_latency(json_out *out, house *self) {
    static const struct {
        double percentile;
        const char *committed, *published;
    } points[] = {{50, "committed_p50", "published_p50"}, {99, "committed_p99", "published_p99"}};
    json_out_object(out, "latency_us");
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        int64_t committed_us = 0;
        int64_t published_us = 0;
        publish_latency(self->publisher, points[i].percentile, &committed_us, &published_us);
        json_out_number(out, points[i].committed, committed_us);
        json_out_number(out, points[i].published, published_us);
    }
    json_out_object_end(out);
}

static void answer_status(house *self, buffer *to) {
    json_out out;
    if (!json_out_init(&out, to, true)) {
        return;
    }
    json_out_object(&out, NULL);
    json_out_text(&out, "site", self->of->name);
    json_out_text(&out, "version", bytes_of(base_version()));
    write_time(&out, "started", self->started_at.wall_us);
    json_out_array(&out, "links");
    bool is_well = true;
    for (uint32_t i = 0; i < self->link_count; i++) {
        write_link(&out, &self->links[i]);
        is_well = is_well && self->links[i].link != NULL;
    }
    json_out_array_end(&out);
    house_write_devices(self, &out);
    if (self->kept == NULL) {
        is_well = write_waiting(&out, self);
    } else {
        is_well = write_store(&out, self) && is_well;
        is_well = write_sinks(&out, self) && is_well;
        write_latency(&out, self);
    }
    json_out_boolean(&out, "well", is_well);
    json_out_object_end(&out);
    json_out_fini(&out);
}

static const char *const mapping_names[] = {
    [TERMS_UNMAPPED] = "unmapped", [TERMS_SPOKEN] = "spoken", [TERMS_PROFILE] = "profile", [TERMS_ALIAS] = "alias"};

static void write_seen(void *context, const terms_census_row *row) {
    json_out *out = context;
    json_out_object(out, NULL);
    json_out_text(out, "profile", row->profile);
    json_out_text(out, "kind", row->is_unit ? DRAGOMAN_TEXT("unit") : DRAGOMAN_TEXT("code"));
    json_out_text(out, "system", row->code.system);
    json_out_text(out, "code", row->code.code);
    json_out_text(out, "text", row->code.text);
    json_out_text(out, "mapping", bytes_of(mapping_names[row->mapping]));
    json_out_boolean(out, "mismatch", row->is_mismatch);
    json_out_number(out, "mdc", row->mdc);
    json_out_number(out, "count", (int64_t)row->count);
    json_out_object_end(out);
}

static void answer_seen(house *self, buffer *to) {
    json_out out;
    if (!json_out_init(&out, to, true)) {
        return;
    }
    json_out_array(&out, NULL);
    terms_census_visit(self->census, write_seen, &out);
    json_out_array_end(&out);
    json_out_fini(&out);
}

void house_answer(void *context, dragoman_bytes request, buffer *to) {
    house *self = context;
    if (bytes_is(request, "status")) {
        answer_status(self, to);
    } else if (bytes_is(request, "seen")) {
        answer_seen(self, to);
    } else if (!house_answer_store(self, request, to)) {
        buffer_append_text(to, "{\"error\": \"no such request\"}\n");
    }
}
