#include "app/input.h"

#include "base/buffer.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1 << 16)

static dragoman_status read_stream(int descriptor, const char *path, input_bytes *ret_input, error_record *error) {
    buffer all;
    buffer_init(&all);
    for (;;) {
        uint8_t *to = buffer_reserve(&all, READ_BYTES);
        if (to == NULL) {
            buffer_fini(&all);
            return error_set(error, DRAGOMAN_NO_MEMORY, "%s: too large for this machine's memory", path);
        }
        ssize_t size = read(descriptor, to, READ_BYTES);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            buffer_fini(&all);
            return error_set(error, DRAGOMAN_IO, "%s: cannot be read: %s", path, strerror(errno));
        }
        if (size == 0) {
            break;
        }
        all.size += (size_t)size;
    }
    *ret_input = (input_bytes){.bytes = buffer_bytes(&all)};
    return DRAGOMAN_OK;
}

dragoman_status input_read(const char *path, input_bytes *ret_input, error_record *error) {
    if (strcmp(path, "-") == 0) {
        return read_stream(STDIN_FILENO, "standard input", ret_input, error);
    }
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return error_set(error, DRAGOMAN_NOT_FOUND, "%s: cannot be opened: %s", path, strerror(errno));
    }
    struct stat about;
    dragoman_status status = DRAGOMAN_OK;
    if (fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0) {
        void *mapped = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (mapped == MAP_FAILED) {
            status = error_set(error, DRAGOMAN_IO, "%s: cannot be read: %s", path, strerror(errno));
        } else {
            madvise(mapped, (size_t)about.st_size, MADV_SEQUENTIAL);
            *ret_input = (input_bytes){.bytes = {mapped, (size_t)about.st_size}, .is_mapped = true};
        }
    } else {
        status = read_stream(descriptor, path, ret_input, error);
    }
    close(descriptor);
    return status;
}

void input_free(input_bytes *input) {
    void *memory = (void *)(uintptr_t)input->bytes.data;
    if (input->is_mapped) {
        munmap(memory, input->bytes.size);
    } else {
        free(memory);
    }
    *input = (input_bytes){0};
}
