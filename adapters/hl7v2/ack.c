#include "ack.h"
#include "time.h"

/* Header bytes that an answer has room for from the start: most headers fit. */
#define HEADER_USUAL 512
/* Answers that are kept for use again. */
#define FREE_MOST 64
/* Bytes of an answer beside the header fields that go back. */
#define OWN_BYTES 1024
/* Room for answers that an idle session keeps. */
#define OUT_KEPT (16u * 1024)
#define MLLP_BEGIN 0x0b
#define MLLP_END 0x1c

struct hl7v2_answer {
    hl7v2_answer *next;
    uint64_t number;
    hl7v2_fault fault;
    uint8_t on_refusal; /* of the sender's dialect */
    uint8_t mode;
    bool is_silent;
    bool is_answer; /* the message was itself one */
    size_t capacity;
    size_t size;
    uint8_t header[]; /* MSH as it came */
};

typedef struct writer {
    hl7v2_answers *answers;
    const hl7v2_message *message;
} writer;

static bool reserve(hl7v2_answers *answers, size_t size) {
    size_t wanted = answers->out_size + size;
    if (wanted <= answers->out_capacity) {
        return true;
    }
    size_t capacity = answers->out_capacity < 2048 ? 2048 : answers->out_capacity;
    while (capacity < wanted) {
        capacity *= 2;
    }
    uint8_t *out = (uint8_t *)answers->host->allocate(answers->context, capacity);
    if (out == NULL) {
        answers->is_out_of_memory = true;
        return false;
    }
    if (answers->out_size > 0) {
        memcpy(out, answers->out, answers->out_size);
    }
    answers->host->release(answers->context, answers->out);
    answers->out = out;
    answers->out_capacity = capacity;
    return true;
}

static void put(writer *w, dragoman_bytes bytes) {
    hl7v2_answers *answers = w->answers;
    if (bytes.size > 0 && reserve(answers, bytes.size)) {
        memcpy(answers->out + answers->out_size, bytes.data, bytes.size);
        answers->out_size += bytes.size;
    }
}

static void put_word(writer *w, const char *word) {
    put(w, (dragoman_bytes){(const uint8_t *)word, strlen(word)});
}
static void put_sign(writer *w, uint8_t sign) {
    put(w, (dragoman_bytes){&sign, 1});
}

static void put_fields(writer *w, uint32_t count) {
    for (; count > 0; count--) {
        put_sign(w, w->message->delimiters.field);
    }
}

static void put_number(writer *w, uint32_t number) {
    uint8_t digits[10];
    size_t size = 0;
    do {
        digits[sizeof digits - ++size] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put(w, (dragoman_bytes){digits + sizeof digits - size, size});
}

/* Words of ours, with the sender's delimiters escaped and anything but printable ASCII left out. */
static void put_text(writer *w, dragoman_bytes text) {
    const hl7v2_delimiters *d = &w->message->delimiters;
    for (size_t n = 0; n < text.size; n++) {
        uint8_t byte = text.data[n];
        char letter = byte == d->field          ? 'F'
                      : byte == d->component    ? 'S'
                      : byte == d->subcomponent ? 'T'
                      : byte == d->repetition   ? 'R'
                      : byte == d->escape       ? 'E'
                                                : 0;
        if (letter != 0) {
            put_sign(w, d->escape);
            put_sign(w, (uint8_t)letter);
            put_sign(w, d->escape);
        } else {
            put_sign(w, byte >= ' ' && byte < 0x7f ? byte : ' ');
        }
    }
}

static dragoman_bytes text_of(const char *text) {
    return (dragoman_bytes){(const uint8_t *)text, strlen(text)};
}

/* Whether the version of the message is at least `least` ("2.5"); without a version it is taken for an old one. */
static bool is_version(dragoman_bytes version, const char *least) {
    size_t size = strlen(least);
    return version.size >= size && memcmp(version.data, least, size) >= 0;
}

/* 16 hexadecimal digits that no other answer of any instance has: the seed and a counter through a mixing that loses
 * nothing. */
static void put_control_id(writer *w) {
    uint64_t id = w->answers->seed + ++w->answers->counter * UINT64_C(0x9e3779b97f4a7c15);
    id = (id ^ id >> 32) * UINT64_C(0xd6e8feb86659fd93);
    id ^= id >> 32;
    for (int shift = 60; shift >= 0; shift -= 4) {
        put_sign(w, (uint8_t)"0123456789ABCDEF"[id >> shift & 15]);
    }
}

typedef struct outcome {
    uint8_t letter; /* 'A', 'E' or 'R' */
    uint32_t code;  /* HL7 table 0357; 0 when all is well */
    dragoman_bytes reason;
    int64_t wall_us;
} outcome;

static void put_header(writer *w, const hl7v2_segment *header, bool is_enhanced, const outcome *result) {
    const hl7v2_message *message = w->message;
    uint8_t component = message->delimiters.component;
    dragoman_bytes version = hl7v2_trim(hl7v2_component(message, hl7v2_header_field(header, 12), 1));
    put_word(w, "MSH");
    put_fields(w, 1);
    put(w, hl7v2_header_field(header, 2));
    static const uint32_t swapped[] = {5, 6, 3, 4};
    for (size_t n = 0; n < 4; n++) {
        put_fields(w, 1);
        put(w, hl7v2_header_field(header, swapped[n]));
    }
    char time[HL7V2_TIME_TEXT];
    hl7v2_time_write(result->wall_us, !is_version(version, "2.3"), time);
    put_fields(w, 1);
    put_word(w, time);
    put_fields(w, 2);
    put_word(w, "ACK");
    dragoman_bytes trigger = hl7v2_component(message, hl7v2_header_field(header, 9), 2);
    if (trigger.size > 0 && is_version(version, "2.3")) {
        put_sign(w, component);
        put(w, trigger);
        if (is_version(version, "2.5")) {
            put_sign(w, component);
            put_word(w, "ACK");
        }
    }
    put_fields(w, 1);
    put_control_id(w);
    put_fields(w, 1);
    dragoman_bytes processing = hl7v2_header_field(header, 11);
    put(w, processing.size > 0 ? processing : DRAGOMAN_TEXT("P"));
    put_fields(w, 1);
    put(w, hl7v2_header_field(header, 12));
    dragoman_bytes charset = hl7v2_header_field(header, 18);
    if (is_enhanced) {
        put_fields(w, 3);
        put_word(w, "NE");
        put_fields(w, 1);
        put_word(w, "NE");
    }
    if (charset.size > 0) {
        put_fields(w, is_enhanced ? 2 : 6);
        put(w, charset);
    }
    put_sign(w, '\r');
}

static const char *condition_text(uint32_t code) {
    switch (code) {
    case HL7V2_SEGMENT_SEQUENCE:
        return "Segment sequence error";
    case HL7V2_REQUIRED_FIELD:
        return "Required field missing";
    case HL7V2_DATA_TYPE:
        return "Data type error";
    case HL7V2_UNSUPPORTED_MESSAGE:
        return "Unsupported message type";
    case HL7V2_UNSUPPORTED_EVENT:
        return "Unsupported event code";
    case HL7V2_UNSUPPORTED_VERSION:
        return "Unsupported version id";
    default:
        return "Application internal error";
    }
}

static void put_place(writer *w, const hl7v2_fault *fault) {
    uint8_t component = w->message->delimiters.component;
    if (fault->segment[0] == 0) {
        return;
    }
    put_text(w, text_of(fault->segment));
    put_sign(w, component);
    put_number(w, fault->sequence);
    if (fault->field > 0) {
        put_sign(w, component);
        put_number(w, fault->field);
    }
}

/* ERR: from 2.5 on a field each for place, code, severity and words; before that all in ERR-1. */
static void put_error(writer *w, const hl7v2_answer *answer, dragoman_bytes version, const outcome *result) {
    const hl7v2_delimiters *d = &w->message->delimiters;
    bool is_new = is_version(version, "2.5");
    put_word(w, "ERR");
    put_fields(w, is_new ? 2 : 1);
    put_place(w, &answer->fault);
    if (is_new) {
        put_fields(w, 1);
    } else {
        /* The code is the fourth component, whatever is known of the place. */
        uint32_t before = answer->fault.segment[0] == 0 ? 3 : answer->fault.field > 0 ? 1 : 2;
        for (; before > 0; before--) {
            put_sign(w, d->component);
        }
    }
    uint8_t separator = is_new ? d->component : d->subcomponent;
    put_number(w, result->code);
    put_sign(w, separator);
    put_word(w, condition_text(result->code));
    put_sign(w, separator);
    put_word(w, "HL70357");
    if (is_new) {
        put_fields(w, 1);
        put_word(w, "E");
        put_fields(w, 4);
        put_text(w, result->reason);
    }
    put_sign(w, '\r');
}

static void write_one(writer *w, const hl7v2_answer *answer, const hl7v2_segment *header, bool is_enhanced,
                      uint8_t level, const outcome *result) {
    dragoman_bytes version = hl7v2_trim(hl7v2_component(w->message, hl7v2_header_field(header, 12), 1));
    if (!reserve(w->answers, OWN_BYTES + answer->size)) {
        return;
    }
    put_sign(w, MLLP_BEGIN);
    put_header(w, header, is_enhanced, result);
    put_word(w, "MSA");
    put_fields(w, 1);
    put_sign(w, level);
    put_sign(w, result->letter);
    put_fields(w, 1);
    put(w, hl7v2_header_field(header, 10));
    bool has_words = result->letter != 'A' && !is_version(version, "2.5");
    if (has_words) {
        put_fields(w, 1);
        put_text(w, result->reason);
    }
    put_sign(w, '\r');
    if (result->letter != 'A') {
        put_error(w, answer, version, result);
    }
    put_sign(w, MLLP_END);
    put_sign(w, '\r');
}

/* MSH-15 and -16: always, never, on error or rejection only, on success only. */
static bool is_wanted(const hl7v2_message *message, dragoman_bytes field, bool is_good) {
    dragoman_bytes condition = hl7v2_trim(hl7v2_component(message, field, 1));
    return hl7v2_is(condition, "AL") || hl7v2_is(condition, is_good ? "SU" : "ER");
}

static void write_answer(hl7v2_answers *answers, const hl7v2_answer *answer, const outcome *result) {
    hl7v2_message message = {.host = answers->host, .context = answers->context};
    hl7v2_segment header;
    if (hl7v2_message_init(&message, (dragoman_bytes){answer->header, answer->size}) != DRAGOMAN_OK) {
        return;
    }
    hl7v2_reader reader = {.message = &message};
    if (!hl7v2_reader_next(&reader, &header)) {
        return;
    }
    writer w = {answers, &message};
    dragoman_bytes accept = hl7v2_trim(hl7v2_header_field(&header, 15));
    dragoman_bytes application = hl7v2_trim(hl7v2_header_field(&header, 16));
    uint8_t mode = answer->mode;
    bool asks_enhanced = accept.size + application.size > 0;
    bool is_good = result->letter == 'A';
    if (mode == 'o' || (mode == 'a' && !asks_enhanced)) {
        if (!answer->is_answer) {
            write_one(&w, answer, &header, false, 'A', result);
        }
        return;
    }
    /* Enhanced mode where the message does not say what it wants: the accept level. */
    bool is_accept = is_wanted(&message, accept, is_good) || !asks_enhanced;
    bool is_application = is_wanted(&message, application, is_good) && (is_good || !is_accept);
    if (is_accept) {
        write_one(&w, answer, &header, true, 'C', result);
    }
    if (is_application) {
        write_one(&w, answer, &header, true, 'A', result);
    }
}

static void answer_now(hl7v2_answers *answers, hl7v2_answer *answer, outcome *result) {
    bool is_in_trouble = result->letter == 'R';
    if (is_in_trouble && answer->on_refusal == 'C') {
        answers->wants_close = true;
        return;
    }
    if (is_in_trouble) {
        /* Also of a message at fault: it is no dead letter yet, and what is told a fault does not come again. */
        result->letter = answer->on_refusal;
        answer->fault = (hl7v2_fault){.code = 0};
    } else if (answer->fault.code != 0) {
        result->letter = 'E';
        result->code = answer->fault.code;
        result->reason = text_of(answer->fault.reason);
    }
    if (!answer->is_silent && !answers->wants_close && answer->mode != 'n') {
        write_answer(answers, answer, result);
    }
}

static void forget(hl7v2_answers *answers, hl7v2_answer *answer) {
    if (answer->capacity == HEADER_USUAL && answers->free_count < FREE_MOST) {
        answer->next = answers->free;
        answers->free = answer;
        answers->free_count++;
    } else {
        answers->host->release(answers->context, answer);
    }
}

static void pop(hl7v2_answers *answers, outcome *result) {
    hl7v2_answer *answer = answers->first;
    answers->first = answer->next;
    if (answers->first == NULL) {
        answers->last = NULL;
    }
    answer_now(answers, answer, result);
    forget(answers, answer);
}

void hl7v2_answers_flush(hl7v2_answers *answers, int64_t wall_us) {
    while (answers->first != NULL && answers->first->number == 0) {
        outcome result = {'R', HL7V2_INTERNAL_ERROR, DRAGOMAN_TEXT("the message could not be taken now"), wall_us};
        pop(answers, &result);
    }
}

void hl7v2_answers_settle(hl7v2_answers *answers, const dragoman_settled_event *event, int64_t wall_us) {
    hl7v2_answers_flush(answers, wall_us);
    while (answers->first != NULL && answers->first->number <= event->through) {
        outcome result = {'A', 0, {NULL, 0}, wall_us};
        if (event->settlement == DRAGOMAN_NOT_KEPT) {
            result.letter = event->status == DRAGOMAN_INVALID ? 'E' : 'R';
            result.code = HL7V2_INTERNAL_ERROR;
            result.reason = event->reason;
        }
        pop(answers, &result);
        hl7v2_answers_flush(answers, wall_us);
    }
}

static hl7v2_answer *take_answer(hl7v2_answers *answers, size_t size) {
    if (size <= HEADER_USUAL && answers->free != NULL) {
        hl7v2_answer *answer = answers->free;
        answers->free = answer->next;
        answers->free_count--;
        return answer;
    }
    size_t capacity = size <= HEADER_USUAL ? HEADER_USUAL : size;
    hl7v2_answer *answer = (hl7v2_answer *)answers->host->allocate(answers->context, sizeof(hl7v2_answer) + capacity);
    if (answer != NULL) {
        answer->capacity = capacity;
    }
    return answer;
}

/* The header segment of the message as it came. */
static dragoman_bytes header_of(dragoman_bytes text) {
    text.size = text.size < HL7V2_HEADER ? text.size : HL7V2_HEADER;
    return (dragoman_bytes){text.data, hl7v2_line_size(text)};
}

dragoman_status hl7v2_answers_add(hl7v2_answers *answers, uint64_t number, dragoman_bytes text,
                                  const hl7v2_translation *translation, bool is_silent) {
    dragoman_bytes header = is_silent ? (dragoman_bytes){NULL, 0} : header_of(text);
    hl7v2_answer *answer = take_answer(answers, header.size);
    if (answer == NULL) {
        return DRAGOMAN_NO_MEMORY;
    }
    answer->next = NULL;
    answer->number = number;
    answer->fault = translation->fault;
    answer->is_silent = is_silent;
    answer->on_refusal = translation->dialect.on_refusal;
    answer->mode = translation->dialect.mode;
    answer->is_answer = translation->is_answer;
    answer->size = header.size;
    if (header.size > 0) {
        memcpy(answer->header, header.data, header.size);
    }
    if (answers->last == NULL) {
        answers->first = answer;
    } else {
        answers->last->next = answer;
    }
    answers->last = answer;
    return DRAGOMAN_OK;
}

static void release_all(hl7v2_answers *answers, hl7v2_answer *answer) {
    while (answer != NULL) {
        hl7v2_answer *next = answer->next;
        answers->host->release(answers->context, answer);
        answer = next;
    }
}

void hl7v2_answers_sent(hl7v2_answers *answers) {
    answers->out_size = 0;
    if (answers->out_capacity > OUT_KEPT) {
        answers->host->release(answers->context, answers->out);
        answers->out = NULL;
        answers->out_capacity = 0;
    }
}

void hl7v2_answers_fini(hl7v2_answers *answers) {
    release_all(answers, answers->first);
    release_all(answers, answers->free);
    answers->host->release(answers->context, answers->out);
    answers->first = answers->last = answers->free = NULL;
    answers->out = NULL;
}
