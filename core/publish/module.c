#include "publish/module.h"

#include "base/bytes.h"
#include "publish/publish.h"
#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

enum { SCHEME_BYTES = 32, PATH_BYTES = 4096 };

/* Which module serves a scheme, where its name is another one. To ask every module would load libraries that the site
 * has no use for. */
static const struct {
    const char *scheme, *module;
} names[] = {{"stdout", "file"}, {"https", "http"}, {"mqtts", "mqtt"}};

static bool read_scheme(dragoman_bytes to, char scheme[SCHEME_BYTES]) {
    size_t size = 0;
    while (size < to.size && size < SCHEME_BYTES - 1 && isalnum(to.data[size]) != 0) {
        scheme[size] = (char)tolower(to.data[size]);
        size++;
    }
    scheme[size] = '\0';
    return size > 0 && size < to.size && to.data[size] == ':';
}

static bool has_word(const char *words, const char *scheme) {
    size_t size = strlen(scheme);
    for (const char *at = words; (at = strstr(at, scheme)) != NULL; at += size) {
        if ((at == words || at[-1] == ' ') && at[size] == ':' && (at[size + 1] == ' ' || at[size + 1] == '\0')) {
            return true;
        }
    }
    return false;
}

const sink_descriptor *publish_module_find(const char *sinks_folder, dragoman_bytes to, error_record *error) {
    char scheme[SCHEME_BYTES];
    if (!read_scheme(to, scheme)) {
        error_set(
            error, DRAGOMAN_INVALID,
            "\"%.*s\" is no address: write file:PATH, stdout:, tcp://HOST:PORT, https://HOST/PATH or mqtts://HOST",
            BYTES_FORMAT(to));
        return NULL;
    }
    const char *name = scheme;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        name = strcmp(scheme, names[i].scheme) == 0 ? names[i].module : name;
    }
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s.so", sinks_folder, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        error_set(error, DRAGOMAN_INVALID, "the path of the sinks' folder is too long: %s", sinks_folder);
        return NULL;
    }
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (module == NULL) {
        if (access(path, F_OK) != 0) {
            error_set(error, DRAGOMAN_NOT_FOUND,
                      "there is no sink for %s: addresses: write file:PATH, stdout:, tcp://HOST:PORT, "
                      "https://HOST/PATH or mqtts://HOST",
                      scheme);
        } else {
            error_set(error, DRAGOMAN_NOT_FOUND, "the sink for %s: cannot be loaded: %s", scheme, dlerror());
        }
        return NULL;
    }
    const sink_descriptor *found = dlsym(module, SINK_SYMBOL);
    if (found == NULL || found->magic != SINK_MAGIC || found->major != SINK_MAJOR) {
        error_set(error, DRAGOMAN_UNSUPPORTED, "%s is no sink of version %d: install the one that came with dragoman",
                  path, SINK_MAJOR);
        found = NULL;
    } else if (!has_word(found->schemes, scheme)) {
        error_set(error, DRAGOMAN_UNSUPPORTED, "the sink %s serves %s and not %s:", found->name, found->schemes,
                  scheme);
        found = NULL;
    }
    dlclose(module);
    return found;
}

const dragoman_setting_rule *publish_sink_rules(const char *sinks_folder, dragoman_bytes to, uint32_t *ret_count,
                                                error_record *refusal) {
    const sink_descriptor *found = publish_module_find(sinks_folder, to, refusal);
    if (found == NULL) {
        return NULL;
    }
    *ret_count = found->setting_count;
    return found->settings;
}
