#include "session.h"

/* How a scan report's observations are written, and whether it is about several persons. */
typedef struct form {
    enum { FIXED, VARIABLE, GROUPED } kind;
    bool is_for_persons;
} form;

/* Scanners report in six forms, in the order var, fixed, grouped. */
static bool form_of(uint16_t event_type, form *ret_form) {
    switch (event_type) {
    case PHD_NOTI_SCAN_REPORT_FIXED:
        *ret_form = (form){FIXED, false};
        return true;
    case PHD_NOTI_SCAN_REPORT_VAR:
        *ret_form = (form){VARIABLE, false};
        return true;
    case PHD_NOTI_SCAN_REPORT_MP_FIXED:
        *ret_form = (form){FIXED, true};
        return true;
    case PHD_NOTI_SCAN_REPORT_MP_VAR:
        *ret_form = (form){VARIABLE, true};
        return true;
    default:
        break;
    }
    if (event_type < PHD_NOTI_UNBUF_SCAN_REPORT_VAR || event_type > PHD_NOTI_BUF_SCAN_REPORT_MP_GROUPED) {
        return false;
    }
    uint32_t n = (event_type - PHD_NOTI_UNBUF_SCAN_REPORT_VAR) % 6;
    ret_form->kind = n % 3 == 0 ? VARIABLE : n % 3 == 1 ? FIXED : GROUPED;
    ret_form->is_for_persons = n >= 3;
    return true;
}

typedef struct scanning {
    phd_session *session;
    const phd_object *scanner; /* with its HandleAttrValMap; NULL: the MDS reports */
    phd_anchor relative;
    phd_report *report; /* that is being filled */
    phd_scan *scan;
} scanning;

static void add(scanning *self, const phd_object *object, const phd_measure *measure) {
    (void)phd_report_add(self->report, object, measure);
}

/* ObservationScanFixed: an object's values in the order of its map. */
static bool take_fixed(scanning *self, phd_reader *list) {
    uint16_t handle = phd_u16(list);
    phd_reader values = phd_read(phd_octets(list));
    phd_object *object = phd_object_find(&self->session->configuration, handle);
    if (list->failed) {
        return false;
    }
    if (object == NULL) {
        self->scan->unknown_handles++;
        return true;
    }
    phd_measure measure = {0};
    if (!phd_object_apply_map(object, &measure, object->map, object->map_count, &values) || !phd_is_done(&values)) {
        self->scan->is_misfit = true;
        return false;
    }
    add(self, object, &measure);
    return true;
}

/* ObservationScan: a list of attributes. */
static bool take_variable(scanning *self, phd_reader *list) {
    uint16_t handle = phd_u16(list);
    phd_object *object = phd_object_find(&self->session->configuration, handle);
    phd_object unknown = {.handle = handle};
    self->scan->unknown_handles += object == NULL && handle != PHD_HANDLE_MDS ? 1 : 0;
    phd_measure measure = {0};
    if (!phd_object_apply_list(object == NULL ? &unknown : object, &measure, list)) {
        return false;
    }
    if (object != NULL) {
        add(self, object, &measure);
    }
    return true;
}

/* ObservationScanGrouped: the values of all of a scanner's objects, in the order of its HandleAttrValMap. */
static bool take_grouped(scanning *self, phd_reader *list) {
    phd_reader values = phd_read(phd_octets(list));
    if (list->failed || self->scanner == NULL) {
        return false;
    }
    uint16_t count = 0;
    phd_reader reader = phd_read(self->scanner->handle_maps);
    phd_reader maps = phd_list(&reader, &count);
    for (uint16_t n = 0; n < count; n++) {
        phd_map_entry map[PHD_MAP_ENTRIES];
        uint8_t entries = 0;
        phd_object *object = phd_object_find(&self->session->configuration, phd_u16(&maps));
        phd_measure measure = {0};
        if (!phd_map_read(&maps, map, &entries) || object == NULL ||
            !phd_object_apply_map(object, &measure, map, entries, &values)) {
            self->scan->is_misfit = true;
            return false;
        }
        add(self, object, &measure);
    }
    self->scan->is_misfit |= !phd_is_done(&values);
    return phd_is_done(&values);
}

static bool take_observations(scanning *self, const form *as, phd_reader *list, uint16_t count) {
    bool is_good = true;
    for (uint16_t n = 0; n < count && is_good; n++) {
        is_good = as->kind == FIXED      ? take_fixed(self, list)
                  : as->kind == VARIABLE ? take_variable(self, list)
                                         : take_grouped(self, list);
    }
    return is_good;
}

/* Begins the report about the next person. */
static void begin(scanning *self, uint16_t person) {
    phd_session *s = self->session;
    uint32_t n = self->scan->report_count++;
    self->scan->persons[n] = person;
    self->report = &self->scan->reports[n];
    phd_report_begin(self->report, s->host, s->context, &s->facts);
    self->report->relative = self->relative;
}

static dragoman_status finish(scanning *self, bool is_good) {
    self->scan->observations += self->report->count;
    self->scan->unstamped += self->report->unstamped;
    self->scan->odd_values += self->report->odd_values;
    return !is_good ? DRAGOMAN_INVALID : self->report->failed ? DRAGOMAN_NO_MEMORY : DRAGOMAN_OK;
}

static dragoman_status take_persons(scanning *self, const form *as, phd_reader *list, uint16_t count) {
    dragoman_status status = DRAGOMAN_OK;
    for (uint16_t n = 0; n < count && status == DRAGOMAN_OK; n++) {
        begin(self, phd_u16(list));
        bool is_good = false;
        if (as->kind == GROUPED) {
            /* ScanReportPerGrouped has one observation and no list of them. */
            is_good = take_grouped(self, list);
        } else {
            uint16_t observations = 0;
            phd_reader inner = phd_list(list, &observations);
            is_good = take_observations(self, as, &inner, observations) && phd_is_done(&inner);
        }
        status = finish(self, is_good);
    }
    return status;
}

static bool make_room(phd_session *s, phd_scan *scan, uint32_t count) {
    scan->reports = (phd_report *)s->host->batch(s->context, count * sizeof *scan->reports);
    scan->persons = (uint16_t *)s->host->batch(s->context, count * sizeof *scan->persons);
    return scan->reports != NULL && scan->persons != NULL;
}

dragoman_status phd_scan_read(phd_session *s, uint16_t scanner, uint16_t event_type, uint32_t event_time,
                              dragoman_bytes info, phd_scan *ret_scan) {
    form as;
    *ret_scan = (phd_scan){.reports = NULL};
    phd_reader reader = phd_read(info);
    (void)phd_u16(&reader); /* data-req-id */
    (void)phd_u16(&reader); /* scan-report-no */
    uint16_t count = 0;
    phd_reader list = phd_list(&reader, &count);
    /* No element has fewer than four bytes. */
    if (!form_of(event_type, &as) || !phd_is_done(&reader) || count > list.left / 4) {
        return DRAGOMAN_INVALID;
    }
    if (!make_room(s, ret_scan, as.is_for_persons ? count + 1u : 1u)) {
        return DRAGOMAN_NO_MEMORY;
    }
    scanning self = {.session = s, .scanner = phd_object_find(&s->configuration, scanner), .scan = ret_scan};
    bool tells_time = (s->facts.time_capability & PHD_HAS_RELATIVE_TIME) != 0 && event_time != PHD_TIME_UNKNOWN;
    self.relative = tells_time ? (phd_anchor){event_time, s->now.wall_us, true} : s->facts.relative;
    dragoman_status status = DRAGOMAN_OK;
    if (as.is_for_persons) {
        status = take_persons(&self, &as, &list, count);
    } else {
        begin(&self, PHD_PERSON_UNKNOWN);
        status = finish(&self, take_observations(&self, &as, &list, count));
    }
    return status == DRAGOMAN_OK && !phd_is_done(&list) ? DRAGOMAN_INVALID : status;
}
