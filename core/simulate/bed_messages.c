#include "simulate/bed.h"

#include "base/decimal.h"
#include "base/time.h"

/* Invented names: no person's. */
static const char *const families[] = {"Adler",   "Berg",   "Castro", "Dietz", "Eriksen", "Fontane", "Graf",  "Hansen",
                                       "Ivanova", "Jansen", "Keller", "Lindt", "Moreau",  "Nowak",   "Olsen", "Petrov"};
static const char *const given[] = {"Anna", "Bruno", "Clara", "David", "Elena", "Felix", "Greta", "Hugo",
                                    "Ida",  "Jonas", "Karin", "Luis",  "Mara",  "Nils",  "Olga",  "Paul"};

static void append_number(int64_t number, uint8_t decimals, buffer *to) {
    char text[DECIMAL_TEXT_BYTES];
    dragoman_decimal decimal = {.mantissa = number, .exponent = (int16_t)-decimals};
    buffer_append(to, text, decimal_write(decimal, text));
}

static void append_digits(int64_t number, int digits, buffer *to) {
    char text[20];
    for (int i = digits; i > 0; i--) {
        text[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    buffer_append(to, text, (size_t)digits);
}

/* HL7 DTM with zone: YYYYMMDDHHMMSS+0000 */
static void append_time(int64_t utc_us, buffer *to) {
    int64_t seconds = utc_us / 1000000;
    int64_t year = 0;
    unsigned month = 0;
    unsigned day = 0;
    time_date(seconds / 86400, &year, &month, &day);
    append_digits(year, 4, to);
    append_digits(month, 2, to);
    append_digits(day, 2, to);
    append_digits(seconds % 86400 / 3600, 2, to);
    append_digits(seconds % 3600 / 60, 2, to);
    append_digits(seconds % 60, 2, to);
    buffer_append_text(to, "+0000");
}

/* EUI-64 of the bed's monitor, locally administered. */
static void append_monitor(const bed *self, buffer *to) {
    buffer_append_format(to, "020000FFFE%06X", self->number & 0xffffff);
}

static void append_header(const bed *self, int64_t utc_us, const char *type, const char *profile, uint64_t id,
                          buffer *to) {
    buffer_append_text(to, "MSH|^~\\&|SIMULATED_MONITOR^");
    append_monitor(self, to);
    buffer_append_text(to, "^EUI-64|WARD1|DRAGOMAN|HOUSE|");
    append_time(utc_us, to);
    buffer_append_text(to, "||");
    buffer_append_text(to, type);
    buffer_append_format(to, "|B%u-%llu|P|2.6|||AL|NE||UNICODE UTF-8|||", self->number, (unsigned long long)id);
    buffer_append_text(to, profile);
    buffer_append_text(to, "\r");
}

static void append_patient(const bed *self, buffer *to) {
    uint32_t who = self->number * 31 + self->patient;
    buffer_append_format(to, "PID|||%06u^^^StExample^MR||%s^%s||19%02u%02u%02u|%s\r",
                         self->number * 1000 + self->patient, families[who % 16], given[(who / 3) % 16], 30 + who % 60,
                         1 + who % 12, 1 + who % 28, who % 2 == 0 ? "F" : "M");
    buffer_append_format(to, "PV1||I|WARD1^R%u^B%u^StExample||||||||||||||||%06u^^^StExample^VN\r",
                         (self->number + 1) / 2, self->number, self->number * 1000 + self->patient);
}

static void append_order(const bed *self, int64_t utc_us, const char *service, uint64_t id, buffer *to) {
    buffer_append_format(to, "OBR|1||B%u-%llu^SIMULATED_MONITOR^", self->number, (unsigned long long)id);
    append_monitor(self, to);
    buffer_append_text(to, "^EUI-64|");
    buffer_append_text(to, service);
    buffer_append_text(to, "|||");
    append_time(utc_us, to);
}

typedef struct device_row {
    const char *code;
    const char *path;
} device_row;

static const device_row device_rows[] = {{"69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC", "1.0.0.0"},
                                         {"69798^MDC_DEV_ECG_VMD^MDC", "1.1.0.0"},
                                         {"69799^MDC_DEV_ECG_CHAN^MDC", "1.1.1.0"},
                                         {"69642^MDC_DEV_ANALY_SAT_O2_VMD^MDC", "1.2.0.0"},
                                         {"69643^MDC_DEV_ANALY_SAT_O2_CHAN^MDC", "1.2.1.0"},
                                         {"70686^MDC_DEV_PRESS_BLD_NONINV_VMD^MDC", "1.6.0.0"},
                                         {"70687^MDC_DEV_PRESS_BLD_NONINV_CHAN^MDC", "1.6.1.0"}};

static void append_metric(const bed *self, int index, uint32_t row, buffer *to) {
    const bed_metric *metric = &bed_metrics[index];
    buffer_append_text(to, "OBX|");
    append_number(row, 0, to);
    buffer_append_text(to, "|NM|");
    buffer_append_text(to, metric->code);
    buffer_append_text(to, "|");
    buffer_append_text(to, metric->path);
    buffer_append_text(to, "|");
    append_number(self->values[index], metric->decimals, to);
    buffer_append_text(to, "|");
    buffer_append_text(to, metric->unit);
    buffer_append_text(to, "|");
    if (metric->low != 0 || metric->high != 0) {
        append_number(metric->low, metric->decimals, to);
        buffer_append_text(to, "-");
        append_number(metric->high, metric->decimals, to);
    }
    buffer_append_text(to, self->alarm == index ? "|ALACT|||R|||" : "||||R|||");
    if (metric->is_episodic) {
        append_time(self->cuff_at_us, to);
    }
    buffer_append_text(to, "\r");
}

void bed_write_observations(const bed *self, int64_t utc_us, uint32_t metrics, uint64_t id, buffer *to) {
    append_header(self, utc_us, "ORU^R01^ORU_R01", "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO", id, to);
    append_patient(self, to);
    append_order(self, utc_us, "182777000^monitoring of patient^SCT", id, to);
    buffer_append_text(to, "\r");
    uint32_t row = 1;
    for (size_t i = 0; metrics >= BED_METRICS && i < sizeof(device_rows) / sizeof(device_rows[0]); i++) {
        buffer_append_format(to, "OBX|%u||%s|%s|||||||X", row++, device_rows[i].code, device_rows[i].path);
        if (i == 0) {
            buffer_append_text(to, "|||||||^SIMULATED_MONITOR^");
            append_monitor(self, to);
            buffer_append_text(to, "^EUI-64");
        }
        buffer_append_text(to, "\r");
    }
    for (uint32_t i = 0; i < metrics; i++) {
        append_metric(self, (int)(i % BED_METRICS), row++, to);
    }
}

void bed_write_alarm(const bed *self, int64_t utc_us, bool has_ended, uint64_t id, buffer *to) {
    const bed_metric *metric = &bed_metrics[self->alarm];
    bool is_high = self->values[self->alarm] > metric->high;
    append_header(self, utc_us, "ORU^R40^ORU_R40", "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.4.1^ISO", id, to);
    append_patient(self, to);
    append_order(self, utc_us, "196616^MDC_EVT_ALARM^MDC", id, to);
    buffer_append_format(to, "||||||||||||||||||||||^B%u-A%llu&SIMULATED_MONITOR\r", self->number,
                         (unsigned long long)self->alarm_number);
    buffer_append_format(to, "OBX|1|ST|%s|%s.1|%s||||||R\r",
                         is_high ? "196648^MDC_EVT_HI^MDC" : "196670^MDC_EVT_LO^MDC", metric->path,
                         is_high ? "high limit" : "low limit");
    buffer_append_format(to, "OBX|2|NM|%s|%s.2|", metric->code, metric->path);
    append_number(self->values[self->alarm], metric->decimals, to);
    buffer_append_format(to, "|%s|", metric->unit);
    append_number(metric->low, metric->decimals, to);
    buffer_append_text(to, "-");
    append_number(metric->high, metric->decimals, to);
    buffer_append_text(to, "||||R\r");
    const char *const facets[][3] = {{"68481^MDC_ATTR_EVENT_PHASE^MDC", "3", has_ended ? "end" : "start"},
                                     {"68482^MDC_ATTR_ALARM_STATE^MDC", "4", has_ended ? "inactive" : "active"},
                                     {"68484^MDC_ATTR_ALARM_PRIORITY^MDC", "6", "PM"},
                                     {"68485^MDC_ATTR_ALERT_TYPE^MDC", "7", "SP"}};
    for (size_t i = 0; i < sizeof(facets) / sizeof(facets[0]); i++) {
        buffer_append_format(to, "OBX|%zu|ST|%s|%s.%s|%s||||||R\r", i + 3, facets[i][0], metric->path, facets[i][1],
                             facets[i][2]);
    }
}

void bed_write_admission(const bed *self, int64_t utc_us, bool is_discharge, uint64_t id, buffer *to) {
    append_header(self, utc_us, is_discharge ? "ADT^A03^ADT_A03" : "ADT^A01^ADT_A01", "", id, to);
    buffer_append_text(to, is_discharge ? "EVN|A03|" : "EVN|A01|");
    append_time(utc_us, to);
    buffer_append_text(to, "\r");
    append_patient(self, to);
}
