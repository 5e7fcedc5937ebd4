#include "app/adapter.h"
#include "app/input.h"
#include "app/isolation.h"
#include "base/bytes.h"
#include "host/contract_capture.h"
#include "host/silent.h"
#include "terms/terms.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The suite cuts a sample some thousand times; one that is not through by then hangs. */
#define PATIENCE_S 120u
/* A clause, its detail and what stands between them, as the child writes it. */
#define LINE_BYTES 1024

typedef struct checking {
    const char *path;
    const app_places *places;
    bool isolates;
    adapter_tell tell;
    void *context;
    uint32_t broken;
} checking;

static void report(checking *self, const char *sample, const char *clause, bool is_kept, const char *detail) {
    self->broken += !is_kept;
    self->tell(self->context,
               &(adapter_finding){.sample = sample, .clause = clause, .detail = detail, .is_kept = is_kept});
}

static void write_clause(void *context, const char *clause, bool is_kept, const char *detail) {
    fprintf(context, "%c%s\t%s\n", is_kept ? '+' : '-', clause, detail);
    fflush(context);
}

static dragoman_list device_of(void *book, dragoman_bytes chosen) {
    return terms_profile_device(book, chosen);
}

static void check_capture(const checking *self, const host_adapter *adapter, dragoman_bytes capture, FILE *to) {
    terms_book *book = NULL;
    error_record error = {0};
    if (terms_book_create(self->places->mappings, NULL, 0, &book, &error) != DRAGOMAN_OK) {
        write_clause(to, "finds its profiles", false, error.text);
        return;
    }
    host_hooks meanings = host_silent_hooks();
    meanings.meaning = book;
    meanings.device = device_of;
    (void)contract_run_capture(adapter, capture, &meanings, write_clause, to);
    (void)contract_measure_capture(adapter, capture, &meanings, write_clause, to);
    terms_book_destroy(book);
}

/* In the child: nothing comes back but lines. `kind` 0: a capture. */
static void check_here(const checking *self, const char *sample_path, uint32_t kind, FILE *to) {
    error_record error = {0};
    host_adapter adapter;
    input_bytes input;
    app_isolation isolation;
    app_isolation_init(&isolation, self->places);
    alarm(PATIENCE_S);
    dragoman_status status = self->isolates && !adapter_checker_is_here()
                                 ? isolate_load(&isolation.options, self->path, &adapter, &error)
                                 : host_adapter_load(self->path, &adapter, &error);
    if (status != DRAGOMAN_OK || input_read(sample_path, &input, &error) != DRAGOMAN_OK) {
        write_clause(to, "loads", false, error.text);
        return;
    }
    contract_sample sample = {.bytes = input.bytes, .channel_kind = kind};
    if (kind == 0) {
        check_capture(self, &adapter, input.bytes, to);
    } else {
        (void)contract_run(&adapter, &sample, write_clause, to);
        if (adapter.far == NULL) {
            (void)contract_measure(&adapter, &sample, write_clause, to);
        }
    }
    input_free(&input);
    host_adapter_close(&adapter);
}

static void tell_end(checking *self, const char *sample, const char *last, int status) {
    char detail[256];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return;
    }
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == ADAPTER_CHECKER_EXIT) {
        snprintf(detail, sizeof(detail), "the address checker stopped it after \"%s\": its report stands above", last);
    } else if (number == SIGALRM) {
        snprintf(detail, sizeof(detail), "it hangs after \"%s\": a call took more than %u s", last, PATIENCE_S);
    } else {
        snprintf(detail, sizeof(detail), "it crashed after \"%s\": %s", last,
                 number != 0 ? strsignal(number) : "it ended the process");
    }
    report(self, sample, "comes to its end", false, detail);
}

static void check_sample(checking *self, const char *sample, uint32_t kind) {
    int ends[2];
    fflush(NULL);
    if (pipe(ends) != 0) {
        report(self, sample, "comes to its end", false, "no process can be started to try it in");
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        FILE *to = fdopen(ends[1], "w");
        if (to != NULL) {
            check_here(self, sample, kind, to);
            fclose(to);
        }
        _exit(0);
    }
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r");
    char line[LINE_BYTES];
    char last[LINE_BYTES] = "the start";
    while (from != NULL && fgets(line, sizeof(line), from) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *tab = strchr(line, '\t');
        if (tab != NULL) {
            *tab = '\0';
            snprintf(last, sizeof(last), "%s", line + 1);
            report(self, sample, line + 1, line[0] == '+', tab + 1);
        }
    }
    if (from != NULL) {
        fclose(from);
    }
    int status = 0;
    waitpid(child, &status, 0);
    tell_end(self, sample, last, status);
}

/* What its first channel can be, or 0: the library cannot be loaded, and that was told. */
static uint32_t kinds_of(checking *self) {
    error_record error = {0};
    host_adapter adapter;
    app_isolation isolation;
    app_isolation_init(&isolation, self->places);
    dragoman_status status = adapter_checker_is_here() ? host_adapter_load(self->path, &adapter, &error)
                                                       : isolate_load(&isolation.options, self->path, &adapter, &error);
    if (status != DRAGOMAN_OK) {
        report(self, NULL, "loads", false, error.text);
        return 0;
    }
    uint32_t kinds = adapter.descriptor->channels[0].kinds;
    report(self, NULL, "loads", true, "");
    host_adapter_close(&adapter);
    return kinds;
}

uint32_t adapter_check(const char *path, const app_places *places, bool isolates, const adapter_sample *samples,
                       uint32_t sample_count, adapter_tell tell, void *context) {
    static const uint32_t kinds[] = {DRAGOMAN_CHANNEL_STREAM, DRAGOMAN_CHANNEL_FILE};
    checking self = {.path = path, .places = places, .isolates = isolates, .tell = tell, .context = context};
    uint32_t can_be = kinds_of(&self);
    for (uint32_t i = 0; can_be != 0 && i < sample_count; i++) {
        if (samples[i].is_capture) {
            check_sample(&self, samples[i].path, 0);
            continue;
        }
        for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
            if ((can_be & 1u << kinds[kind]) != 0) {
                check_sample(&self, samples[i].path, kinds[kind]);
            }
        }
    }
    return self.broken;
}
