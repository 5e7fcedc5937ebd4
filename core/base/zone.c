/* Time zones: the TZif files of the system (RFC 9636) and the POSIX rule at their end, which speaks for all later
 * years. */
#include "base/bytes.h"
#include "base/limits.h"
#include "base/posix_zone.h"
#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define HEADER_BYTES 44
#define TYPE_BYTES 6
/* No zone was ever further from UTC than this; wider than all neighbours of a civil time that can matter. */
#define WIDEST_OFFSET_S (16 * 3600)

typedef struct zone_type {
    int32_t offset_s;
    bool is_daylight;
} zone_type;

struct time_zone {
    int64_t *moments; /* UTC seconds at which types[] begin */
    zone_type *types; /* one for each moment */
    size_t count;
    zone_type first; /* before the first moment */
    bool has_rule;
    posix_zone rule; /* after the last moment */
};

/* A reader that never passes the end of what it reads. */
typedef struct cursor {
    const uint8_t *at;
    size_t left;
} cursor;

static bool take(cursor *self, size_t size, const uint8_t **ret_at) {
    if (size > self->left) {
        return false;
    }
    *ret_at = self->at;
    self->at += size;
    self->left -= size;
    return true;
}

static uint32_t big_32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t big_64(const uint8_t *at) {
    return (int64_t)((uint64_t)big_32(at) << 32 | big_32(at + 4));
}

typedef struct header {
    uint8_t version;
    size_t utc_count, standard_count, leap_count, moment_count, type_count, name_bytes;
} header;

static bool read_header(cursor *from, header *ret_header) {
    const uint8_t *at = NULL;
    if (!take(from, HEADER_BYTES, &at) || memcmp(at, "TZif", 4) != 0) {
        return false;
    }
    ret_header->version = at[4];
    size_t counts[6];
    for (size_t i = 0; i < 6; i++) {
        counts[i] = big_32(at + 20 + 4 * i);
        if (counts[i] > LIMIT_ZONE_FILE_BYTES) {
            return false;
        }
    }
    ret_header->utc_count = counts[0];
    ret_header->standard_count = counts[1];
    ret_header->leap_count = counts[2];
    ret_header->moment_count = counts[3];
    ret_header->type_count = counts[4];
    ret_header->name_bytes = counts[5];
    return true;
}

static size_t body_bytes(const header *about, size_t moment_bytes) {
    return about->moment_count * (moment_bytes + 1) + about->type_count * TYPE_BYTES + about->name_bytes +
           about->leap_count * (moment_bytes + 4) + about->standard_count + about->utc_count;
}

static bool read_type(const uint8_t *types, size_t index, zone_type *ret_type) {
    const uint8_t *at = types + index * TYPE_BYTES;
    int32_t offset_s = (int32_t)big_32(at);
    if (offset_s < -WIDEST_OFFSET_S || offset_s > WIDEST_OFFSET_S) {
        return false;
    }
    *ret_type = (zone_type){.offset_s = offset_s, .is_daylight = at[4] != 0};
    return true;
}

static bool read_body(cursor *from, const header *about, size_t moment_bytes, time_zone *zone) {
    const uint8_t *body = NULL;
    if (about->type_count == 0 || !take(from, body_bytes(about, moment_bytes), &body)) {
        return false;
    }
    const uint8_t *indexes = body + about->moment_count * moment_bytes;
    const uint8_t *types = indexes + about->moment_count;
    zone->moments = calloc(about->moment_count + 1, sizeof *zone->moments);
    zone->types = calloc(about->moment_count + 1, sizeof *zone->types);
    if (zone->moments == NULL || zone->types == NULL || !read_type(types, 0, &zone->first)) {
        return false;
    }
    for (size_t i = 0; i < about->moment_count; i++) {
        const uint8_t *at = body + i * moment_bytes;
        zone->moments[i] = moment_bytes == 8 ? big_64(at) : (int32_t)big_32(at);
        bool rises = i == 0 || zone->moments[i] > zone->moments[i - 1];
        if (!rises || indexes[i] >= about->type_count || !read_type(types, indexes[i], &zone->types[i])) {
            return false;
        }
    }
    zone->count = about->moment_count;
    return true;
}

/* The POSIX rule between two line feeds at the end of a file of version 2 or later; it may be empty. */
static bool read_footer(cursor *from, time_zone *zone) {
    if (from->left < 2 || from->at[0] != '\n') {
        return false;
    }
    const uint8_t *text = from->at + 1;
    const uint8_t *end = memchr(text, '\n', from->left - 1);
    if (end == NULL) {
        return false;
    }
    dragoman_bytes rule = {text, (size_t)(end - text)};
    zone->has_rule = rule.size > 0;
    return !zone->has_rule || posix_zone_parse(rule, &zone->rule);
}

static bool read_zone(dragoman_bytes file, time_zone *zone) {
    cursor from = {file.data, file.size};
    header about;
    if (!read_header(&from, &about)) {
        return false;
    }
    if (about.version == 0) {
        return read_body(&from, &about, 4, zone);
    }
    const uint8_t *skipped = NULL;
    return take(&from, body_bytes(&about, 4), &skipped) && read_header(&from, &about) &&
           read_body(&from, &about, 8, zone) && read_footer(&from, zone);
}

/* Names stay inside the folder: letters, digits and _+-/, no empty part, none that begins with a dot. */
static bool is_zone_name(dragoman_bytes name) {
    if (name.size == 0 || name.size > LIMIT_ZONE_NAME_BYTES || name.data[0] == '/') {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '+' && c != '-' && c != '/') {
            return false;
        }
    }
    return true;
}

/* "+01:00", "-0330", "+09" */
static bool read_fixed(dragoman_bytes name, int32_t *ret_offset_s) {
    if (name.size < 3 || (name.data[0] != '+' && name.data[0] != '-')) {
        return false;
    }
    int32_t figures[4] = {0, 0, 0, 0};
    size_t count = 0;
    for (size_t i = 1; i < name.size; i++) {
        if (name.data[i] == ':' && i == 3) {
            continue;
        }
        if (name.data[i] < '0' || name.data[i] > '9' || count == 4) {
            return false;
        }
        figures[count++] = name.data[i] - '0';
    }
    int32_t hours = figures[0] * 10 + figures[1];
    int32_t minutes = figures[2] * 10 + figures[3];
    if ((count != 2 && count != 4) || hours > 14 || minutes > 59) {
        return false;
    }
    int32_t offset_s = (hours * 60 + minutes) * 60;
    *ret_offset_s = name.data[0] == '-' ? -offset_s : offset_s;
    return true;
}

static dragoman_status load(dragoman_bytes name, time_zone *zone, error_record *error) {
    char path[sizeof ZONE_FOLDER + LIMIT_ZONE_NAME_BYTES];
    if (!is_zone_name(name)) {
        return error_set(error, DRAGOMAN_INVALID,
                         "\"%.*s\" is no time zone: write a name like Europe/Berlin, an offset like +01:00, or UTC",
                         (int)(name.size < 80 ? name.size : 80), name.data == NULL ? "" : (const char *)name.data);
    }
    snprintf(path, sizeof path, "%s%.*s", ZONE_FOLDER, (int)name.size, (const char *)name.data);
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return error_set(error, DRAGOMAN_INVALID,
                         "there is no time zone \"%.*s\" (%s: %s): write a name like Europe/Berlin, an offset like "
                         "+01:00, or install the package tzdata",
                         (int)name.size, (const char *)name.data, path, strerror(errno));
    }
    uint8_t *bytes = malloc(LIMIT_ZONE_FILE_BYTES + 1);
    size_t size = bytes == NULL ? 0 : fread(bytes, 1, LIMIT_ZONE_FILE_BYTES + 1, file);
    fclose(file);
    dragoman_status status = DRAGOMAN_OK;
    if (bytes == NULL) {
        status = error_set(error, DRAGOMAN_NO_MEMORY, "no memory to read the time zone file %s", path);
    } else if (size > LIMIT_ZONE_FILE_BYTES || !read_zone((dragoman_bytes){bytes, size}, zone)) {
        status = error_set(error, DRAGOMAN_INVALID, "%s is no time zone file: install the package tzdata anew", path);
    }
    free(bytes);
    return status;
}

dragoman_status time_zone_create(dragoman_bytes name, time_zone **ret_zone, error_record *error) {
    time_zone *zone = calloc(1, sizeof *zone);
    if (zone == NULL) {
        return error_set(error, DRAGOMAN_NO_MEMORY, "no memory for a time zone");
    }
    dragoman_status status = DRAGOMAN_OK;
    bool is_utc = bytes_is(name, "UTC") || bytes_is(name, "Z");
    if (!is_utc && !read_fixed(name, &zone->first.offset_s)) {
        status = load(name, zone, error);
    }
    if (status != DRAGOMAN_OK) {
        time_zone_destroy(zone);
        return status;
    }
    *ret_zone = zone;
    return DRAGOMAN_OK;
}

void time_zone_destroy(time_zone *zone) {
    if (zone != NULL) {
        free(zone->moments);
        free(zone->types);
        free(zone);
    }
}

/* What holds at a UTC second. */
static zone_type type_at(const time_zone *zone, int64_t utc_s) {
    size_t low = 0;
    size_t high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->moments[middle] <= utc_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == zone->count && zone->has_rule) {
        posix_zone_offset offset = posix_zone_at(&zone->rule, utc_s);
        return (zone_type){.offset_s = offset.offset_s, .is_daylight = offset.is_daylight};
    }
    return low == 0 ? zone->first : zone->types[low - 1];
}

/* The standard time that holds at a UTC second, or held last before it. */
static int32_t standard_at(const time_zone *zone, int64_t utc_s) {
    zone_type now = type_at(zone, utc_s);
    if (!now.is_daylight) {
        return now.offset_s;
    }
    if (zone->has_rule && (zone->count == 0 || utc_s >= zone->moments[zone->count - 1])) {
        return zone->rule.standard_s;
    }
    for (size_t i = zone->count; i > 0; i--) {
        if (zone->moments[i - 1] <= utc_s && !zone->types[i - 1].is_daylight) {
            return zone->types[i - 1].offset_s;
        }
    }
    return zone->first.offset_s;
}

static int64_t distance(int64_t a, int64_t b) {
    return a < b ? b - a : a - b;
}

static int32_t offset_of_civil(const time_zone *zone, int64_t civil_s, time_habit habit, int64_t near_utc_us) {
    if (habit == TIME_NEVER) {
        /* Standard times change rarely and never twice a day: one step from the guess is enough. */
        return standard_at(zone, civil_s - standard_at(zone, civil_s));
    }
    int32_t before = type_at(zone, civil_s - WIDEST_OFFSET_S).offset_s;
    int32_t after = type_at(zone, civil_s + WIDEST_OFFSET_S).offset_s;
    bool before_holds = type_at(zone, civil_s - before).offset_s == before;
    bool after_holds = type_at(zone, civil_s - after).offset_s == after;
    if (before_holds && after_holds && before != after && near_utc_us != INT64_MIN) {
        int64_t near_s = near_utc_us / 1000000;
        return distance(civil_s - before, near_s) <= distance(civil_s - after, near_s) ? before : after;
    }
    return before_holds || !after_holds ? before : after;
}

void time_assume_zone(dragoman_time *time, const time_zone *zone, time_habit habit, int64_t near_utc_us) {
    bool has_date = time->precision != DRAGOMAN_TIME_NONE && (time->flags & DRAGOMAN_TIME_OF_DAY) == 0;
    if (!has_date || time->offset_minutes != DRAGOMAN_OFFSET_UNKNOWN) {
        return;
    }
    int32_t offset_s = 0;
    if (habit != TIME_UTC) {
        int64_t civil_s = time->civil_us / 1000000 - (time->civil_us % 1000000 < 0);
        offset_s = offset_of_civil(zone, civil_s, habit, near_utc_us);
    }
    /* Only local mean times of the nineteenth century have seconds. */
    time->offset_minutes = (int16_t)((offset_s + (offset_s < 0 ? -30 : 30)) / 60);
    time->flags |= DRAGOMAN_TIME_ZONE_ASSUMED;
}
