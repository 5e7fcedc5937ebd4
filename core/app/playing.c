/* Captures through a translation: what a recorded link said, with its times. */
#include "app/translation_inside.h"

#include "base/bytes.h"
#include "host/player.h"
#include "loop/clock.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

/* Messages of one recording whose settlement is known beforehand: a week of one a second on 100 monitors. */
#define SETTLEMENTS_MAX ((size_t)1 << 26)

/* Keys of adapter state that one recording reads: an adapter has a handful for each device. */
#define STATE_KEYS_MAX 4096u

/* ---- what the recording says of the messages */

static int by_session(const void *left, const void *right) {
    const settlement_row *a = left;
    const settlement_row *b = right;
    if (a->session != b->session) {
        return a->session < b->session ? -1 : 1;
    }
    return a->through < b->through ? -1 : a->through > b->through;
}

bool playing_was_kept(const playing *self, const host_message *message) {
    if (!self->is_complete) {
        return true;
    }
    settlement_row wanted = {.session = host_player_session(message->instance), .through = message->store.number};
    size_t low = 0;
    size_t high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_session(&self->rows[middle], &wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    /* What was not settled when its session or the recording ended was committed all the same. */
    return low == self->count || self->rows[low].session != wanted.session ||
           self->rows[low].settlement == DRAGOMAN_DURABLE;
}

static bool add_settlement(playing *self, const capture_record *record) {
    if (self->count == self->room) {
        size_t room = self->room == 0 ? 1024 : self->room * 2;
        settlement_row *more = room > SETTLEMENTS_MAX ? NULL : realloc(self->rows, room * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        self->rows = more;
        self->room = room;
    }
    self->rows[self->count++] =
        (settlement_row){.session = record->session, .settlement = record->code, .through = record->number};
    return true;
}

static bool is_known_state(const playing *self, uint64_t hash) {
    for (size_t i = 0; i < self->known_count; i++) {
        if (self->known_state[i] == hash) {
            return true;
        }
    }
    return false;
}

/* What the first look at a key found is what was there before the recording began; later ones may find what was put
 * since. */
static bool put_state(translation *self, dragoman_bytes link, const capture_record *record) {
    playing *captures = &self->captures;
    if (record->part_count == 0) {
        return true;
    }
    uint64_t hash = bytes_hash(record->parts[0], 0);
    if (is_known_state(captures, hash)) {
        return true;
    }
    if (captures->known_state == NULL) {
        captures->known_state = calloc(STATE_KEYS_MAX, sizeof(uint64_t));
    }
    if (captures->known_state == NULL || captures->known_count == STATE_KEYS_MAX) {
        return false;
    }
    captures->known_state[captures->known_count++] = hash;
    if (record->part_count == 1) {
        return true;
    }
    store_state state = {record->parts[0], record->parts[1]};
    store_message message = {.link = link, .states = &state, .state_count = 1};
    return store_stamper_state_put(self->stamper, &message) == DRAGOMAN_OK;
}

/* Goes through a capture before it is played. What is damaged in it is told when it is played. */
static dragoman_status look_through(translation *self, dragoman_bytes bytes, error_record *error) {
    capture_reader reader = {0};
    capture_record record;
    capture_header *header = calloc(1, sizeof(*header));
    dragoman_status status = header == NULL ? error_set(error, DRAGOMAN_NO_MEMORY, "no memory")
                                            : capture_reader_init(&reader, bytes, header, error);
    bool has_room = true;
    while (status == DRAGOMAN_OK && has_room && capture_reader_next(&reader, &record, NULL) == DRAGOMAN_OK) {
        if (record.kind == CAPTURE_STATE) {
            has_room = put_state(self, capture_fact(header, "link"), &record);
        } else if (record.kind == CAPTURE_SETTLED) {
            has_room = add_settlement(&self->captures, &record);
        }
    }
    free(header);
    return has_room ? status : error_set(error, DRAGOMAN_NO_MEMORY, "too long a recording to be played at once");
}

/* ---- the setting in which it was recorded */

typedef struct setting_up {
    host_instance_options instance;
    const host_adapter *adapter;
    time_zone *zone;
    dragoman_setting settings[CAPTURE_FACTS_MAX + TRANSLATION_SETTINGS_MAX];
} setting_up;

static const host_adapter *find_adapter(const translation *self, dragoman_bytes name) {
    for (uint32_t i = 0; i < self->adapter_count; i++) {
        if (self->options->adapter != NULL || bytes_is(name, self->adapters[i].descriptor->name)) {
            return &self->adapters[i];
        }
    }
    return NULL;
}

/* The recorded settings, and behind them those of the command line: the last one counts. */
static void take_settings(const translation *self, const capture_header *header, setting_up *to) {
    static const char prefix[] = "setting:";
    uint32_t count = 0;
    for (uint32_t i = 0; i < header->fact_count; i++) {
        dragoman_bytes key = header->facts[i].key;
        if (bytes_starts_with(key, prefix)) {
            to->settings[count++] = (dragoman_setting){{key.data + sizeof(prefix) - 1, key.size - (sizeof(prefix) - 1)},
                                                       header->facts[i].value};
        }
    }
    for (uint32_t i = 0; i < self->options->setting_count; i++) {
        to->settings[count++] = self->options->settings[i];
    }
    to->instance.settings = to->settings;
    to->instance.setting_count = count;
}

static time_habit habit_of(dragoman_bytes word) {
    return bytes_is(word, "never") ? TIME_NEVER : bytes_is(word, "utc") ? TIME_UTC : TIME_FOLLOWS;
}

static dragoman_status set_up(const translation *self, const capture_header *header, setting_up *to,
                              error_record *error) {
    dragoman_bytes zone = capture_fact(header, "time_zone");
    dragoman_bytes name = capture_fact(header, "adapter");
    to->adapter = find_adapter(self, name);
    if (to->adapter == NULL) {
        return error_set(error, DRAGOMAN_UNSUPPORTED,
                         "%s: it was recorded with the adapter \"%.*s\", which is not here", self->path,
                         BYTES_FORMAT(name));
    }
    take_settings(self, header, to);
    dragoman_bytes link = capture_fact(header, "link");
    to->instance.link = link.size > 0 ? link : DRAGOMAN_TEXT("translate");
    to->instance.profile =
        self->options->profile != NULL ? bytes_of(self->options->profile) : capture_fact(header, "profile");
    to->instance.habit = habit_of(capture_fact(header, "daylight_saving"));
    to->instance.zone = self->zone;
    if (self->zone == NULL && zone.size > 0) {
        dragoman_status status = time_zone_create(zone, &to->zone, error);
        to->instance.zone = to->zone;
        return status;
    }
    return DRAGOMAN_OK;
}

/* ---- playing */

/* Waits until it is time for a record that came `after_us` behind the first. */
static void wait_for(translation *self, int64_t after_us, int64_t begun_us) {
    if (self->options->speed <= 0) {
        return;
    }
    int64_t due_us = begun_us + (int64_t)((double)after_us / self->options->speed);
    int64_t left_us = due_us - clock_now().monotonic_us;
    if (left_us > 0) {
        translation_write_out(self, 1);
        fflush(self->options->output);
        struct timespec pause = {.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
        while (nanosleep(&pause, &pause) != 0 && errno == EINTR) {
        }
    }
}

typedef struct progress {
    host_player *player;
    capture_header *header; /* of the first file */
    setting_up *with;
    int64_t first_us; /* of the first record */
    int64_t begun_us;
    bool has_begun;
} progress;

static dragoman_status play_file(translation *self, progress *at, dragoman_bytes bytes, error_record *error) {
    capture_reader reader = {0};
    capture_record record;
    capture_header *header = calloc(1, sizeof(*header));
    dragoman_status status = header == NULL ? error_set(error, DRAGOMAN_NO_MEMORY, "no memory")
                                            : capture_reader_init(&reader, bytes, header, error);
    while (status == DRAGOMAN_OK) {
        status = capture_reader_next(&reader, &record, error);
        if (status != DRAGOMAN_OK) {
            break;
        }
        if (!at->has_begun) {
            at->has_begun = true;
            at->first_us = record.now.monotonic_us;
            at->begun_us = clock_now().monotonic_us;
        }
        wait_for(self, record.now.monotonic_us - at->first_us, at->begun_us);
        status = host_player_play(at->player, &record, error);
    }
    free(header);
    if (status == DRAGOMAN_NOT_FOUND && reader.is_torn) {
        fprintf(stderr, "%s: its last record is cut short\n", self->path);
    }
    return status == DRAGOMAN_NOT_FOUND ? DRAGOMAN_OK : status;
}

static dragoman_status begin(translation *self, progress *at, dragoman_bytes bytes, error_record *error) {
    capture_reader reader = {0};
    at->header = calloc(1, sizeof(*at->header));
    at->with = calloc(1, sizeof(*at->with));
    if (at->header == NULL || at->with == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    dragoman_status status = capture_reader_init(&reader, bytes, at->header, error);
    if (status == DRAGOMAN_OK) {
        status = set_up(self, at->header, at->with, error);
    }
    if (status == DRAGOMAN_OK) {
        self->captures.is_complete = (at->header->flags & CAPTURE_IS_COMPLETE) != 0;
        dragoman_bytes zone = self->options->time_zone == NULL ? capture_fact(at->header, "time_zone")
                                                               : bytes_of(self->options->time_zone);
        status = translation_record(self, at->with->adapter, &at->with->instance, zone, &at->header->start, error);
    }
    if (status == DRAGOMAN_OK) {
        host_player_options options = {
            .environment = self->environment, .adapter = at->with->adapter, .instance = at->with->instance};
        status = host_player_create(&options, at->header, &at->player, error);
    }
    return status;
}

dragoman_status playing_run(translation *self, const input_bytes *inputs, uint32_t count, error_record *error) {
    progress at = {0};
    self->captures = (playing){0};
    dragoman_status status = begin(self, &at, inputs[0].bytes, error);
    for (uint32_t i = 0; i < count && status == DRAGOMAN_OK; i++) {
        status = look_through(self, inputs[i].bytes, error);
    }
    if (self->captures.count > 0) {
        qsort(self->captures.rows, self->captures.count, sizeof(settlement_row), by_session);
    }
    for (uint32_t i = 0; i < count && status == DRAGOMAN_OK; i++) {
        status = play_file(self, &at, inputs[i].bytes, error);
    }
    if (status == DRAGOMAN_OK && (status = host_player_failure(at.player)) != DRAGOMAN_OK) {
        error_set(error, status, "%s: the adapter gave up: %s", self->path, error_status_name(status));
    }
    host_player_destroy(at.player);
    if (at.with != NULL) {
        time_zone_destroy(at.with->zone);
    }
    free(at.with);
    free(at.header);
    free(self->captures.rows);
    free(self->captures.known_state);
    self->captures = (playing){0};
    return status;
}
