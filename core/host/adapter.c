#include "host/adapter.h"

#include "base/bytes.h"
#include "host/far.h"
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The descriptor as the first minor of this major had it; anything shorter was built wrongly. */
#define DESCRIPTOR_LEAST_SIZE                                                                                          \
    (offsetof(dragoman_adapter_descriptor, next) + sizeof(((dragoman_adapter_descriptor *)0)->next))
#define ADAPTER_NAME_MAX 32

static bool name_is_good(const char *name) {
    size_t size = name == NULL ? 0 : strlen(name);
    if (size == 0 || size > ADAPTER_NAME_MAX) {
        return false;
    }
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static const char *missing_member(const dragoman_adapter_descriptor *d) {
    const struct {
        bool present;
        const char *name;
    } members[] = {
        {d->version != NULL, "version"},
        {d->summary != NULL, "summary"},
        {d->channels != NULL && d->channel_count > 0, "channels"},
        {d->setting_count == 0 || d->settings != NULL, "settings"},
        {d->charset_count == 0 || d->charsets != NULL, "charsets"},
        {d->init != NULL, "init"},
        {d->fini != NULL, "fini"},
        {d->handle != NULL, "handle"},
        {d->deadline != NULL, "deadline"},
        {d->expire != NULL, "expire"},
        {d->next != NULL, "next"},
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (!members[i].present) {
            return members[i].name;
        }
    }
    return NULL;
}

dragoman_status host_adapter_judge(const dragoman_adapter_descriptor *descriptor, const char *path,
                                   error_record *error) {
    if (descriptor->magic != DRAGOMAN_ABI_MAGIC) {
        return error_set(error, DRAGOMAN_INVALID,
                         "%s: dragoman_adapter begins with 0x%08x, not with 0x%08x: it is no adapter descriptor", path,
                         descriptor->magic, DRAGOMAN_ABI_MAGIC);
    }
    if (descriptor->abi_major != DRAGOMAN_ABI_MAJOR) {
        return error_set(error, DRAGOMAN_INVALID,
                         "%s: built for adapter ABI %u.%u, this dragoman has %u.%u: rebuild it against these headers",
                         path, descriptor->abi_major, descriptor->abi_minor, DRAGOMAN_ABI_MAJOR, DRAGOMAN_ABI_MINOR);
    }
    if (descriptor->struct_size < DESCRIPTOR_LEAST_SIZE) {
        return error_set(error, DRAGOMAN_INVALID,
                         "%s: its descriptor is %u bytes long, ABI major %u needs at least %zu: set struct_size to "
                         "sizeof(dragoman_adapter_descriptor)",
                         path, descriptor->struct_size, DRAGOMAN_ABI_MAJOR, (size_t)DESCRIPTOR_LEAST_SIZE);
    }
    if (!name_is_good(descriptor->name)) {
        return error_set(error, DRAGOMAN_INVALID, "%s: the descriptor's name must be 1 to %d of a-z, 0-9 and '-'", path,
                         ADAPTER_NAME_MAX);
    }
    if (descriptor->scope != DRAGOMAN_SCOPE_SESSION && descriptor->scope != DRAGOMAN_SCOPE_LINK) {
        return error_set(error, DRAGOMAN_INVALID, "%s: scope %u is neither SESSION (1) nor LINK (2)", path,
                         descriptor->scope);
    }
    const char *missing = missing_member(descriptor);
    if (missing != NULL) {
        return error_set(error, DRAGOMAN_INVALID, "%s: the descriptor's member `%s` is not filled", path, missing);
    }
    return DRAGOMAN_OK;
}

dragoman_status host_adapter_find(const char *path, error_record *error) {
    if (access(path, R_OK) != 0) {
        return error_set(error, DRAGOMAN_NOT_FOUND, "%s: there is no adapter file of that name that can be read", path);
    }
    return DRAGOMAN_OK;
}

dragoman_status host_adapter_load(const char *path, host_adapter *ret_adapter, error_record *error) {
    dragoman_status found = host_adapter_find(path, error);
    if (found != DRAGOMAN_OK) {
        return found;
    }
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        return error_set(error, DRAGOMAN_INVALID, "%s: cannot be loaded: %s", path, dlerror());
    }
    const dragoman_adapter_descriptor *descriptor = dlsym(library, DRAGOMAN_ADAPTER_SYMBOL);
    if (descriptor == NULL) {
        dlclose(library);
        return error_set(error, DRAGOMAN_INVALID,
                         "%s: exports no `%s`: define it with DRAGOMAN_EXPORT as the adapter's descriptor", path,
                         DRAGOMAN_ADAPTER_SYMBOL);
    }
    dragoman_status status = host_adapter_judge(descriptor, path, error);
    if (status != DRAGOMAN_OK) {
        dlclose(library);
        return status;
    }
    *ret_adapter = (host_adapter){.descriptor = descriptor, .library = library};
    snprintf(ret_adapter->path, sizeof(ret_adapter->path), "%s", path);
    return DRAGOMAN_OK;
}

static dragoman_status load_by(const host_loader *loader, const char *path, host_adapter *ret_adapter,
                               error_record *error) {
    return loader == NULL ? host_adapter_load(path, ret_adapter, error)
                          : loader->load(loader->context, path, ret_adapter, error);
}

dragoman_status host_adapter_load_named(const host_loader *loader, const char *folder, dragoman_bytes name,
                                        host_adapter *ret_adapter, error_record *error) {
    char path[512];
    char plain[ADAPTER_NAME_MAX + 1] = {0};
    if (name.size > ADAPTER_NAME_MAX) {
        return error_set(error, DRAGOMAN_NOT_FOUND, "there is no adapter \"%.*s\"", BYTES_FORMAT(name));
    }
    memcpy(plain, name.data, name.size);
    if (!name_is_good(plain)) {
        return error_set(error, DRAGOMAN_NOT_FOUND, "\"%s\" is no adapter's name: they are of a-z, 0-9 and '-'", plain);
    }
    int size = snprintf(path, sizeof(path), "%s/%s.so", folder, plain);
    if (size < 0 || (size_t)size >= sizeof(path)) {
        return error_set(error, DRAGOMAN_LIMIT, "%s: the folder's path is too long", folder);
    }
    dragoman_status status = load_by(loader, path, ret_adapter, error);
    if (status == DRAGOMAN_NOT_FOUND) {
        return error_set(error, status, "there is no adapter \"%s\" in %s: `dragoman adapters` lists those there are",
                         plain, folder);
    }
    return status;
}

uint32_t host_adapter_recognise(const host_adapter *adapter, dragoman_bytes start) {
    if (adapter->far != NULL) {
        return adapter->far->recognise(adapter->far->context, start);
    }
    return adapter->descriptor->recognise == NULL ? DRAGOMAN_UNLIKE : adapter->descriptor->recognise(start);
}

void host_adapter_check_profile(const host_adapter *adapter, const dragoman_list *profile, dragoman_mistake_teller tell,
                                void *context) {
    const dragoman_adapter_descriptor *descriptor = adapter->descriptor;
    if (adapter->far != NULL) {
        adapter->far->check_profile(adapter->far->context, profile, tell, context);
    } else if (DRAGOMAN_HAS(descriptor, check_profile) && descriptor->check_profile != NULL) {
        descriptor->check_profile(profile, tell, context);
    }
}

void host_adapter_close(host_adapter *adapter) {
    if (adapter->far != NULL) {
        adapter->far->close(adapter->far->context);
    }
    if (adapter->library != NULL) {
        dlclose(adapter->library);
    }
    *adapter = (host_adapter){0};
}

static int is_library(const struct dirent *entry) {
    size_t size = strlen(entry->d_name);
    return size > 3 && strcmp(entry->d_name + size - 3, ".so") == 0;
}

dragoman_status host_adapter_visit(const host_loader *loader, const char *folder,
                                   bool (*visit)(void *context, const char *file, const host_adapter *adapter,
                                                 const error_record *refusal),
                                   void *context, error_record *error) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_library, alphasort);
    if (count < 0) {
        return error_set(error, DRAGOMAN_NOT_FOUND, "%s: the folder of adapters cannot be read", folder);
    }
    for (int i = 0; i < count; i++) {
        char path[512];
        error_record refusal = {0};
        host_adapter adapter = {0};
        snprintf(path, sizeof(path), "%s/%.255s", folder, entries[i]->d_name);
        bool loaded = load_by(loader, path, &adapter, &refusal) == DRAGOMAN_OK;
        bool kept = visit(context, path, loaded ? &adapter : NULL, &refusal);
        if (loaded && !kept) {
            host_adapter_close(&adapter);
        }
        free(entries[i]);
    }
    free(entries);
    return DRAGOMAN_OK;
}
