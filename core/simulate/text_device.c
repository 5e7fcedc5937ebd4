#include "simulate/text_device.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
/* The sensor is off for three seconds of forty. */
#define ROUND_S 40
#define OFF_FROM_S 35
#define OFF_TO_S 38
/* A command is four letters. */
#define COMMAND_BYTES 4

typedef enum kind {
    RAD_8,
    RADICAL_7,
    N_595,
    NONIN_TEXT,
    IVY_450C,
    SNDA,
    SNDF,
    V200,
} kind;

typedef struct text_device {
    kind is;
    int64_t clock_shift_us;
    int64_t second; /* the last that was spoken in; 0: none since the line was opened */
    uint64_t life;  /* of the seed */
    uint32_t number;
    char command[COMMAND_BYTES + 1];
    size_t command_size;
    struct tm clock;
    bool is_off;
    int spo2, pulse;
} text_device;

/* xorshift64: the same seed gives the same life. */
static int wander(text_device *self, int value, int least, int most) {
    self->life ^= self->life << 13;
    self->life ^= self->life >> 7;
    self->life ^= self->life << 17;
    int next = value + (int)(self->life % 3) - 1;
    return next < least ? least : next > most ? most : next;
}

static void *create(kind is, uint64_t seed, int64_t clock_shift_us) {
    text_device *self = calloc(1, sizeof(*self));
    if (self != NULL) {
        *self = (text_device){.is = is,
                              .clock_shift_us = clock_shift_us,
                              .life = seed * UINT64_C(2654435761) + 88172645463325252u,
                              .spo2 = 97,
                              .pulse = 72};
    }
    return self;
}

static void destroy(void *device) {
    free(device);
}

static void opened(void *device) {
    text_device *self = device;
    self->second = 0;
    self->command_size = 0;
}

static void live(text_device *self, int64_t utc_us) {
    time_t shown = (time_t)((utc_us + self->clock_shift_us) / SECOND_US);
    gmtime_r(&shown, &self->clock);
    int64_t at = utc_us / SECOND_US % ROUND_S;
    self->is_off = at >= OFF_FROM_S && at < OFF_TO_S;
    self->spo2 = wander(self, self->spo2, 94, 99);
    self->pulse = wander(self, self->pulse, 60, 90);
    self->number++;
}

static void write_masimo(const text_device *self, buffer *to) {
    char date[24];
    strftime(date, sizeof(date), "%m/%d/%y %H:%M:%S", &self->clock);
    buffer_append_format(to, "%s SN=0000056661 ", date);
    if (self->is_off) {
        buffer_append_text(to, "SPO2=---% BPM=--- PI=--.--%");
    } else {
        buffer_append_format(to, "SPO2=%03d%% BPM=%03d PI=%02d.%02d%%", self->spo2, self->pulse, self->pulse % 7 + 1,
                             self->spo2);
    }
    buffer_append_text(to, " SPCO=--.-% SPMET=--.-%");
    buffer_append_text(to, self->is == RADICAL_7 ? " SPHB=--.- SPOC=-- PVI=---" : "");
    buffer_append_text(to, " DESAT=-- PIDELTA=+-- ");
    buffer_append_text(to, self->is == RADICAL_7 ? "ALARM=000000 " : "ALARM=0000 ");
    buffer_append_text(to, self->is_off ? "EXC=000820\r\n\r\n" : "EXC=000800\r\n\r\n");
}

/* Each page of 25 lines begins with its headings. */
static void write_nellcor(const text_device *self, buffer *to) {
    char date[24];
    strftime(date, sizeof(date), "%d-%b-%y %H:%M:%S", &self->clock);
    for (char *at = date; *at != '\0'; at++) {
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 32) : *at;
    }
    if (self->number % 25 == 1) {
        buffer_append_text(to,
                           "\r\nN-595      VERSION 1.0.0.0   CRC:5A5A   SpO2 Limit: 85-100%   PR Limit: 40-170BPM\r\n"
                           "TIME                 %SPO2   BPM    PA    Status\r\n");
    }
    if (self->is_off) {
        buffer_append_format(to, "%s    ---    ---   ---    SO\r\n", date);
    } else {
        buffer_append_format(to, "%s    %3d    %3d   %3d\r\n", date, self->spo2, self->pulse, self->pulse / 2);
    }
}

static void write_nonin(const text_device *self, buffer *to) {
    if (self->is_off) {
        buffer_append_text(to, "SPO2=--- HR=---\r\n");
    } else {
        buffer_append_format(to, "SPO2=%03d HR=%03d%s\r\n", self->spo2, self->pulse,
                             self->number % 30 == 10 ? "*" : "");
    }
}

static void write_ivy(const text_device *self, buffer *to) {
    buffer_append_byte(to, 0xff);
    buffer_append_text(to, "ANSAR-B ");
    for (int i = 0; i < 400; i++) {
        buffer_append_byte(to, (uint8_t)(i < 200 ? 100 + i % 50 : 86));
    }
    buffer_append_format(to, "HR=1;%d;ECG-II;\r", self->pulse);
    if (self->is_off) {
        buffer_append_text(to, "SPO2=1;;PR=;\r");
    } else {
        buffer_append_format(to, "SPO2=1;%d;PR=%d;\r", self->spo2, self->pulse);
    }
    buffer_append_text(to, "NIBP=4;121;75;92;80;;\rP1=1;;;;ART;\rT1=1;36.9;T1;\r");
    buffer_append_byte(to, 0xfe);
}

/* A field of a ventilator's report: by its number, as the documents count. */
typedef struct numbered {
    int number;
    const char *text;
} numbered;

static const char *text_at(const numbered *fields, int number) {
    for (; fields->number > 0; fields++) {
        if (fields->number == number) {
            return fields->text;
        }
    }
    return "";
}

/* "NAME,706,97 ,", STX, fields of six characters with a comma behind each, ETX, CR. */
static void write_report(const char *name, int count, const numbered *fields, const char *identity, const char *date,
                         int date_number, buffer *to) {
    buffer body;
    buffer_init(&body);
    for (int number = 5; number < 5 + count; number++) {
        bool is_identity = number == 6 && date_number != 6;
        if (is_identity || number == date_number) {
            buffer_append_format(&body, is_identity ? "%-18s," : "%-12s,", is_identity ? identity : date);
        } else {
            buffer_append_format(&body, "%-6s,", text_at(fields, number));
        }
    }
    buffer_append_format(to, "%s,%zu,%d ,\x02", name, body.size, count);
    buffer_append_bytes(to, buffer_bytes(&body));
    buffer_append_text(to, "\x03\r");
    buffer_fini(&body);
}

static void write_ventilator(const text_device *self, buffer *to) {
    char minute[8];
    char date[16];
    char rate[16];
    char volume[16];
    strftime(minute, sizeof(minute), "%H:%M", &self->clock);
    strftime(date, sizeof(date), "%b %d %Y", &self->clock);
    for (char *at = date; *at != '\0'; at++) {
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 32) : *at;
    }
    snprintf(rate, sizeof(rate), "%d", self->pulse / 5);
    snprintf(volume, sizeof(volume), "0.%02d", self->spo2 / 2);
    const char *pressure = self->is_off ? "46.0" : "22.0";
    const char *high = self->is_off ? "HIGH" : "NORMAL";
    const numbered snda[] = {{5, minute},    {10, "12.0"},   {11, "0.500"},  {13, "40"},     {15, "5.0"},
                             {34, rate},     {35, volume},   {36, "6.90"},   {38, pressure}, {39, "9.1"},
                             {42, "40"},     {51, "NORMAL"}, {52, "NORMAL"}, {53, "NORMAL"}, {54, "NORMAL"},
                             {55, "NORMAL"}, {57, "NORMAL"}, {0, NULL}};
    const numbered sndf[] = {{5, minute},  {9, "A/C"},  {13, "12.0"}, {14, "0.500"}, {16, "40"},      {18, "5.0"},
                             {34, "40.0"}, {70, rate},  {71, volume}, {72, "6.90"},  {73, pressure},  {74, "9.1"},
                             {77, "40"},   {87, "5.1"}, {105, "OFF"}, {110, high},   {124, "NORMAL"}, {0, NULL}};
    const numbered v200[] = {{5, minute}, {7, self->is_off ? "----" : "24.1"}, {8, "5.6"}, {34, "1.2"}, {0, NULL}};
    if (self->is == SNDA) {
        write_report("MISCA", 97, snda, "840 3510051234", date, 62, to);
    } else if (self->is == SNDF) {
        write_report("MISCF", 169, sndf, "980 35B1200017", date, 7, to);
    } else {
        write_report("PTDT", 32, v200, "", date, 6, to);
    }
}

static const struct {
    void (*write)(const text_device *self, buffer *to);
    const char *command; /* NULL: it speaks by itself ... */
    int64_t every_s;     /* ... so often */
} habits[] = {[RAD_8] = {write_masimo, NULL, 1},      [RADICAL_7] = {write_masimo, NULL, 1},
              [N_595] = {write_nellcor, NULL, 2},     [NONIN_TEXT] = {write_nonin, NULL, 1},
              [IVY_450C] = {write_ivy, NULL, 1},      [SNDA] = {write_ventilator, "SNDA", 1},
              [SNDF] = {write_ventilator, "SNDF", 1}, [V200] = {write_ventilator, "PTDT", 1}};

static void speak(text_device *self, line_player *line) {
    buffer said;
    buffer_init(&said);
    habits[self->is].write(self, &said);
    line_player_send(line, buffer_bytes(&said));
    buffer_fini(&said);
}

static void tick(void *device, line_player *line, int64_t utc_us) {
    text_device *self = device;
    int64_t second = utc_us / SECOND_US;
    if (self->second == second) {
        return;
    }
    live(self, utc_us);
    bool is_due = habits[self->is].command == NULL && second % habits[self->is].every_s == 0;
    self->second = second;
    if (is_due) {
        speak(self, line);
    }
}

static void hear(text_device *self, line_player *line) {
    const char *wanted = habits[self->is].command;
    self->command[self->command_size] = '\0';
    if (wanted != NULL && strcmp(self->command, wanted) == 0) {
        line_player_figures(line)->asked++;
        speak(self, line);
    } else {
        line_player_figures(line)->others++;
    }
    self->command_size = 0;
}

static void received(void *device, line_player *line, dragoman_bytes bytes) {
    text_device *self = device;
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i] == '\r') {
            hear(self, line);
        } else if (self->command_size < COMMAND_BYTES) {
            self->command[self->command_size++] = (char)bytes.data[i];
        } else {
            line_player_figures(line)->refused++;
        }
    }
}

#define PROTOCOL(name, is)                                                                                             \
    static void *create_##name(uint64_t seed, int64_t clock_shift_us) {                                                \
        return create(is, seed, clock_shift_us);                                                                       \
    }                                                                                                                  \
    static const line_protocol name = {create_##name, destroy, opened, received, tick};

PROTOCOL(rad_8, RAD_8)
PROTOCOL(radical_7, RADICAL_7)
PROTOCOL(n_595, N_595)
PROTOCOL(nonin_text, NONIN_TEXT)
PROTOCOL(ivy_450c, IVY_450C)
PROTOCOL(snda, SNDA)
PROTOCOL(sndf, SNDF)
PROTOCOL(v200, V200)

const char *const text_device_names[] = {"masimo-rad-8",         "masimo-radical-7", "nellcor-n-595",
                                         "nonin-ascii",          "ivy-450c",         "puritan-bennett-snda",
                                         "puritan-bennett-sndf", "respironics-v200", NULL};
const line_protocol *const text_device_protocols[] = {&rad_8,    &radical_7, &n_595, &nonin_text,
                                                      &ivy_450c, &snda,      &sndf,  &v200};
