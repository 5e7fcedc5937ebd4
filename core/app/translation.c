#include "app/translation_inside.h"

#include "app/mappings.h"
#include "app/places.h"
#include "base/bytes.h"
#include "capture/packets.h"
#include "host/recording.h"
#include "loop/clock.h"
#include <stdlib.h>
#include <unistd.h>

/* Rendered text is written when there is this much of it. */
#define OUTPUT_BYTES ((size_t)1 << 20)
/* One report decoded, with its meanings: a 64 MiB message becomes a few times its size. */
#define MEMORY_BYTES_MAX ((size_t)1 << 30)
/* What was rendered is settled with the adapter after each piece of input, so that nothing piles up. */
#define INPUT_CHUNK_BYTES ((size_t)256 << 10)
/* Of a dead letter that is told: a line of a terminal. */
#define LETTER_SHOWN_BYTES ((size_t)60)
#define LETTER_TEXT_BYTES 512

static void complain(translation *self, const char *what, dragoman_bytes text) {
    const char *colour = isatty(STDERR_FILENO) ? "\033[31m" : "";
    fprintf(stderr, "%s%s: %s%s%.*s\n", colour, self->path, what, *colour ? "\033[0m" : "", BYTES_FORMAT(text));
    self->had_faults = true;
}

void translation_write_out(translation *self, size_t at_least) {
    if (self->output.size < at_least || self->output.size == 0) {
        return;
    }
    if (fwrite(self->output.data, 1, self->output.size, self->options->output) != self->output.size) {
        self->cannot_write = true;
    }
    buffer_reset(&self->output);
}

static dragoman_status render_report(translation *self, const store_message *message, const store_report *report) {
    error_record error = {0};
    model_record record;
    terms_meanings meanings;
    fhir_count count;
    arena_reset(&self->memory);
    buffer_reset(&self->stamped);
    dragoman_status status = store_stamp(self->stamper, message, report, &self->stamped);
    if (status == DRAGOMAN_OK) {
        status = model_decode(buffer_bytes(&self->stamped), &self->memory, &record, &error);
    }
    if (status == DRAGOMAN_OK) {
        status = terms_conclude(self->book, &record, &self->memory, &meanings);
    }
    if (status == DRAGOMAN_OK && self->census != NULL) {
        terms_census_add(self->census, &record, &meanings);
    }
    if (status == DRAGOMAN_OK) {
        status =
            rendering_report(self->renderer, buffer_bytes(&self->stamped), &record, &meanings, &self->output, &count);
    }
    return status;
}

/* Whether the adapter's last warning told this reason already. */
static bool was_logged(const translation *self, dragoman_bytes reason) {
    size_t size = strlen(self->logged);
    return reason.size > 0 && reason.size <= size &&
           memcmp(self->logged + size - reason.size, reason.data, reason.size) == 0;
}

/* A dead letter is told with how it begins: who translates a file has it before them. */
static void complain_of_letter(translation *self, const store_dead *letter) {
    char text[LETTER_TEXT_BYTES];
    size_t shown = letter->payload.size < LETTER_SHOWN_BYTES ? letter->payload.size : LETTER_SHOWN_BYTES;
    size_t size = (size_t)snprintf(text, sizeof(text), "%.*s", BYTES_FORMAT(letter->reason));
    if (shown > 0 && size + shown + 8 < sizeof(text)) {
        size += (size_t)snprintf(text + size, sizeof(text) - size, ": \"");
        for (size_t i = 0; i < shown; i++) {
            uint8_t byte = letter->payload.data[i];
            text[size++] = byte >= ' ' && byte < 0x7f ? (char)byte : '.';
        }
        snprintf(text + size, sizeof(text) - size, "%s", shown < letter->payload.size ? "...\"" : "\"");
    }
    complain(self, "", bytes_of(text));
}

/* host_hooks.keep: what a store would do, but for the storing. */
static void keep(void *context, host_message *message) {
    translation *self = context;
    for (uint32_t i = 0; i < message->store.dead_count; i++) {
        if (was_logged(self, message->store.dead[i].reason)) {
            self->had_faults = true;
        } else {
            complain_of_letter(self, &message->store.dead[i]);
        }
    }
    bool was_kept = playing_was_kept(&self->captures, message);
    for (uint32_t i = 0; was_kept && i < message->store.report_count; i++) {
        dragoman_status status = render_report(self, &message->store, &message->store.reports[i]);
        if (status != DRAGOMAN_OK) {
            complain(self, "a report cannot be written: ", bytes_of(error_status_name(status)));
        }
    }
    translation_write_out(self, OUTPUT_BYTES);
    if (store_stamper_state_put(self->stamper, &message->store) != DRAGOMAN_OK) {
        complain(self, "", DRAGOMAN_TEXT("the adapter's state is larger than can be kept"));
    }
    if (!self->captures.is_complete) {
        host_message_settle(message, DRAGOMAN_DURABLE, DRAGOMAN_OK, NULL);
    }
}

static dragoman_status state_get(void *context, dragoman_bytes link, dragoman_bytes key, arena *memory,
                                 dragoman_bytes *ret_value) {
    translation *self = context;
    return store_stamper_state_get(self->stamper, link, key, memory, ret_value);
}

static void log_line(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text,
                     dragoman_bytes private_text) {
    translation *self = context;
    (void)link;
    (void)private_text;
    if (level <= DRAGOMAN_LOG_WARNING) {
        fprintf(stderr, "%s: %.*s\n", self->path, BYTES_FORMAT(text));
        snprintf(self->logged, sizeof(self->logged), "%.*s", BYTES_FORMAT(text));
    }
}

static void count_nothing(void *context, dragoman_bytes link, uint32_t counter, uint64_t add) {
    (void)context;
    (void)link;
    (void)counter;
    (void)add;
}

static void wake_nobody(void *context) {
    (void)context;
}

static void told_nobody(void *context, host_instance *instance) {
    dragoman_action action;
    (void)context;
    /* A file cannot be answered; what the adapter would say is dropped. */
    while (host_instance_next(instance, &action) == DRAGOMAN_OK) {
    }
}

static bool take_adapter(void *context, const char *file, const host_adapter *adapter, const error_record *refusal) {
    translation *self = context;
    if (adapter == NULL) {
        fprintf(stderr, "dragoman translate: %s\n", refusal->text);
        return false;
    }
    (void)file;
    if (self->adapter_count == TRANSLATION_ADAPTERS_MAX) {
        return false;
    }
    self->adapters[self->adapter_count++] = *adapter;
    return true;
}

static dragoman_status load(translation *self, const app_places *places, error_record *error) {
    const translation_options *options = self->options;
    dragoman_status status = options->profile_file != NULL
                                 ? terms_book_create(places->mappings, &options->profile_file, 1, &self->book, error)
                                 : app_mappings_read(places, options->mappings, NULL, NULL, &self->book, error);
    if (status == DRAGOMAN_OK && options->time_zone != NULL) {
        status = time_zone_create(bytes_of(options->time_zone), &self->zone, error);
    }
    if (status == DRAGOMAN_OK) {
        status = dialects_init(&self->dialects, self->book, error);
    }
    if (status == DRAGOMAN_OK) {
        status = store_stamper_create(&self->stamper, error);
    }
    if (status == DRAGOMAN_OK) {
        status = rendering_create(&options->rendering, self->book, &self->renderer, error);
    }
    if (status != DRAGOMAN_OK) {
        return status;
    }
    terms_profile_facts facts;
    if (options->profile != NULL && !terms_find_profile(self->book, bytes_of(options->profile), &facts)) {
        return error_set(error, DRAGOMAN_NOT_FOUND,
                         "there is no profile \"%s\": its name stands in the line `profile:` of a file in %s",
                         options->profile, options->mappings != NULL ? options->mappings : places->mappings);
    }
    self->places = *places;
    app_isolation_init(&self->isolation, &self->places);
    const host_loader *loader = options->isolate ? &self->isolation.loader : NULL;
    if (options->adapter != NULL) {
        self->adapter_count = 1;
        status = host_adapter_load_named(loader, self->places.adapters, bytes_of(options->adapter), &self->adapters[0],
                                         error);
        self->adapter_count = status == DRAGOMAN_OK ? 1 : 0;
        return status;
    }
    return host_adapter_visit(loader, self->places.adapters, take_adapter, self, error);
}

dragoman_status translation_create(const translation_options *options, translation **ret_translation,
                                   error_record *error) {
    translation *self = calloc(1, sizeof(*self));
    app_places places;
    if (self == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    self->options = options;
    self->census = options->seen == NULL && options->see == NULL ? NULL : terms_census_create();
    self->path = "";
    arena_init(&self->memory, MEMORY_BYTES_MAX);
    buffer_init(&self->stamped);
    buffer_init(&self->output);
    host_hooks hooks = {.context = self,
                        .keep = keep,
                        .state_get = state_get,
                        .log = log_line,
                        .count = count_nothing,
                        .wake = wake_nobody};
    dialects_hook(&self->dialects, &hooks);
    self->environment = host_environment_create(&hooks);
    dragoman_status status =
        self->environment == NULL ? error_set(error, DRAGOMAN_NO_MEMORY, "no memory") : app_places_find(&places, error);
    if (status == DRAGOMAN_OK) {
        status = load(self, &places, error);
    }
    if (status != DRAGOMAN_OK) {
        translation_end(self);
        return status;
    }
    *ret_translation = self;
    return DRAGOMAN_OK;
}

/* The adapter that is most sure of the input. */
static const host_adapter *recognise(const translation *self, dragoman_bytes input) {
    const host_adapter *best = NULL;
    uint32_t best_likeness = DRAGOMAN_UNLIKE;
    dragoman_bytes start = {input.data, input.size < 4096 ? input.size : 4096};
    for (uint32_t i = 0; i < self->adapter_count; i++) {
        if (self->options->adapter != NULL) {
            return &self->adapters[i];
        }
        uint32_t likeness = host_adapter_recognise(&self->adapters[i], start);
        if (likeness > best_likeness) {
            best = &self->adapters[i];
            best_likeness = likeness;
        }
    }
    return best;
}

static dragoman_status run_instance(translation *self, host_instance *instance, dragoman_bytes input) {
    host_stream stream = {0};
    dragoman_now now = clock_now();
    dragoman_event event = {.struct_size = sizeof(event), .kind = DRAGOMAN_EVENT_OPENED};
    event.of.opened =
        (dragoman_opened_event){.channel_kind = DRAGOMAN_CHANNEL_FILE, .is_initiator = 1, .peer = bytes_of(self->path)};
    dragoman_status status = host_instance_handle(instance, &event, &now);
    size_t at = 0;
    bool is_over = status != DRAGOMAN_OK;
    while (!is_over) {
        size_t size = input.size - at < INPUT_CHUNK_BYTES ? input.size - at : INPUT_CHUNK_BYTES;
        bool is_end = at + size == input.size;
        bool is_stopped = false;
        status = host_instance_feed(instance, 0, &stream, (dragoman_bytes){input.data + at, size}, is_end, 0, &now,
                                    &is_stopped);
        at += size;
        is_over = is_end || (status != DRAGOMAN_OK && status != DRAGOMAN_NEED_MORE);
        now = clock_now();
        host_environment_settle(self->environment, &now, told_nobody, self);
    }
    host_stream_fini(&stream);
    return status;
}

static void recording_trouble(void *context, const char *sentence) {
    complain(context, "", bytes_of(sentence));
}

dragoman_status translation_record(translation *self, const host_adapter *adapter, host_instance_options *options,
                                   dragoman_bytes zone, const dragoman_now *now, error_record *error) {
    if (self->options->record == NULL) {
        return DRAGOMAN_OK;
    }
    dragoman_status status = DRAGOMAN_OK;
    if (self->recorder == NULL) {
        capture_header *header = calloc(1, sizeof(*header));
        capture_recorder_options wanted = {
            .path = self->options->record, .max_bytes = UINT64_MAX, .trouble = recording_trouble, .context = self};
        arena_reset(&self->memory);
        status = header == NULL ? DRAGOMAN_NO_MEMORY
                                : host_recording_describe(adapter, options, zone, &self->memory, header);
        status = status == DRAGOMAN_OK ? capture_recorder_create(&wanted, header, now, &self->recorder, error)
                                       : error_set(error, status, "no memory to record");
        free(header);
    }
    options->recorder = self->recorder;
    return status;
}

dragoman_status translation_recording(translation *self, const char *const *paths, uint32_t count,
                                      error_record *error) {
    input_bytes *inputs = calloc(count, sizeof(*inputs));
    uint32_t read = 0;
    dragoman_status status = DRAGOMAN_OK;
    if (inputs == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory");
    }
    for (; status == DRAGOMAN_OK && read < count; read++) {
        self->path = paths[read];
        status = input_read(paths[read], &inputs[read], error);
        if (status == DRAGOMAN_OK && !capture_is_one(inputs[read].bytes)) {
            status = error_set(error, DRAGOMAN_INVALID, "%s is no capture", paths[read]);
        }
    }
    if (status == DRAGOMAN_OK) {
        status = playing_run(self, inputs, count, error);
    }
    for (uint32_t i = 0; i < read; i++) {
        input_free(&inputs[i]);
    }
    free(inputs);
    return status;
}

dragoman_status translation_file(translation *self, const char *path, error_record *error) {
    input_bytes input;
    self->path = strcmp(path, "-") == 0 ? "standard input" : path;
    dragoman_status status = input_read(path, &input, error);
    if (status != DRAGOMAN_OK) {
        return status;
    }
    if (capture_is_one(input.bytes) || packets_is_one(input.bytes)) {
        status = capture_is_one(input.bytes) ? playing_run(self, &input, 1, error)
                                             : packets_playing_run(self, input.bytes, error);
        input_free(&input);
        return status;
    }
    const host_adapter *adapter = recognise(self, input.bytes);
    if (adapter == NULL) {
        input_free(&input);
        return error_set(
            error, DRAGOMAN_UNSUPPORTED,
            "%s: no adapter recognises this input: name one with --adapter (`dragoman adapters` lists them)",
            self->path);
    }
    uint8_t seed[DRAGOMAN_SEED_BYTES] = {0};
    /* Ids must not depend on where a file lies. */
    host_instance_options options = {.link = DRAGOMAN_TEXT("translate"),
                                     .profile = bytes_of(self->options->profile),
                                     .settings = self->options->settings,
                                     .setting_count = self->options->setting_count,
                                     .seed = seed,
                                     .zone = self->zone};
    host_instance *instance = NULL;
    dragoman_now now = clock_now();
    dragoman_bytes zone = bytes_of(self->options->time_zone);
    status = translation_record(self, adapter, &options, zone, &now, error);
    if (status == DRAGOMAN_OK) {
        status = host_instance_create(self->environment, adapter, &options, &now, &instance, error);
    }
    if (status == DRAGOMAN_OK) {
        status = run_instance(self, instance, input.bytes);
        if (status != DRAGOMAN_OK) {
            error_set(error, status, "%s: the adapter %s gave up: %s", self->path, adapter->descriptor->name,
                      error_status_name(status));
        }
        host_instance_destroy(instance);
        host_environment_settle(self->environment, &now, told_nobody, self);
    }
    input_free(&input);
    return status;
}

static void print_seen(void *context, const terms_census_row *row) {
    static const char *const mappings[] = {"unmapped", "spoken", "profile", "alias"};
    fprintf(context, "%-9s %8llu  %-4s  %.*s ^ %.*s ^ %.*s%s\n", mappings[row->mapping < 4 ? row->mapping : 0],
            (unsigned long long)row->count, row->is_unit ? "unit" : "code", BYTES_FORMAT(row->code.code),
            BYTES_FORMAT(row->code.text), BYTES_FORMAT(row->code.system),
            row->is_mismatch ? "  (code and name disagree)" : "");
}

bool translation_end(translation *self) {
    translation_write_out(self, 1);
    if (self->census != NULL) {
        if (self->options->seen != NULL) {
            terms_census_visit(self->census, print_seen, self->options->seen);
        }
        if (self->options->see != NULL && self->book != NULL) {
            self->options->see(self->options->see_context, self->book, self->census);
        }
        terms_census_destroy(self->census);
    }
    bool is_good = !self->had_faults && !self->cannot_write;
    host_environment_destroy(self->environment);
    capture_recorder_destroy(self->recorder);
    for (uint32_t i = 0; i < self->adapter_count; i++) {
        host_adapter_close(&self->adapters[i]);
    }
    rendering_destroy(self->renderer);
    store_stamper_destroy(self->stamper);
    dialects_fini(&self->dialects);
    terms_book_destroy(self->book);
    time_zone_destroy(self->zone);
    arena_fini(&self->memory);
    buffer_fini(&self->stamped);
    buffer_fini(&self->output);
    free(self);
    return is_good;
}
