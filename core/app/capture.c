#include "app/capture_show.h"
#include "app/command.h"
#include "app/input.h"
#include "app/places.h"
#include "base/bytes.h"
#include "capture/scrub.h"
#include "host/adapter.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] = "usage: dragoman capture show [--sizes] FILE\n"
                           "       dragoman capture cut [--from S] [--until S] [--session N] FILE OUT\n"
                           "       dragoman capture scrub [--keep TEXT]... FILE OUT\n"
                           "\n"
                           "What a link recorded (`record:` in the site file). It holds patient data.\n"
                           "\n"
                           "  show        prints it, a line for each event\n"
                           "    --sizes   without what was said\n"
                           "  cut         writes a part of it, from and until seconds after its start;\n"
                           "    --session only this connection\n"
                           "  scrub       masks what is not known to be harmless: letters become x, digits\n"
                           "              9, other bytes a dot; hosts 192.0.2.1 and so on, the first day\n"
                           "              2000-01-01. Lengths, times between events and settings that are no\n"
                           "              text stay. Look at the outcome before it leaves the house.\n"
                           "    --keep    leaves TEXT wherever it stands: what frames messages (\"\\x0b\", \"|\",\n"
                           "              MSH); \\xNN is a byte\n"
                           "\n"
                           "examples:\n"
                           "  dragoman capture show --sizes ward.capture\n"
                           "  dragoman capture cut --from 60 --until 90 ward.capture minute.capture\n"
                           "  dragoman capture scrub --keep MSH --keep \"|\" ward.capture harmless.capture\n";

enum { OPTION_SIZES = 256, OPTION_FROM, OPTION_UNTIL, OPTION_SESSION, OPTION_KEEP };

static const struct option options[] = {
    {"sizes", no_argument, NULL, OPTION_SIZES},       {"from", required_argument, NULL, OPTION_FROM},
    {"until", required_argument, NULL, OPTION_UNTIL}, {"session", required_argument, NULL, OPTION_SESSION},
    {"keep", required_argument, NULL, OPTION_KEEP},   {NULL, 0, NULL, 0}};

typedef struct job {
    bool only_sizes;
    int64_t from_us, until_us;
    uint32_t session; /* 0: all */
    scrub_options scrub;
    buffer words; /* what scrub.kept points to, once all are read */
    size_t sizes[SCRUB_KEPT_MAX];
    input_bytes input;
    capture_header header;
    capture_reader reader;
    host_adapter adapter; /* of scrub; descriptor NULL: it is not here */
} job;

/* ---- words */

static bool take_seconds(const char *text, int64_t *ret_us) {
    char *end = NULL;
    double seconds = strtod(text, &end);
    *ret_us = (int64_t)(seconds * 1e6);
    return end != text && *end == '\0' && seconds >= 0 && seconds < 1e9;
}

static int hex_of(char digit) {
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

static bool take_kept(job *self, const char *text) {
    size_t before = self->words.size;
    if (self->scrub.kept_count == SCRUB_KEPT_MAX) {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        bool is_escape = at[0] == '\\' && at[1] == 'x' && at[2] != '\0' && hex_of(at[2]) >= 0 && hex_of(at[3]) >= 0;
        buffer_append_byte(&self->words, is_escape ? (uint8_t)(hex_of(at[2]) * 16 + hex_of(at[3])) : (uint8_t)*at);
        at += is_escape ? 3 : 0;
    }
    self->sizes[self->scrub.kept_count++] = self->words.size - before;
    return self->words.size > before && !self->words.failed;
}

static int take_option(job *self, int option, const char *value) {
    char *end = NULL;
    switch (option) {
    case OPTION_SIZES:
        self->only_sizes = true;
        return APP_EXIT_OK;
    case OPTION_FROM:
    case OPTION_UNTIL:
        return take_seconds(value, option == OPTION_FROM ? &self->from_us : &self->until_us)
                   ? APP_EXIT_OK
                   : app_usage(&app_capture, "\"%s\" is no number of seconds", value);
    case OPTION_SESSION:
        self->session = (uint32_t)strtoul(value, &end, 10);
        return self->session > 0 && *end == '\0' ? APP_EXIT_OK : app_usage(&app_capture, "\"%s\" is no session", value);
    default:
        return take_kept(self, value)
                   ? APP_EXIT_OK
                   : app_usage(&app_capture, "--keep is empty, or there are more than %u", SCRUB_KEPT_MAX);
    }
}

/* ---- show */

static int end_of(const job *self, dragoman_status status, const char *path, const error_record *error) {
    if (status == DRAGOMAN_NOT_FOUND) {
        if (self->reader.is_torn) {
            fprintf(stderr, "%s: its last record is cut short\n", path);
        }
        return APP_EXIT_OK;
    }
    fprintf(stderr, "dragoman capture: %s: %s\n", path, error->text);
    return APP_EXIT_FAILED;
}

static int show(job *self, const char *path) {
    capture_record record;
    error_record error = {0};
    dragoman_status status;
    uint32_t session = 1;
    capture_show_header(&self->header, stdout);
    while ((status = capture_reader_next(&self->reader, &record, &error)) == DRAGOMAN_OK) {
        capture_show_record(&self->header, &record, self->only_sizes, &session, stdout);
    }
    return end_of(self, status, path, &error);
}

/* ---- cut and scrub: one capture into another */

static bool write_out(int descriptor, buffer *from) {
    dragoman_bytes rest = buffer_bytes(from);
    bool is_good = !from->failed;
    while (is_good && rest.size > 0) {
        ssize_t size = write(descriptor, rest.data, rest.size);
        is_good = size > 0 || (size < 0 && errno == EINTR);
        rest = size > 0 ? (dragoman_bytes){rest.data + size, rest.size - (size_t)size} : rest;
    }
    buffer_reset(from);
    return is_good;
}

/* Whether a record is in the part; what began before it is said again at its beginning. */
static bool cut_record(const job *self, capture_record *record) {
    int64_t at_us = record->now.monotonic_us - self->header.start.monotonic_us;
    if ((self->session != 0 && record->session != self->session) || at_us > self->until_us) {
        return false;
    }
    bool stands = record->kind == CAPTURE_STARTED || record->kind == CAPTURE_OPENED || record->kind == CAPTURE_STATE ||
                  record->kind == CAPTURE_CLOSED || record->kind == CAPTURE_ENDED;
    if (at_us >= self->from_us || !stands) {
        return at_us >= self->from_us;
    }
    record->flags |= CAPTURE_IS_CONTINUED;
    return true;
}

static bool may_keep_setting(void *context, dragoman_bytes key) {
    const job *self = context;
    const dragoman_adapter_descriptor *adapter = self->adapter.descriptor;
    for (uint32_t i = 0; adapter != NULL && i < adapter->setting_count; i++) {
        uint32_t type = adapter->settings[i].type;
        if (bytes_is(key, adapter->settings[i].key)) {
            return type != DRAGOMAN_SETTING_TEXT && type <= DRAGOMAN_SETTING_SIZE;
        }
    }
    return false;
}

static scrub *begin_scrub(job *self) {
    app_places places;
    const uint8_t *at = self->words.data;
    for (uint32_t i = 0; i < self->scrub.kept_count; i++) {
        self->scrub.kept[i] = (dragoman_bytes){at, self->sizes[i]};
        at += self->sizes[i];
    }
    if (app_places_find(&places, NULL) != DRAGOMAN_OK ||
        host_adapter_load_named(NULL, places.adapters, capture_fact(&self->header, "adapter"), &self->adapter, NULL) !=
            DRAGOMAN_OK) {
        self->adapter.descriptor = NULL;
    }
    self->scrub.may_keep_setting = may_keep_setting;
    self->scrub.context = self;
    return scrub_create(&self->scrub, &self->header);
}

static dragoman_status copy_records(job *self, scrub *with, int descriptor, error_record *error) {
    capture_record record;
    buffer out;
    buffer_init(&out);
    capture_write_header(&self->header, &out);
    bool is_written = write_out(descriptor, &out);
    dragoman_status status = DRAGOMAN_OK;
    while (is_written && (status = capture_reader_next(&self->reader, &record, error)) == DRAGOMAN_OK) {
        if (with != NULL ? scrub_record(with, &record) : cut_record(self, &record)) {
            capture_write_record(&record, &out);
            is_written = write_out(descriptor, &out);
        }
    }
    buffer_fini(&out);
    if (!is_written) {
        return error_set(error, DRAGOMAN_IO, "the outcome cannot be written: %s", strerror(errno));
    }
    return with != NULL && scrub_has_failed(with)
               ? error_set(error, DRAGOMAN_LIMIT, "no memory, or more than %u hosts", SCRUB_HOSTS_MAX)
               : status;
}

static int convert(job *self, const char *path, const char *out_path, bool wants_scrub) {
    error_record error = {0};
    /* A capture that is there is somebody's: it is not written over. */
    int descriptor = open(out_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        fprintf(stderr, "dragoman capture: %s cannot be made: %s\n", out_path, strerror(errno));
        return APP_EXIT_FAILED;
    }
    scrub *with = wants_scrub ? begin_scrub(self) : NULL;
    if (self->from_us > 0) {
        /* Settlements name messages by numbers that count from the beginning. */
        self->header.flags &= ~CAPTURE_IS_COMPLETE;
    }
    dragoman_status status = wants_scrub && with == NULL ? error_set(&error, DRAGOMAN_NO_MEMORY, "no memory")
                                                         : copy_records(self, with, descriptor, &error);
    int outcome = end_of(self, status, path, &error);
    if (close(descriptor) != 0 || outcome != APP_EXIT_OK) {
        /* Half of a scrubbed file could be taken for all of it. */
        unlink(out_path);
        outcome = APP_EXIT_FAILED;
    } else if (with != NULL) {
        printf("%llu bytes are masked, %llu were kept because --keep says so. Look at it before it leaves the house: "
               "dragoman capture show %s\n",
               (unsigned long long)scrub_masked(with), (unsigned long long)scrub_kept(with), out_path);
    }
    scrub_destroy(with);
    host_adapter_close(&self->adapter);
    return outcome;
}

static int run_job(job *self, const char *what, int argc, char **argv) {
    error_record error = {0};
    bool is_show = strcmp(what, "show") == 0;
    bool is_scrub = strcmp(what, "scrub") == 0;
    if (!is_show && !is_scrub && strcmp(what, "cut") != 0) {
        return app_usage(&app_capture, "\"%s\" is none of show, cut and scrub", what);
    }
    if (argc != (is_show ? 1 : 2)) {
        return app_usage(&app_capture, is_show ? "one FILE is expected" : "FILE and OUT are expected");
    }
    dragoman_status status = input_read(argv[0], &self->input, &error);
    if (status == DRAGOMAN_OK) {
        status = capture_reader_init(&self->reader, self->input.bytes, &self->header, &error);
    }
    if (status != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman capture: %s: %s\n", argv[0], error.text);
        return APP_EXIT_FAILED;
    }
    return is_show ? show(self, argv[0]) : convert(self, argv[0], argv[1], is_scrub);
}

static int run(int argc, char **argv) {
    job *self = calloc(1, sizeof(*self));
    int outcome = self == NULL ? APP_EXIT_FAILED : APP_EXIT_OK;
    int option;
    if (self == NULL) {
        return outcome;
    }
    self->until_us = INT64_MAX;
    buffer_init(&self->words);
    optind = 1;
    while (outcome == APP_EXIT_OK && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        outcome = option == '?' ? app_unknown_option(&app_capture, argv) : take_option(self, option, optarg);
    }
    if (outcome == APP_EXIT_OK && optind == argc) {
        outcome = app_usage(&app_capture, "show, cut or scrub is expected");
    }
    if (outcome == APP_EXIT_OK) {
        outcome = run_job(self, argv[optind], argc - optind - 1, argv + optind + 1);
    }
    input_free(&self->input);
    buffer_fini(&self->words);
    free(self);
    return outcome;
}

const app_command app_capture = {"capture", "show, cut or scrub what a link recorded", help, run};
