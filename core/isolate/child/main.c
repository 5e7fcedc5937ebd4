/* The program of an adapter's process: lib/dragoman/adapter-host LIBRARY MEMORY NEEDS_LANDLOCK, the pipe being
 * descriptor 3. It is started by dragoman alone. */
#include "base/bytes.h"
#include "isolate/sandbox.h"
#include "isolate/serve.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int refuse(const error_record *error) {
    isolate_refuse(SANDBOX_PIPE, bytes_of(error->text));
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fputs("adapter-host: is started by dragoman, for adapters that run in a process of their own\n", stderr);
        return 2;
    }
    sandbox_options options = {
        .library = argv[1], .memory_max = strtoull(argv[2], NULL, 10), .needs_landlock = argv[3][0] == '1'};
    char held[SANDBOX_HELD_BYTES] = "";
    error_record error = {0};
    host_adapter adapter;
    if (sandbox_enter(&options, held, &error) != DRAGOMAN_OK ||
        host_adapter_load(options.library, &adapter, &error) != DRAGOMAN_OK) {
        return refuse(&error);
    }
    isolate_serving serving = {
        .descriptor = SANDBOX_PIPE, .adapter = &adapter, .held = bytes_of(held), .seal = sandbox_seal};
    dragoman_status status = isolate_serve(&serving);
    /* A destructor of the adapter's is none of our business: nothing is unloaded. */
    _exit(status == DRAGOMAN_OK ? 0 : 1);
}
