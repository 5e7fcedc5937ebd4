#include "kit/store_kit.h"

#include "base/bytes.h"
#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void store_kit_folder(char *to, size_t size) {
    const char *below = getenv("TMPDIR");
    int length = snprintf(to, size, "%s/dragoman-store-XXXXXX", below == NULL ? "/tmp" : below);
    assert(length > 0 && (size_t)length < size);
    const char *made = mkdtemp(to);
    assert(made != NULL);
    (void)made;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void store_kit_remove(const char *folder) {
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void settle(store_message *message, dragoman_settlement settlement, dragoman_status status, const char *reason) {
    store_kit_message *self = (store_kit_message *)(void *)message;
    pthread_mutex_lock(&self->lock);
    self->is_settled = true;
    self->answer.settlement = settlement;
    self->answer.status = status;
    snprintf(self->answer.reason, sizeof self->answer.reason, "%s", reason == NULL ? "" : reason);
    pthread_cond_signal(&self->settled);
    pthread_mutex_unlock(&self->lock);
}

void store_kit_message_init(store_kit_message *self, const char *id, uint64_t digest) {
    memset(self, 0, sizeof *self);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->settled, NULL);
    self->message = (store_message){.link = DRAGOMAN_TEXT("link"),
                                    .adapter = DRAGOMAN_TEXT("kit"),
                                    .adapter_version = DRAGOMAN_TEXT("1"),
                                    .sender = id == NULL ? bytes_of("") : DRAGOMAN_TEXT("sender"),
                                    .id = bytes_of(id),
                                    .digest = digest,
                                    .received_at_us = 1700000000000000,
                                    .reports = &self->report,
                                    .states = &self->state,
                                    .dead = &self->dead,
                                    .settle = settle};
}

void store_kit_message_report(store_kit_message *self, const char *text, const char *device, store_class which) {
    self->report = (store_report){
        .bytes = bytes_of(text),
        .ticket = {.device_key = bytes_of(device), .stated_at_us = INT64_MIN, .store_class = (uint8_t)which},
        .observation_count = 1};
    self->message.report_count = text == NULL ? 0 : 1;
}

void store_kit_message_fini(store_kit_message *self) {
    pthread_mutex_destroy(&self->lock);
    pthread_cond_destroy(&self->settled);
}

void store_kit_submit(store *self, store_kit_message *message) {
    dragoman_status status = store_submit(self, &message->message);
    assert(status == DRAGOMAN_OK);
    (void)status;
}

store_kit_answer store_kit_wait(store_kit_message *message) {
    pthread_mutex_lock(&message->lock);
    while (!message->is_settled) {
        pthread_cond_wait(&message->settled, &message->lock);
    }
    store_kit_answer answer = message->answer;
    pthread_mutex_unlock(&message->lock);
    return answer;
}

store_kit_answer store_kit_send(store *self, const char *id, uint64_t digest, const char *text, const char *device,
                                store_class which) {
    store_kit_message message;
    store_kit_message_init(&message, id, digest);
    store_kit_message_report(&message, text, device, which);
    store_kit_submit(self, &message);
    store_kit_answer answer = store_kit_wait(&message);
    store_kit_message_fini(&message);
    return answer;
}

void store_kit_settle(store *self) {
    store_kit_send(self, NULL, 0, NULL, NULL, STORE_VALUES);
}
