/* Libraries that were built with the address checker (AddressSanitizer) in them. */
#include "app/adapter.h"
#include "app/input.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The name by which a library asks for the checker's own one: "libasan.so.8", "libclang_rt.asan-x86_64.so". */
static bool find_checker(dragoman_bytes file, char *to, size_t room) {
    static const char *const beginnings[] = {"libasan.so", "libclang_rt.asan"};
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        size_t size = strlen(beginnings[i]);
        const uint8_t *found = memmem(file.data, file.size, beginnings[i], size);
        size_t left = found == NULL ? 0 : file.size - (size_t)(found - file.data);
        size_t length = found == NULL ? 0 : strnlen((const char *)found, left);
        if (length > 0 && length < left && length < room) {
            memcpy(to, found, length + 1);
            return true;
        }
    }
    return false;
}

bool adapter_checker_is_here(void) {
    return dlsym(RTLD_DEFAULT, "__asan_init") != NULL;
}

void adapter_check_under_checker(const char *path, int argc, char **argv) {
    char checker[128];
    char options[64];
    error_record error = {0};
    input_bytes input;
    if (adapter_checker_is_here() || input_read(path, &input, &error) != DRAGOMAN_OK) {
        return;
    }
    bool is_found = find_checker(input.bytes, checker, sizeof(checker));
    input_free(&input);
    if (!is_found || getenv("LD_PRELOAD") != NULL) {
        return;
    }
    /* What leaks is the host's to find: an adapter's memory comes from there. */
    snprintf(options, sizeof(options), "detect_leaks=0:exitcode=%d", ADAPTER_CHECKER_EXIT);
    setenv("LD_PRELOAD", checker, 1);
    setenv("ASAN_OPTIONS", options, 1);
    char **words = calloc((size_t)argc + 2, sizeof(*words));
    if (words != NULL) {
        static char name[] = "dragoman";
        words[0] = name;
        memcpy(words + 1, argv, (size_t)argc * sizeof(*words));
        execv("/proc/self/exe", words);
    }
    free(words);
}
