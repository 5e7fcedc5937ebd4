#include "host/contract.h"

#include "base/bytes.h"
#include "host/contract_bench.h"
#include "host/contract_mishap.h"
#include <stdlib.h>

static dragoman_bytes part(dragoman_bytes bytes, size_t from, size_t to) {
    return (dragoman_bytes){bytes.data + from, to - from};
}

typedef struct suite {
    bench on;
    transcript whole;
    contract_tell tell;
    void *context;
    uint32_t broken;
} suite;

static void tell(suite *self, const char *clause, const char *detail) {
    self->broken += detail == NULL ? 0 : 1;
    self->tell(self->context, clause, detail == NULL, detail == NULL ? "" : detail);
}

/* What is wrong with a subject that must have said the same as when it was fed the whole; NULL: nothing. */
static const char *difference(const suite *self, const subject *other) {
    if (other->said.fault != NULL) {
        return other->said.fault;
    }
    bool is_same = bytes_equal(buffer_bytes(&self->whole.text), buffer_bytes(&other->said.text)) &&
                   bytes_equal(buffer_bytes(&self->whole.actions), buffer_bytes(&other->said.actions));
    return is_same ? NULL : "it says something else than when the input comes in one piece";
}

static void check_whole(suite *self) {
    subject one;
    if (subject_init(&one, &self->on)) {
        subject_feed(&one, self->on.sample->bytes, true);
    }
    const char *wrong = one.said.fault;
    if (wrong == NULL && one.said.messages == 0) {
        wrong = "the sample gives no message: take one that it understands";
    }
    buffer_append_bytes(&self->whole.text, buffer_bytes(&one.said.text));
    buffer_append_bytes(&self->whole.actions, buffer_bytes(&one.said.actions));
    subject_fini(&one);
    tell(self, "the whole sample at once", wrong);
}

/* Nothing but input, time and seed may decide what it says. */
static void check_again(suite *self) {
    subject one;
    if (subject_init(&one, &self->on)) {
        subject_feed(&one, self->on.sample->bytes, true);
    }
    bool is_same = bytes_equal(buffer_bytes(&self->whole.text), buffer_bytes(&one.said.text)) &&
                   bytes_equal(buffer_bytes(&self->whole.actions), buffer_bytes(&one.said.actions));
    tell(self, "the same sample again",
         one.said.fault != NULL ? one.said.fault
         : is_same              ? NULL
                                : "it says something else the second time: nothing but input, time and seed may "
                                  "decide, no global that changes, no address");
    subject_fini(&one);
}

static void feed_pieces(subject *one, dragoman_bytes all, size_t size) {
    for (size_t i = 0; i < all.size; i += size) {
        size_t end = i + size < all.size ? i + size : all.size;
        subject_feed(one, part(all, i, end), end == all.size);
    }
}

/* In pieces, twice; what was given shows another byte each time when the call has returned. */
static void check_gone(suite *self) {
    static const uint8_t shown[2] = {0xdb, '7'};
    subject said[2];
    for (int i = 0; i < 2; i++) {
        self->on.watch.gone = shown[i];
        if (subject_init(&said[i], &self->on)) {
            feed_pieces(&said[i], self->on.sample->bytes, 5);
        }
    }
    bool is_same = bytes_equal(buffer_bytes(&said[0].said.text), buffer_bytes(&said[1].said.text)) &&
                   bytes_equal(buffer_bytes(&said[0].said.actions), buffer_bytes(&said[1].said.actions));
    tell(self, "what it was given is gone after the call",
         is_same ? NULL : "it keeps a pointer to bytes of an event or setting: copy what must outlive the call");
    subject_fini(&said[0]);
    subject_fini(&said[1]);
}

static void check_bytes(suite *self) {
    subject one;
    dragoman_bytes all = self->on.sample->bytes;
    if (subject_init(&one, &self->on)) {
        for (size_t i = 0; i < all.size; i++) {
            subject_feed(&one, part(all, i, i + 1), false);
        }
        subject_feed(&one, (dragoman_bytes){NULL, 0}, true);
    }
    tell(self, "byte by byte", difference(self, &one));
    subject_fini(&one);
}

static size_t stride(size_t size) {
    return size / CONTRACT_CUTS_MAX + 1;
}

static void check_cuts(suite *self) {
    dragoman_bytes all = self->on.sample->bytes;
    const char *wrong = NULL;
    for (size_t cut = 0; cut <= all.size && wrong == NULL; cut += stride(all.size)) {
        subject one;
        if (subject_init(&one, &self->on)) {
            subject_feed(&one, part(all, 0, cut), false);
            subject_feed(&one, part(all, cut, all.size), true);
        }
        wrong = difference(self, &one);
        subject_fini(&one);
    }
    tell(self, "cut in two at every place", wrong);
}

static void check_truncated(suite *self) {
    dragoman_bytes all = self->on.sample->bytes;
    const char *wrong = NULL;
    for (size_t cut = 0; cut < all.size && wrong == NULL; cut += stride(all.size)) {
        subject one;
        if (subject_init(&one, &self->on)) {
            subject_feed(&one, part(all, 0, cut), true);
        }
        wrong = one.said.fault;
        subject_fini(&one);
    }
    tell(self, "cut short at every place", wrong);
}

static void check_garbled(suite *self) {
    dragoman_bytes all = self->on.sample->bytes;
    const char *wrong = NULL;
    uint64_t random = 1;
    uint8_t *copy = malloc(all.size + 1);
    for (uint32_t round = 0; copy != NULL && round < CONTRACT_GARBLED && wrong == NULL; round++) {
        memcpy(copy, all.data, all.size);
        size_t changes = 1 + contract_draw(&random) % 16;
        for (size_t i = 0; i < changes && all.size > 0; i++) {
            copy[contract_draw(&random) % all.size] = (uint8_t)contract_draw(&random);
        }
        subject one;
        if (subject_init(&one, &self->on)) {
            size_t cut = contract_draw(&random) % (all.size + 1);
            subject_feed(&one, (dragoman_bytes){copy, cut}, false);
            subject_feed(&one, (dragoman_bytes){copy + cut, all.size - cut}, true);
        }
        wrong = one.said.fault;
        subject_fini(&one);
    }
    free(copy);
    tell(self, "garbled", wrong);
}

/* Messages that come of the sample the n-th time, when the first time was `first`. One that gave up its session says no
 * more: the host makes a new one. */
static uint32_t messages_after(suite *self, dragoman_bytes first, uint32_t times, const char **ret_wrong) {
    subject one;
    uint32_t before = 0;
    if (subject_init(&one, &self->on)) {
        subject_feed(&one, first, false);
        before = one.said.messages;
        for (uint32_t i = 0; i < times; i++) {
            subject_feed(&one, self->on.sample->bytes, false);
        }
    }
    uint32_t after = one.is_over ? UINT32_MAX : one.said.messages - before;
    *ret_wrong = one.said.fault;
    subject_fini(&one);
    return after;
}

/* A broken message may take the next with it, whose beginning it looked like; not all that follow. */
static void check_mended(suite *self) {
    dragoman_bytes all = self->on.sample->bytes;
    const char *wrong = NULL;
    uint8_t *copy = malloc(all.size + 1);
    bool reads_on = messages_after(self, all, 3, &wrong) > 0;
    for (size_t at = 0; copy != NULL && at < all.size && wrong == NULL; at += all.size / CONTRACT_MISHAPS_MAX + 1) {
        for (contract_mishap kind = CONTRACT_BIT_WRONG; kind < CONTRACT_MISHAPS && wrong == NULL; kind++) {
            dragoman_bytes broken = {copy, contract_mishap_apply(all, at, kind, copy)};
            bool is_read = messages_after(self, broken, 3, &wrong) > 0;
            if (wrong == NULL && reads_on && !is_read && self->on.sample->channel_kind == DRAGOMAN_CHANNEL_STREAM) {
                wrong = "after a broken message no good one is read any more: look for the next frame's beginning";
            }
        }
    }
    free(copy);
    tell(self, "a wrong bit, a byte missing or doubled, a cut: what follows is read", wrong);
}

static void check_interleaved(suite *self) {
    subject one;
    subject other;
    dragoman_bytes all = self->on.sample->bytes;
    bool is_good = subject_init(&one, &self->on);
    is_good = subject_init(&other, &self->on) && is_good;
    const size_t step = 7;
    for (size_t i = 0; is_good && i < all.size; i += step) {
        size_t end = i + step < all.size ? i + step : all.size;
        subject_feed(&one, part(all, i, end), end == all.size);
        subject_feed(&other, part(all, i, end), end == all.size);
    }
    const char *wrong = difference(self, &one);
    wrong = wrong == NULL ? difference(self, &other) : wrong;
    subject_fini(&one);
    subject_fini(&other);
    tell(self, "two instances in turn", wrong);
}

static void check_restart(suite *self) {
    dragoman_bytes all = self->on.sample->bytes;
    subject dead;
    subject next;
    if (subject_init(&dead, &self->on)) {
        subject_feed(&dead, part(all, 0, all.size / 2), false);
    }
    dead.is_over = true; /* it dies without a word */
    subject_fini(&dead);
    if (subject_init(&next, &self->on)) {
        subject_feed(&next, all, true);
    }
    tell(self, "after another instance died half-way", difference(self, &next));
    subject_fini(&next);
}

static void check_deadlines(suite *self) {
    subject one;
    if (subject_init(&one, &self->on)) {
        subject_feed(&one, part(self->on.sample->bytes, 0, self->on.sample->bytes.size / 2), false);
        for (int i = 0; i < 1000 && !one.is_over; i++) {
            int64_t at_us = host_instance_deadline(one.instance);
            if (at_us == DRAGOMAN_NO_DEADLINE) {
                break;
            }
            one.on->now.wall_us += at_us - one.on->now.monotonic_us;
            one.on->now.monotonic_us = at_us;
            subject_look(&one, host_instance_expire(one.instance, &one.on->now));
        }
    }
    tell(self, "its deadlines, one after the other", one.said.fault);
    subject_fini(&one);
}

static void check_settlement(suite *self, dragoman_settlement settlement, const char *clause) {
    subject one;
    self->on.settlement = settlement;
    if (subject_init(&one, &self->on)) {
        subject_feed(&one, self->on.sample->bytes, true);
    }
    tell(self, clause, one.said.fault);
    subject_fini(&one);
    self->on.settlement = DRAGOMAN_DURABLE;
}

uint32_t contract_run(const host_adapter *adapter, const contract_sample *sample, contract_tell told_to,
                      void *context) {
    suite self = {.tell = told_to, .context = context};
    if (!bench_init(&self.on, adapter, sample)) {
        tell(&self, "memory", "there is none");
        return self.broken;
    }
    buffer_init(&self.whole.text);
    buffer_init(&self.whole.actions);
    check_whole(&self);
    check_again(&self);
    check_gone(&self);
    check_bytes(&self);
    check_cuts(&self);
    check_truncated(&self);
    check_garbled(&self);
    check_mended(&self);
    check_interleaved(&self);
    check_restart(&self);
    check_deadlines(&self);
    check_settlement(&self, DRAGOMAN_DUPLICATE, "everything was there before");
    check_settlement(&self, DRAGOMAN_NOT_KEPT, "nothing can be kept");
    bench_fini(&self.on);
    buffer_fini(&self.whole.text);
    buffer_fini(&self.whole.actions);
    return self.broken;
}
