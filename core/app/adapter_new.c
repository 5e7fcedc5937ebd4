#include "app/adapter.h"
#include "app/input.h"
#include "app/places.h"
#include "base/buffer.h"
#include "base/bytes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* The word that stands for the adapter's name in the skeleton, as it is, as a name, and in capitals. */
static const char word[] = "skeleton";

static const char *const files[] = {"skeleton.c", "Makefile", "README.md", "sample.txt"};

static bool is_good(const char *name) {
    size_t size = strlen(name);
    bool is_word = size > 0 && size <= ADAPTER_NAME_BYTES_MAX && islower((unsigned char)name[0]);
    for (size_t i = 0; i < size; i++) {
        is_word = is_word && (islower((unsigned char)name[i]) || isdigit((unsigned char)name[i]));
    }
    return is_word;
}

/* Puts the name where the word stands, in the word's own case. */
static void rename_in(dragoman_bytes text, const char *name, buffer *to) {
    size_t size = sizeof(word) - 1;
    for (size_t at = 0; at < text.size;) {
        bool is_here = at + size <= text.size && strncasecmp((const char *)text.data + at, word, size) == 0;
        if (!is_here) {
            buffer_append_byte(to, text.data[at++]);
            continue;
        }
        bool is_first = isupper(text.data[at]) != 0;
        bool is_all = is_first && isupper(text.data[at + 1]) != 0;
        for (size_t i = 0; name[i] != '\0'; i++) {
            bool is_upper = is_all || (is_first && i == 0);
            buffer_append_byte(to, (uint8_t)(is_upper ? toupper((unsigned char)name[i]) : name[i]));
        }
        at += size;
    }
}

static bool write_file(const char *folder, const char *file, const char *name, dragoman_bytes text) {
    char path[APP_PATH_BYTES];
    bool is_source = strcmp(file, "skeleton.c") == 0;
    snprintf(path, sizeof(path), "%s/%s%s", folder, is_source ? name : file, is_source ? ".c" : "");
    FILE *to = fopen(path, "wxe");
    bool is_written = to != NULL && text.data != NULL && fwrite(text.data, 1, text.size, to) == text.size;
    is_written = (to == NULL || fclose(to) == 0) && is_written;
    if (!is_written) {
        fprintf(stderr, "dragoman adapter new: %s cannot be written: %s\n", path, strerror(errno));
    }
    return is_written;
}

static bool copy_file(const char *from, const char *file, const char *name) {
    char path[APP_PATH_BYTES + 64];
    error_record error = {0};
    input_bytes input;
    snprintf(path, sizeof(path), "%s/%s", from, file);
    if (input_read(path, &input, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman adapter new: %s\n", error.text);
        return false;
    }
    buffer text;
    buffer_init(&text);
    rename_in(input.bytes, name, &text);
    bool is_written = !text.failed && write_file(name, file, name, buffer_bytes(&text));
    buffer_fini(&text);
    input_free(&input);
    return is_written;
}

int adapter_new(const char *name) {
    error_record error = {0};
    app_places places;
    if (!is_good(name)) {
        fprintf(stderr,
                "dragoman adapter new: \"%s\" is no name for an adapter: lower case letters and digits, at most %d, a "
                "letter first\n",
                name, ADAPTER_NAME_BYTES_MAX);
        return APP_EXIT_USAGE;
    }
    if (app_places_find(&places, &error) != DRAGOMAN_OK) {
        fprintf(stderr, "dragoman adapter new: %s\n", error.text);
        return APP_EXIT_FAILED;
    }
    if (mkdir(name, 0777) != 0) {
        fprintf(stderr, "dragoman adapter new: the folder %s cannot be made: %s\n", name, strerror(errno));
        return APP_EXIT_FAILED;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (!copy_file(places.skeleton, files[i], name)) {
            return APP_EXIT_FAILED;
        }
    }
    printf("%s/ holds an adapter that builds and passes:\n  cd %s && make check\nthen see %s/README.md\n", name, name,
           name);
    return APP_EXIT_OK;
}
