#include "host/contract_plays.h"

#include "base/bytes.h"
#include "host/silent.h"
#include <stdio.h>
#include <stdlib.h>

static void keep(void *context, host_message *message) {
    const capture_suite *self = context;
    transcript *to = host_player_context(message->instance);
    to->messages++;
    buffer_append_format(&to->text, "message %.*s|%.*s|%llx\n", BYTES_FORMAT(message->store.sender),
                         BYTES_FORMAT(message->store.id), (unsigned long long)message->store.digest);
    for (uint32_t i = 0; i < message->store.report_count; i++) {
        buffer_append_bytes(&to->text, message->store.reports[i].bytes);
    }
    for (uint32_t i = 0; i < message->store.state_count; i++) {
        buffer_append_bytes(&to->text, message->store.states[i].key);
        buffer_append_bytes(&to->text, message->store.states[i].value);
    }
    for (uint32_t i = 0; i < message->store.dead_count; i++) {
        buffer_append_bytes(&to->text, message->store.dead[i].reason);
    }
    bool is_kept = self->settlement != DRAGOMAN_NOT_KEPT;
    host_message_settle(message, self->settlement, is_kept ? DRAGOMAN_OK : DRAGOMAN_FULL, is_kept ? NULL : "full");
}

static void act(void *context, uint32_t session, const dragoman_action *action) {
    transcript *to = context;
    if (action->kind != DRAGOMAN_ACTION_SEND) {
        buffer_append_format(&to->actions, "%u: action %u on %u to %.*s: ", session, action->kind, action->channel,
                             BYTES_FORMAT(action->target));
    }
    buffer_append_bytes(&to->actions, action->data);
}

/* The host says why it refuses a report. */
static void note_log(void *context, dragoman_bytes link, uint32_t level, dragoman_bytes text,
                     dragoman_bytes private_text) {
    capture_suite *self = context;
    (void)link, (void)private_text;
    if (level == DRAGOMAN_LOG_ERROR) {
        snprintf(self->refusal, sizeof(self->refusal), "%.*s", BYTES_FORMAT(text));
    }
}

host_environment *plays_environment(capture_suite *self, const host_hooks *meanings) {
    host_hooks hooks = host_silent_hooks();
    if (meanings != NULL) {
        hooks.meaning = meanings->meaning;
        hooks.device = meanings->device;
        hooks.profile = meanings->profile;
        hooks.profile_setting = meanings->profile_setting;
        hooks.is_episodic = meanings->is_episodic;
    }
    hooks.context = self;
    hooks.keep = keep;
    hooks.log = note_log;
    return host_environment_create(&hooks);
}

bool plays_add(records *to, capture_record record) {
    if (to->count == to->room) {
        size_t room = to->room == 0 ? 256 : to->room * 2;
        capture_record *more = realloc(to->items, room * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        to->items = more;
        to->room = room;
    }
    to->items[to->count++] = record;
    return true;
}

void transcript_init(transcript *self) {
    *self = (transcript){.messages = 0};
    buffer_init(&self->text);
    buffer_init(&self->actions);
}

void transcript_fini(transcript *self) {
    buffer_fini(&self->text);
    buffer_fini(&self->actions);
}

host_player *plays_begin(const capture_suite *self, transcript *to) {
    host_player *player = NULL;
    host_player_options options = {.environment = self->environment,
                                   .adapter = self->adapter,
                                   .instance = {.link = DRAGOMAN_TEXT("contract"),
                                                .profile = capture_fact(self->header, "profile"),
                                                .settings = self->settings,
                                                .setting_count = self->setting_count},
                                   .context = to,
                                   .act = act};
    transcript_init(to);
    return host_player_create(&options, self->header, &player, NULL) == DRAGOMAN_OK ? player : NULL;
}

const char *plays_end(capture_suite *self, host_player *player) {
    const char *fault = player == NULL ? "its channels are not those of the capture" : host_player_fault(player);
    host_player_destroy(player);
    if (fault == NULL && self->watch.refused_reports > 0) {
        snprintf(self->fault, sizeof(self->fault), "emit refuses a report, since it says what cannot be: %s",
                 self->refusal);
        fault = self->fault;
    }
    self->watch.refused_reports = 0;
    return fault;
}

void plays_play(host_player *player, const records *what, size_t from, size_t to) {
    for (size_t i = from; player != NULL && i < to; i++) {
        (void)host_player_play(player, &what->items[i], NULL);
    }
}

bool plays_is_same(const capture_suite *self, const transcript *other) {
    return bytes_equal(buffer_bytes(&self->whole.text), buffer_bytes(&other->text)) &&
           bytes_equal(buffer_bytes(&self->whole.actions), buffer_bytes(&other->actions));
}

const char *plays_try(capture_suite *self, records *what, bool must_agree) {
    transcript said;
    host_player *player = plays_begin(self, &said);
    plays_play(player, what, 0, what->count);
    const char *wrong = plays_end(self, player);
    if (wrong == NULL && must_agree && !plays_is_same(self, &said)) {
        wrong = PLAYS_DIFFER;
    }
    transcript_fini(&said);
    what->count = 0;
    return wrong;
}
bool plays_carries_data(const capture_record *record) {
    return record->kind == CAPTURE_BYTES || record->kind == CAPTURE_DATAGRAM || record->kind == CAPTURE_MESSAGE;
}
