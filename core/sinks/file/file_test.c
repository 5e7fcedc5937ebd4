/* The file sink by its own interface, with the publisher's part played here. */
#include "sinks/file/file.h"

#include "base/bytes.h"
#include "kit/store_kit.h"
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct fixture {
    char folder[256];
    char path[300];
    void *sink;
    sink_format format;
    const dragoman_setting *settings;
    uint32_t setting_count;
    sink_result result;
    char reason[256];
    uint64_t number;
} fixture;

static int set_up(void **state) {
    fixture *self = calloc(1, sizeof *self);
    store_kit_folder(self->folder, sizeof self->folder);
    snprintf(self->path, sizeof self->path, "%s/ward.ndjson", self->folder);
    *state = self;
    return 0;
}

static void close_sink(fixture *self) {
    dragoman_sink.close(self->sink);
    self->sink = NULL;
}

static int tear_down(void **state) {
    fixture *self = *state;
    close_sink(self);
    store_kit_remove(self->folder);
    free(self);
    return 0;
}

static dragoman_status try_open(fixture *self, const char *to, error_record *error) {
    sink_options options = {.name = DRAGOMAN_TEXT("archive"),
                            .to = bytes_of(to),
                            .folder = self->folder,
                            .format = self->format,
                            .settings = self->settings,
                            .setting_count = self->setting_count};
    return dragoman_sink.open(&options, &self->sink, error);
}

static void open_sink(fixture *self, const char *mark) {
    sink_needs needs;
    error_record error = {0};
    assert_int_equal(try_open(self, "file:ward.ndjson", &error), DRAGOMAN_OK);
    dragoman_sink.resume(self->sink, bytes_of(mark));
    if (dragoman_sink.probe(self->sink, &needs, &error) != DRAGOMAN_OK) {
        fail_msg("%s", error.text);
    }
    assert_true(needs.is_stream);
}

static void told(void *context, const sink_result *result) {
    fixture *self = context;
    self->result = *result;
    snprintf(self->reason, sizeof self->reason, "%.*s", BYTES_FORMAT(result->reason));
}

static sink_outcome give_again(fixture *self, dragoman_bytes body) {
    sink_item item = {.number = self->number, .body = body, .resources = 1};
    self->result = (sink_result){0};
    assert_int_equal(dragoman_sink.submit(self->sink, &item), DRAGOMAN_OK);
    dragoman_sink.wait(self->sink, 0, told, self);
    assert_int_equal(self->result.number, self->number);
    return self->result.outcome;
}

static sink_outcome give(fixture *self, const char *text) {
    self->number++;
    return give_again(self, bytes_of(text));
}

static void make_file(const char *path, const void *content, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    fclose(file);
}

static void assert_content(const char *path, const char *expected) {
    char content[4096] = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    assert_int_equal(size, strlen(expected));
    assert_string_equal(content, expected);
}

static void mark_of(fixture *self, char text[SINK_MARK_BYTES + 1]) {
    sink_mark mark;
    dragoman_sink.mark(self->sink, &mark);
    memcpy(text, mark.text, mark.size);
    text[mark.size] = '\0';
}

static void it_appends(void **state) {
    fixture *self = *state;
    open_sink(self, "");
    assert_int_equal(give(self, "{1}\n"), SINK_DELIVERED);
    assert_int_equal(give(self, "{2}\n{3}\n"), SINK_DELIVERED);
    close_sink(self);
    open_sink(self, "");
    assert_int_equal(give(self, "{4}\n"), SINK_DELIVERED);
    assert_content(self->path, "{1}\n{2}\n{3}\n{4}\n");
}

static void a_missing_folder_is_named(void **state) {
    fixture *self = *state;
    error_record error = {0};
    assert_int_equal(try_open(self, "file:none/ward.ndjson", &error), DRAGOMAN_INVALID);
    assert_non_null(strstr(error.text, "/none"));
    assert_int_equal(try_open(self, "file:", &error), DRAGOMAN_INVALID);
}

static void a_torn_last_line_is_cut(void **state) {
    fixture *self = *state;
    make_file(self->path, "{1}\n{2}\n{\"resourceTy", 20);
    open_sink(self, "");
    assert_content(self->path, "{1}\n{2}\n");
    close_sink(self);
    make_file(self->path, "{\"resourceTy", 12);
    open_sink(self, "");
    assert_content(self->path, "");
}

static void a_torn_delimited_record_is_cut(void **state) {
    fixture *self = *state;
    /* A record of 3 bytes, one of 130, and the beginning of a third: of its body, then of its length only. */
    uint8_t content[400] = {3, 'a', 'b', 'c', 0x82, 0x01};
    self->format = SINK_FORMAT_PROTOBUF;
    const size_t ends[] = {136 + 5, 136 + 1, 136};
    const uint8_t starts[] = {100, 0x80, 0};
    for (size_t i = 0; i < 3; i++) {
        struct stat status;
        content[136] = starts[i];
        make_file(self->path, content, ends[i]);
        open_sink(self, "");
        assert_int_equal(stat(self->path, &status), 0);
        assert_int_equal(status.st_size, 136);
        close_sink(self);
    }
}

static void what_follows_the_mark_is_cut_since_it_comes_again(void **state) {
    fixture *self = *state;
    char mark[SINK_MARK_BYTES + 1];
    static const dragoman_setting settings[] = {{DRAGOMAN_TEXT_INIT("fsync"), DRAGOMAN_TEXT_INIT("each")}};
    self->settings = settings;
    self->setting_count = 1;
    open_sink(self, "");
    give(self, "{1}\n");
    mark_of(self, mark);
    give(self, "{2}\n{3}\n");
    close_sink(self);
    open_sink(self, mark);
    assert_content(self->path, "{1}\n");
    give(self, "{2}\n");
    assert_content(self->path, "{1}\n{2}\n");
}

static void a_mark_of_another_file_cuts_nothing(void **state) {
    fixture *self = *state;
    char mark[SINK_MARK_BYTES + 1];
    char other[320];
    open_sink(self, "");
    give(self, "{1}\n");
    mark_of(self, mark);
    close_sink(self);
    snprintf(other, sizeof other, "%s/kept-aside", self->folder);
    assert_int_equal(rename(self->path, other), 0);
    make_file(self->path, "{other}\n{lines}\n", 16);
    open_sink(self, mark);
    assert_content(self->path, "{other}\n{lines}\n");
    assert_content(other, "{1}\n");
}

static void the_mark_follows_the_disk(void **state) {
    fixture *self = *state;
    sink_mark mark;
    open_sink(self, "");
    /* The first write finds that nothing was made safe for long; the next ones wait for their second. */
    give(self, "{1}\n");
    give(self, "{2}\n");
    dragoman_sink.mark(self->sink, &mark);
    assert_int_equal(mark.through, 1);
    dragoman_sink.wait(self->sink, SINK_WAIT_LAST, told, self);
    dragoman_sink.mark(self->sink, &mark);
    assert_int_equal(mark.through, 2);
}

static size_t list_folder(const fixture *self, char names[16][512]) {
    size_t count = 0;
    struct dirent **entries = NULL;
    int found = scandir(self->folder, &entries, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        if (entries[i]->d_name[0] != '.' && count < 16) {
            snprintf(names[count++], 512, "%s/%s", self->folder, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    return count;
}

static void a_full_file_is_moved_aside_and_the_oldest_go(void **state) {
    fixture *self = *state;
    char names[16][512];
    static const dragoman_setting settings[] = {{DRAGOMAN_TEXT_INIT("rotate_size"), DRAGOMAN_TEXT_INIT("8")},
                                                {DRAGOMAN_TEXT_INIT("keep"), DRAGOMAN_TEXT_INIT("2")}};
    self->settings = settings;
    self->setting_count = 2;
    open_sink(self, "");
    for (int i = 0; i < 9; i++) {
        char line[8];
        snprintf(line, sizeof line, "{%d}\n", i);
        assert_int_equal(give(self, line), SINK_DELIVERED);
    }
    assert_int_equal(list_folder(self, names), 3);
    assert_content(names[0], "{4}\n{5}\n");
    assert_content(names[1], "{6}\n{7}\n");
    assert_content(names[2], "{8}\n");
    /* ward-20260131T120000.000000Z.ndjson */
    const char *name = strrchr(names[0], '/') + 1;
    assert_int_equal(strncmp(name, "ward-20", 7), 0);
    assert_string_equal(name + 27, "Z.ndjson");
}

static void a_kill_after_rotation_repeats_nothing(void **state) {
    fixture *self = *state;
    char names[16][512];
    char mark[SINK_MARK_BYTES + 1];
    static const dragoman_setting settings[] = {{DRAGOMAN_TEXT_INIT("rotate_size"), DRAGOMAN_TEXT_INIT("8")},
                                                {DRAGOMAN_TEXT_INIT("fsync"), DRAGOMAN_TEXT_INIT("each")}};
    self->settings = settings;
    self->setting_count = 2;
    open_sink(self, "");
    give(self, "{0}\n");
    mark_of(self, mark);
    give(self, "{1}\n");
    give(self, "{2}\n");
    close_sink(self);
    open_sink(self, mark);
    assert_int_equal(list_folder(self, names), 2);
    assert_content(names[0], "{0}\n");
    assert_content(names[1], "");
}

static void a_file_that_was_moved_away_is_made_anew(void **state) {
    fixture *self = *state;
    char other[320];
    open_sink(self, "");
    give(self, "{1}\n");
    snprintf(other, sizeof other, "%s/moved", self->folder);
    assert_int_equal(rename(self->path, other), 0);
    give(self, "{2}\n");
    assert_content(other, "{1}\n");
    assert_content(self->path, "{2}\n");
}

static void two_sinks_do_not_share_a_file(void **state) {
    fixture *self = *state;
    error_record error = {0};
    sink_needs needs;
    open_sink(self, "");
    void *first = self->sink;
    assert_int_equal(try_open(self, "file:ward.ndjson", &error), DRAGOMAN_OK);
    assert_int_equal(dragoman_sink.probe(self->sink, &needs, &error), DRAGOMAN_IO);
    assert_non_null(strstr(error.text, "another"));
    dragoman_sink.close(first);
}

/* A limit on the file's size does what a full disk does: a part of the write is taken, then an error comes. */
static void a_full_disk_leaves_no_half_line_and_is_got_over(void **state) {
    fixture *self = *state;
    struct rlimit before;
    open_sink(self, "");
    give(self, "{1}\n");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {.rlim_cur = 10, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    sink_outcome outcome = give(self, "{2222222222}\n");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(outcome, SINK_RETRY);
    assert_non_null(strstr(self->reason, "ward.ndjson"));
    assert_content(self->path, "{1}\n");
    assert_int_equal(give_again(self, DRAGOMAN_TEXT("{2222222222}\n")), SINK_DELIVERED);
    assert_content(self->path, "{1}\n{2222222222}\n");
}

static void standard_output_ends_when_nobody_reads(void **state) {
    fixture *self = *state;
    int ends[2];
    error_record error = {0};
    sink_needs needs;
    char got[16] = {0};
    assert_int_equal(pipe(ends), 0);
    int saved = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    dragoman_status opened = try_open(self, "stdout:", &error);
    dragoman_status probed = dragoman_sink.probe(self->sink, &needs, &error);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    assert_int_equal(opened, DRAGOMAN_OK);
    assert_int_equal(probed, DRAGOMAN_OK);
    assert_int_equal(give(self, "{1}\n"), SINK_DELIVERED);
    assert_int_equal(read(ends[0], got, sizeof got), 4);
    assert_string_equal(got, "{1}\n");
    /* A reader that does not read makes us wait, not for ever. */
    static char large[200000];
    memset(large, 'x', sizeof large);
    sink_item item = {.number = ++self->number, .body = {(const uint8_t *)large, sizeof large}};
    self->result = (sink_result){0};
    assert_int_equal(dragoman_sink.submit(self->sink, &item), DRAGOMAN_OK);
    dragoman_sink.wait(self->sink, 1, told, self);
    assert_int_equal(self->result.number, 0);
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    dragoman_sink.wait(self->sink, 1000, told, self);
    assert_int_equal(self->result.outcome, SINK_ENDED);
    assert_non_null(strstr(self->reason, "nobody reads"));
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        FILE_TEST(it_appends),
        FILE_TEST(a_missing_folder_is_named),
        FILE_TEST(a_torn_last_line_is_cut),
        FILE_TEST(a_torn_delimited_record_is_cut),
        FILE_TEST(what_follows_the_mark_is_cut_since_it_comes_again),
        FILE_TEST(a_mark_of_another_file_cuts_nothing),
        FILE_TEST(the_mark_follows_the_disk),
        FILE_TEST(a_full_file_is_moved_aside_and_the_oldest_go),
        FILE_TEST(a_kill_after_rotation_repeats_nothing),
        FILE_TEST(a_file_that_was_moved_away_is_made_anew),
        FILE_TEST(two_sinks_do_not_share_a_file),
        FILE_TEST(a_full_disk_leaves_no_half_line_and_is_got_over),
        FILE_TEST(standard_output_ends_when_nobody_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
