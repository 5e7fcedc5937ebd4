#include "model/words.h"

#define LIST(name, array) const word_list name = {(array), sizeof(array) / sizeof((array)[0])}

static const char *const absent[] = {
    NULL,           "unknown",           "temporarily-unknown", "not-asked",      "not-performed", "error",
    "not-a-number", "positive-infinity", "negative-infinity",   "not-applicable", "unsupported",   "masked"};
LIST(words_absent, absent);

static const char *const special[] = {NULL, "NaN", "NRes", "+INFINITY", "-INFINITY", "reserved"};
LIST(words_special, special);

static const char *const comparator[] = {NULL, "<", "<=", ">", ">="};
LIST(words_comparator, comparator);

static const char *const result[] = {NULL,      "final", "preliminary", "unvalidated", "corrected",
                                     "amended", "wrong", "cancelled",   "not-asked",   "pending"};
LIST(words_result, result);

static const char *const obtained[] = {NULL, "continuous", "episodic", "setting", "calculated", "manual"};
LIST(words_obtained, obtained);

static const char *const domain[] = {"device", "laboratory", "cardiac", "place"};
LIST(words_domain, domain);

static const char *const priority[] = {NULL, "none", "low", "medium", "high"};
LIST(words_priority, priority);

static const char *const alert_kind[] = {NULL, "physiological", "technical", "advisory"};
LIST(words_alert_kind, alert_kind);

static const char *const phase[] = {NULL,       "start",      "continue", "end",    "update",
                                    "escalate", "deescalate", "reset",    "present"};
LIST(words_phase, phase);

static const char *const state[] = {NULL, "inactive", "active", "latched"};
LIST(words_state, state);

static const char *const context[] = {NULL,
                                      "admit",
                                      "preadmit",
                                      "transfer",
                                      "discharge",
                                      "update",
                                      "swap",
                                      "leave",
                                      "return",
                                      "merge",
                                      "move",
                                      "change-id",
                                      "link-patients",
                                      "unlink-patients",
                                      "cancel-admit",
                                      "cancel-transfer",
                                      "cancel-discharge",
                                      "pending",
                                      "change-class",
                                      "track",
                                      "device-link",
                                      "device-unlink",
                                      "cancel-pending"};
LIST(words_context, context);

static const char *const quality[] = {NULL, "unsynchronised", "synchronised"};
LIST(words_quality, quality);

static const char *const device_state[] = {NULL, "live", "stale", "gone"};
LIST(words_device_state, device_state);

static const char *const status_bits[] = {
    [0] = "invalid",    [1] = "questionable", [2] = "not-available",    [3] = "calibrating",
    [4] = "test-data",  [5] = "demo-data",    [8] = "validated",        [9] = "early",
    [10] = "ongoing",   [14] = "in-alarm",    [15] = "alarm-inhibited", [16] = "overflow",
    [17] = "underflow", [18] = "probe-off",   [19] = "no-information",  [24] = "code-mismatch"};
LIST(words_status_bits, status_bits);

static const char *const inactivation_bits[] = {"enabled",      "audio-paused", "audio-off",
                                                "alarm-paused", "alarm-off",    "acknowledged"};
LIST(words_inactivation_bits, inactivation_bits);

const char *words_find(const word_list *list, uint32_t number) {
    return number < list->count ? list->words[number] : NULL;
}
