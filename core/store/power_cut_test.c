/* A power cut at any moment: what was settled before it is found, whole and once, and the database is sound. */
#include "kit/power_cut_vfs.h"
#include "kit/store_kit.h"

#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

enum { MESSAGES = 60, TEXT_BYTES = 150000, CUTS_BETWEEN = 160 };

typedef struct letter {
    store_kit_message kit; /* first */
    void (*settle)(store_message *, dragoman_settlement, dragoman_status, const char *);
    int index;
    char id[16];
    char *text;
} letter;

/* What message `index` brings: its number, and as many letters as its size wants, so that a torn one shows. */
static char *make_text(int index) {
    size_t size = index % 5 == 0 ? TEXT_BYTES : (size_t)(index * 97 % 9000);
    char *text = malloc(size + 32);
    int length = snprintf(text, 32, "m%d.", index);
    for (size_t i = (size_t)length; i < size + 16; i++) {
        text[i] = (char)('a' + (i * (size_t)(index + 1)) % 26);
    }
    text[size + 16] = '\0';
    return text;
}

static void mark_settled(store_message *message, dragoman_settlement settlement, dragoman_status status,
                         const char *reason) {
    letter *self = (letter *)(void *)message;
    if (settlement != DRAGOMAN_NOT_KEPT) {
        power_cut_mark(self->index);
    }
    self->settle(message, settlement, status, reason);
}

static void letter_init(letter *self, int index, bool is_marked) {
    self->index = index;
    self->text = make_text(index);
    snprintf(self->id, sizeof self->id, "m%d", index);
    store_kit_message_init(&self->kit, self->id, (uint64_t)index);
    store_kit_message_report(&self->kit, self->text, index % 2 == 0 ? "bed1" : "bed2", STORE_VALUES);
    self->kit.state = (store_state){DRAGOMAN_TEXT("last"), bytes_of(self->id)};
    self->kit.message.state_count = 1;
    self->settle = self->kit.message.settle;
    if (is_marked) {
        self->kit.message.settle = mark_settled;
    }
}

static void letter_fini(letter *self) {
    store_kit_message_fini(&self->kit);
    free(self->text);
}

/* Sends the messages in groups of one to seven, so that commits hold several. */
static void write_diary(const char *folder) {
    char path[300];
    store *target = NULL;
    snprintf(path, sizeof path, "%s/store.db", folder);
    store_options options = {.path = path, .vfs = POWER_CUT_VFS};
    letter *letters = calloc(MESSAGES, sizeof *letters);
    power_cut_begin();
    assert_int_equal(store_open(&options, &target, NULL), DRAGOMAN_OK);
    for (int at = 0; at < MESSAGES;) {
        int group = at % 7 + 1 < MESSAGES - at ? at % 7 + 1 : MESSAGES - at;
        for (int i = at; i < at + group; i++) {
            letter_init(&letters[i], i, true);
            store_kit_submit(target, &letters[i].kit);
        }
        for (int i = at; i < at + group; i++) {
            assert_int_equal(store_kit_wait(&letters[i].kit).settlement, DRAGOMAN_DURABLE);
        }
        store_position_put(target, "sink", &(store_position){.low_water = (uint64_t)at});
        at += group;
    }
    store_close(target);
    for (int i = 0; i < MESSAGES; i++) {
        letter_fini(&letters[i]);
    }
    free(letters);
}

static void assert_sound(const char *path) {
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
    sqlite3_finalize(statement);
    sqlite3_close(handle);
}

/* Counts each message's rows and finds every one of them whole. */
static void count_messages(store *target, int counts[MESSAGES]) {
    store_reader *reader = NULL;
    const store_row *rows = NULL;
    size_t count = 0;
    uint64_t after = 0;
    memset(counts, 0, MESSAGES * sizeof *counts);
    assert_int_equal(store_reader_open(target, &reader, NULL), DRAGOMAN_OK);
    do {
        assert_int_equal(store_reader_rows(reader, after, 16, 1 << 20, &rows, &count, NULL), DRAGOMAN_OK);
        for (size_t i = 0; i < count; i++) {
            int index = (int)strtol((const char *)rows[i].bytes.data + 1, NULL, 10);
            assert_in_range(index, 0, MESSAGES - 1);
            char *text = make_text(index);
            assert_true(bytes_starts_with(rows[i].bytes, text));
            assert_true(rows[i].bytes.size > strlen(text));
            free(text);
            counts[index]++;
            after = rows[i].number;
        }
    } while (count > 0);
    store_reader_close(reader);
}

/* A sender that got no acknowledgement sends again: afterwards the message is there once. */
static void resend(store *target, int index) {
    letter again;
    letter_init(&again, index, false);
    store_kit_submit(target, &again.kit);
    assert_int_not_equal(store_kit_wait(&again.kit).settlement, DRAGOMAN_NOT_KEPT);
    letter_fini(&again);
}

static void check_cut(size_t cut, uint64_t seed, const char *folder) {
    char path[300];
    int counts[MESSAGES];
    int settled = 0;
    store *target = NULL;
    error_record error = {0};
    snprintf(path, sizeof path, "%s/store.db", folder);
    power_cut_rebuild(cut, seed, folder);
    store_options options = {.path = path};
    if (store_open(&options, &target, &error) != DRAGOMAN_OK) {
        fail_msg("cut %zu, seed %llu: %s", cut, (unsigned long long)seed, error.text);
    }
    count_messages(target, counts);
    for (size_t i = 0; i < cut; i++) {
        if (power_cut_at(i)->kind == POWER_CUT_MARK) {
            settled = (int)power_cut_at(i)->offset + 1;
            if (counts[settled - 1] != 1) {
                fail_msg("cut %zu, seed %llu: message %d was settled and is there %d times", cut,
                         (unsigned long long)seed, settled - 1, counts[settled - 1]);
            }
        }
    }
    /* Both may have been committed without anybody having heard of it. */
    int first = settled > 0 ? settled - 1 : 0;
    int last = settled < MESSAGES ? settled : MESSAGES - 1;
    resend(target, first);
    resend(target, last);
    count_messages(target, counts);
    for (int i = 0; i < MESSAGES; i++) {
        assert_in_range(counts[i], i == first || i == last ? 1 : 0, 1);
    }
    store_close(target);
    assert_sound(path);
}

/* Cuts around every sync and mark, and some between. */
static bool is_worth_a_cut(size_t cut, size_t length, size_t every) {
    for (size_t near = cut < 1 ? 0 : cut - 1; near <= cut && near < length; near++) {
        power_cut_kind kind = power_cut_at(near)->kind;
        if (kind == POWER_CUT_SYNC || (kind == POWER_CUT_MARK && near == cut - 1)) {
            return true;
        }
    }
    return cut % every == 0;
}

static void settled_messages_survive_a_power_cut(void **state) {
    (void)state;
    char folder[256];
    char rebuilt[256];
    store_kit_folder(folder, sizeof folder);
    store_kit_folder(rebuilt, sizeof rebuilt);
    write_diary(folder);
    size_t length = power_cut_length();
    size_t checkpoints = 0;
    size_t cuts = 0;
    for (size_t i = 0; i < length; i++) {
        /* File 0 is the database itself: it is synced by a checkpoint. */
        checkpoints += power_cut_at(i)->kind == POWER_CUT_SYNC && power_cut_at(i)->file == 0;
    }
    assert_true(checkpoints >= 2);
    for (size_t cut = 0; cut <= length; cut++) {
        if (is_worth_a_cut(cut, length, length / CUTS_BETWEEN + 1)) {
            check_cut(cut, 0, rebuilt);
            check_cut(cut, 0x9e3779b97f4a7c15u ^ cut, rebuilt);
            cuts++;
        }
    }
    print_message("%zu cuts of %zu notes, %zu checkpoints\n", cuts, length, checkpoints);
    power_cut_end();
    store_kit_remove(folder);
    store_kit_remove(rebuilt);
}

static void copy(const char *from, const char *to, const char *name) {
    char path[300];
    uint8_t bytes[4096];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", from, name);
    FILE *in = fopen(path, "rb");
    snprintf(path, sizeof path, "%s/%s", to, name);
    FILE *out = fopen(path, "wb");
    assert_true(in != NULL && out != NULL);
    while ((size = fread(bytes, 1, sizeof bytes, in)) > 0) {
        assert_int_equal(fwrite(bytes, 1, size, out), size);
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static dragoman_settlement send_letter(store *target, int index) {
    letter one;
    letter_init(&one, index, false);
    store_kit_submit(target, &one.kit);
    dragoman_settlement settlement = store_kit_wait(&one.kit).settlement;
    letter_fini(&one);
    return settlement;
}

static store *open_below(const char *folder, const char *vfs) {
    char path[300];
    store *target = NULL;
    snprintf(path, sizeof path, "%s/store.db", folder);
    store_options options = {.path = path, .vfs = vfs};
    assert_int_equal(store_open(&options, &target, NULL), DRAGOMAN_OK);
    return target;
}

/* The second program reads from the system's memory what never came to the disk, and must not rely on it. */
static void what_a_killed_program_left_in_memory_is_on_disk_before_it_is_settled(void **state) {
    enum { FIRST = 1, UNSYNCED = 2 };
    char folders[3][256];
    int counts[MESSAGES];
    (void)state;
    for (int i = 0; i < 3; i++) {
        store_kit_folder(folders[i], sizeof folders[i]);
    }
    power_cut_begin();
    store *killed = open_below(folders[0], POWER_CUT_VFS);
    assert_int_equal(send_letter(killed, FIRST), DRAGOMAN_DURABLE);
    power_cut_refuse_syncs(SQLITE_IOERR_FSYNC);
    assert_int_equal(send_letter(killed, UNSYNCED), DRAGOMAN_NOT_KEPT);
    power_cut_refuse_syncs(SQLITE_OK);
    /* As if it was killed now: its files go on under the same names, without it. */
    copy(folders[0], folders[1], "store.db");
    copy(folders[0], folders[1], "store.db-wal");
    size_t begin = power_cut_length();
    store *next = open_below(folders[1], POWER_CUT_VFS);
    assert_int_equal(send_letter(next, UNSYNCED), DRAGOMAN_DUPLICATE);
    size_t end = power_cut_length();
    for (size_t cut = begin; cut <= end; cut++) {
        power_cut_rebuild(cut, cut == end ? 0 : cut, folders[2]);
        store *after = open_below(folders[2], NULL);
        count_messages(after, counts);
        assert_int_equal(counts[FIRST], 1);
        assert_in_range(counts[UNSYNCED], cut == end ? 1 : 0, 1);
        store_close(after);
    }
    store_close(next);
    store_close(killed);
    power_cut_end();
    for (int i = 0; i < 3; i++) {
        store_kit_remove(folders[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settled_messages_survive_a_power_cut),
        cmocka_unit_test(what_a_killed_program_left_in_memory_is_on_disk_before_it_is_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
