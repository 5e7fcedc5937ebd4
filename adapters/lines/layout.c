/* A layout is read in one pass over the flattened section, item by item in the order of the file; a profile that is
 * kept is read twice more: once to count, once to fill one block. */
#include "clock.h"
#include "keys.h"
#include "words.h"

/* What is done with each item that was read. */
typedef struct takers {
    void (*poll)(void *context, const lines_poll *poll);
    void (*record)(void *context, const lines_record *record);
    void (*field)(void *context, const lines_field *field);
    void (*meaning)(void *context, const lines_meaning *meaning);
    void *context;
} takers;

typedef struct reading {
    lines_layout head;
    lines_teller *teller;
    const takers *to;
    lines_poll poll;
    lines_record record;
    lines_field field;
    lines_meaning meaning;
    dragoman_bytes poll_key, record_key, field_key, meaning_key; /* empty: none is begun */
    bool has_several_ends;
} reading;

/* Splits "records.7.when", behind the name "records", into the item's key "records.7" and the rest "when". False: it is
 * not in that list. */
static bool split(dragoman_bytes key, size_t from, const char *name, dragoman_bytes *ret_item,
                  dragoman_bytes *ret_rest) {
    dragoman_bytes rest = lines_part(key, from, key.size < from ? 0 : key.size - from);
    dragoman_bytes part = {NULL, 0};
    if (!lines_cut(&rest, '.', &part) || !lines_is(part, name) || !lines_cut(&rest, '.', &part)) {
        return false;
    }
    *ret_item = lines_part(key, 0, from + strlen(name) + 1 + part.size);
    *ret_rest = rest;
    return true;
}

static bool is_in_list(dragoman_bytes key, const char *name) {
    dragoman_bytes rest = key;
    dragoman_bytes part = {NULL, 0};
    return lines_cut(&rest, '.', &part) && lines_is(part, name);
}

static void check_meaning(reading *self) {
    const lines_meaning *is = &self->meaning;
    int ways = (is->is.size > 0) + (is->mark.size > 0) + (is->bit >= 0);
    if (ways != 1) {
        lines_mistake(self->teller, self->meaning_key, "one of is, mark and bit is needed: what it stands for");
    }
    if (is->bit >= 0 && (is->absent != 0 || (is->alert != 0 && is->name.size == 0))) {
        lines_mistake(self->teller, self->meaning_key,
                      is->absent != 0 ? "a bit does not stand for a value" : "the alert of a bit needs a name");
    }
}

static void end_meaning(reading *self) {
    if (self->meaning_key.size > 0) {
        check_meaning(self);
        self->to->meaning(self->to->context, &self->meaning);
        self->head.meaning_count++;
        self->field.meaning_count++;
        self->meaning_key = (dragoman_bytes){NULL, 0};
    }
}

static void check_place(reading *self) {
    lines_field *is = &self->field;
    int64_t number = 0;
    int ways = (is->key.size > 0) + (is->column.size > 0) + (is->at > 0);
    if (ways != 1 || (is->at > 0) != (is->width > 0)) {
        lines_mistake(self->teller, self->field_key,
                      "one of key, column, and at with width is needed: where it stands");
    }
    if (lines_integer(is->column, 1, LINES_COLUMNS_MAX, &number)) {
        is->number = (uint32_t)number;
    }
    if (is->to > 0 && (is->number == 0 || is->to < is->number)) {
        lines_mistake(self->teller, self->field_key, "`to` is a later column than a `column` given by its number");
    }
}

static void check_field(reading *self) {
    const lines_field *is = &self->field;
    bool is_value = is->type <= LINES_WORD;
    bool is_limit = is->type == LINES_LOW_LIMIT || is->type == LINES_HIGH_LIMIT;
    check_place(self);
    if (is_value && is->name.size == 0) {
        lines_mistake(self->teller, self->field_key, "a value needs a name");
    }
    if ((is->type == LINES_TIME) != (is->format.size > 0)) {
        lines_mistake(self->teller, self->field_key, "a time needs its format, and nothing else has one");
    } else if (is->type == LINES_TIME && !lines_clock_is_format(is->format)) {
        lines_mistake(
            self->teller, self->field_key,
            "a format is made of yyyy yy MM MMM dd HH mm ss and what stands between, like \"dd-MMM-yy HH:mm:ss\"");
    }
    if (is_limit != (is->of.size > 0)) {
        lines_mistake(self->teller, self->field_key, "a limit says `of` which field it is, and nothing else does");
    }
    if ((is->has_scale || is->has_least || is->has_most) && is->type != LINES_NUMBER && !is_limit) {
        lines_mistake(self->teller, self->field_key, "only numbers have scale, least and most");
    }
    if (is->meaning_count > LINES_MEANINGS_MAX) {
        lines_mistake(self->teller, self->field_key, "more than 64 meanings");
    }
}

static void end_field(reading *self) {
    end_meaning(self);
    if (self->field_key.size > 0) {
        check_field(self);
        self->to->field(self->to->context, &self->field);
        self->head.field_count++;
        self->record.field_count++;
        self->field_key = (dragoman_bytes){NULL, 0};
    }
}

static void check_record(reading *self) {
    const lines_record *is = &self->record;
    bool is_read = !is->is_ignored && !is->is_header;
    if (is_read != (is->field_count > 0)) {
        lines_mistake(self->teller, self->record_key,
                      "a record has fields, or is one to ignore, or one that is the header of others");
    }
    if (is->divider.size != 1) {
        lines_mistake(self->teller, self->record_key, "a divider is one character");
    }
    if ((is->counted > 0) != (is->counted_from > 0)) {
        lines_mistake(self->teller, self->record_key, "counted and counted_from are needed together");
    }
}

static void end_record(reading *self) {
    end_field(self);
    if (self->record_key.size > 0) {
        check_record(self);
        self->to->record(self->to->context, &self->record);
        self->head.record_count++;
        self->record_key = (dragoman_bytes){NULL, 0};
    }
}

static void end_poll(reading *self) {
    if (self->poll_key.size > 0) {
        if (self->poll.send.size == 0) {
            lines_mistake(self->teller, self->poll_key, "what is sent is needed");
        }
        self->to->poll(self->to->context, &self->poll);
        self->head.poll_count++;
        self->poll_key = (dragoman_bytes){NULL, 0};
    }
}

static void begin_record(reading *self, dragoman_bytes key) {
    if (!lines_same(self->record_key, key)) {
        end_record(self);
        self->record_key = key;
        self->record = (lines_record){
            .separators = DRAGOMAN_TEXT(" "), .divider = DRAGOMAN_TEXT("="), .first_field = self->head.field_count};
    }
}

static void begin_field(reading *self, dragoman_bytes key) {
    if (!lines_same(self->field_key, key)) {
        end_field(self);
        self->field_key = key;
        self->field = (lines_field){.first_meaning = self->head.meaning_count};
    }
}

static void begin_meaning(reading *self, dragoman_bytes key) {
    if (!lines_same(self->meaning_key, key)) {
        end_meaning(self);
        self->meaning_key = key;
        self->meaning = (lines_meaning){.bit = -1};
    }
}

/* A value within a record: its own, or one of its fields' or of their meanings. */
static void take_in_record(reading *self, const dragoman_setting *setting, dragoman_bytes record, dragoman_bytes rest) {
    dragoman_bytes field = {NULL, 0};
    dragoman_bytes meaning = {NULL, 0};
    begin_record(self, record);
    if (!split(setting->key, record.size + 1, "fields", &field, &rest)) {
        lines_keys_take(&lines_record_keys, rest, setting->value, setting->key, &self->record, self->teller);
        return;
    }
    begin_field(self, field);
    if (rest.size == 0) {
        lines_mistake(self->teller, setting->key, "a field with its keys is expected here");
    } else if (!split(setting->key, field.size + 1, "means", &meaning, &rest)) {
        lines_keys_take(&lines_field_keys, rest, setting->value, setting->key, &self->field, self->teller);
    } else {
        begin_meaning(self, meaning);
        lines_keys_take(&lines_meaning_keys, rest, setting->value, setting->key, &self->meaning, self->teller);
    }
}

/* "frame.end", or "frame.end.0" where there are several. */
static bool is_end(dragoman_bytes key) {
    dragoman_bytes item = {NULL, 0};
    dragoman_bytes rest = {NULL, 0};
    return lines_is(key, "frame.end") ||
           (split(key, 0, "frame", &item, &rest) && lines_is(item, "frame.end") && rest.size > 0);
}

static void take_end(reading *self, const dragoman_setting *setting) {
    lines_frame *frame = &self->head.frame;
    if (frame->end_count == LINES_ENDS_MAX) {
        lines_mistake(self->teller, setting->key, "more than 4 ends");
    } else if (!lines_mark_read(setting->value, &frame->ends[frame->end_count++])) {
        lines_mistake(self->teller, setting->key,
                      "a text, names such as CR LF ETX, or bytes such as 0xFE are expected");
    }
}

static void take(reading *self, const dragoman_setting *setting) {
    dragoman_bytes item = {NULL, 0};
    dragoman_bytes rest = {NULL, 0};
    if (split(setting->key, 0, "records", &item, &rest)) {
        take_in_record(self, setting, item, rest);
    } else if (split(setting->key, 0, "poll", &item, &rest)) {
        if (!lines_same(self->poll_key, item)) {
            end_poll(self);
            self->poll_key = item;
            self->poll = (lines_poll){.every_ms = LINES_EVERY_MS, .timeout_ms = LINES_TIMEOUT_MS};
        }
        lines_keys_take(&lines_poll_keys, rest, setting->value, setting->key, &self->poll, self->teller);
    } else if (is_in_list(setting->key, "records") || is_in_list(setting->key, "poll")) {
        lines_mistake(self->teller, setting->key, "a list is expected here");
    } else if (is_end(setting->key)) {
        take_end(self, setting);
    } else {
        lines_keys_take(&lines_head_keys, setting->key, setting->value, setting->key, &self->head, self->teller);
    }
}

static void check_head(reading *self) {
    const lines_layout *is = &self->head;
    const dragoman_bytes whole = {NULL, 0};
    if (is->record_count == 0) {
        lines_mistake(self->teller, whole, "a device section with records is needed");
    }
    if ((is->frame.end_count > 0) == (is->frame.length > 0)) {
        lines_mistake(self->teller, whole, "a frame has either an end (frame: { end: CRLF }) or a length");
    }
    if (is->record_count > LINES_RECORDS_MAX || is->field_count > LINES_FIELDS_MAX ||
        is->poll_count > LINES_POLLS_MAX) {
        lines_mistake(self->teller, whole, "more than 64 records, 2000 fields or 16 commands");
    }
    if (is->frame.trailer > 0 && is->frame.length > 0) {
        lines_mistake(self->teller, whole, "a trailer follows an end, and a frame with a length has none");
    }
}

static void read_section(const dragoman_list *profile, const takers *to, lines_teller *teller, lines_layout *ret_head) {
    reading self = {.head = {.system = DRAGOMAN_TEXT("urn:dragoman:lines"),
                             .dashes = DRAGOMAN_ABSENT_UNKNOWN,
                             .blank = DRAGOMAN_ABSENT_UNKNOWN,
                             .frame = {.longest = LINES_RECORD_BYTES}},
                    .teller = teller,
                    .to = to};
    for (uint32_t i = 0; i < profile->count; i++) {
        take(&self, (const dragoman_setting *)dragoman_list_at(profile, i));
    }
    end_record(&self);
    end_poll(&self);
    check_head(&self);
    *ret_head = self.head;
}

static bool is_named(dragoman_bytes rest, const char *wanted) {
    return lines_is(rest, wanted);
}

/* Whether a field of `record` other than the one at `but` has this name. */
static bool has_field(const dragoman_list *profile, dragoman_bytes record, uint32_t but, dragoman_bytes name) {
    for (uint32_t i = 0; i < profile->count; i++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(profile, i);
        dragoman_bytes item = {NULL, 0};
        dragoman_bytes field = {NULL, 0};
        dragoman_bytes rest = {NULL, 0};
        if (i != but && lines_same(setting->value, name) && split(setting->key, 0, "records", &item, &rest) &&
            lines_same(item, record) && split(setting->key, item.size + 1, "fields", &field, &rest) &&
            is_named(rest, "name")) {
            return true;
        }
    }
    return false;
}

/* Two values of one name could not be told apart in what goes out; and what is said `of` a field needs one. */
static void check_names(const dragoman_list *profile, lines_teller *teller) {
    for (uint32_t i = 0; i < profile->count; i++) {
        const dragoman_setting *one = (const dragoman_setting *)dragoman_list_at(profile, i);
        dragoman_bytes record = {NULL, 0};
        dragoman_bytes item = {NULL, 0};
        dragoman_bytes rest = {NULL, 0};
        if (!split(one->key, 0, "records", &record, &rest) ||
            !split(one->key, record.size + 1, "fields", &item, &rest)) {
            continue;
        }
        if (is_named(rest, "name") && has_field(profile, record, i, one->value)) {
            lines_mistake(teller, one->key, "another field of this record has this name");
        }
        (void)split(one->key, item.size + 1, "means", &item, &rest);
        if (is_named(rest, "of") && !has_field(profile, record, i, one->value)) {
            lines_mistake(teller, one->key, "no field of this record has this name");
        }
    }
}

static void take_no_poll(void *context, const lines_poll *poll) {
    (void)context, (void)poll;
}

static void take_no_record(void *context, const lines_record *record) {
    (void)context, (void)record;
}

static void take_no_field(void *context, const lines_field *field) {
    (void)context, (void)field;
}

static void take_no_meaning(void *context, const lines_meaning *meaning) {
    (void)context, (void)meaning;
}

static const takers nobody = {take_no_poll, take_no_record, take_no_field, take_no_meaning, NULL};

void lines_layout_check(const dragoman_list *profile, dragoman_mistake_teller tell, void *context) {
    lines_teller teller = {.tell = tell, .context = context};
    lines_layout head;
    read_section(profile, &nobody, &teller, &head);
    check_names(profile, &teller);
}

/* The block of a layout: the section itself, whose texts the items point into, then the items. */
typedef struct building {
    dragoman_setting *settings;
    lines_poll *polls;
    lines_record *records;
    lines_field *fields;
    lines_meaning *meanings;
} building;

static void keep_poll(void *context, const lines_poll *poll) {
    *((building *)context)->polls++ = *poll;
}

static void keep_record(void *context, const lines_record *record) {
    *((building *)context)->records++ = *record;
}

static void keep_field(void *context, const lines_field *field) {
    *((building *)context)->fields++ = *field;
}

static void keep_meaning(void *context, const lines_meaning *meaning) {
    *((building *)context)->meanings++ = *meaning;
}

static size_t aligned(size_t size) {
    return (size + 15) & ~(size_t)15;
}

static dragoman_bytes copy_text(uint8_t **at, dragoman_bytes text) {
    if (text.size == 0) {
        return (dragoman_bytes){NULL, 0};
    }
    dragoman_bytes copy = {(const uint8_t *)memcpy(*at, text.data, text.size), text.size};
    *at += text.size;
    return copy;
}

/* Sets up the places of the items in `block`, or, without one, only sums their sizes. */
static size_t place_items(const lines_layout *head, uint32_t settings, uint8_t *block, building *ret_building) {
    const size_t sizes[] = {settings * sizeof(dragoman_setting), head->poll_count * sizeof(lines_poll),
                            head->record_count * sizeof(lines_record), head->field_count * sizeof(lines_field),
                            head->meaning_count * sizeof(lines_meaning)};
    size_t at[sizeof sizes / sizeof *sizes];
    size_t size = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        at[i] = size;
        size += aligned(sizes[i]);
    }
    if (block != NULL) {
        *ret_building = (building){(dragoman_setting *)(void *)(block + at[0]), (lines_poll *)(void *)(block + at[1]),
                                   (lines_record *)(void *)(block + at[2]), (lines_field *)(void *)(block + at[3]),
                                   (lines_meaning *)(void *)(block + at[4])};
    }
    return size;
}

dragoman_status lines_layout_read(const dragoman_list *profile, const dragoman_host *host, void *context,
                                  lines_layout *ret_layout, void **ret_block) {
    lines_teller silent = {NULL, NULL, 0};
    lines_layout head;
    building self;
    read_section(profile, &nobody, &silent, &head);
    check_names(profile, &silent);
    if (silent.count > 0) {
        return DRAGOMAN_INVALID;
    }
    size_t texts = 0;
    for (uint32_t i = 0; i < profile->count; i++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(profile, i);
        texts += setting->key.size + setting->value.size;
    }
    size_t items = place_items(&head, profile->count, NULL, NULL);
    uint8_t *block = (uint8_t *)host->allocate(context, items + texts + 1);
    if (block == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    *ret_block = block;
    place_items(&head, profile->count, block, &self);
    uint8_t *at = block + items;
    for (uint32_t i = 0; i < profile->count; i++) {
        const dragoman_setting *setting = (const dragoman_setting *)dragoman_list_at(profile, i);
        self.settings[i] = (dragoman_setting){copy_text(&at, setting->key), copy_text(&at, setting->value)};
    }
    dragoman_list kept = DRAGOMAN_LIST(self.settings, profile->count);
    const building first = self;
    const takers keepers = {keep_poll, keep_record, keep_field, keep_meaning, &self};
    read_section(&kept, &keepers, &silent, ret_layout);
    ret_layout->polls = first.polls;
    ret_layout->records = first.records;
    ret_layout->fields = first.fields;
    ret_layout->meanings = first.meanings;
    return DRAGOMAN_OK;
}
