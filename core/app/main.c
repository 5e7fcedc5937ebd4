#include "base/version.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("dragoman %s\n", base_version());
        return 0;
    }
    fprintf(stderr, "usage: dragoman --version\n");
    return 2;
}
