/*
 * The ceiling of any writer: copies the bytes of a file again and again, from memory to memory, on one core.
 *
 *     memcpy FILE [SECONDS]
 *
 * Prints one line of JSON: bytes copied a second. The file is copied in pieces of 64 KiB into a buffer of 1 MiB, as a
 * renderer would write it.
 */
#include "loop/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 65536, ROOM = 1048576 };

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: memcpy FILE [SECONDS]\n");
        return 2;
    }
    FILE *file = fopen(argv[1], "rb");
    long size = 0;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < PIECE) {
        fprintf(stderr, "%s: cannot be read, or is shorter than 64 KiB\n", argv[1]);
        return 1;
    }
    rewind(file);
    uint8_t *from = malloc((size_t)size);
    uint8_t *to = malloc(ROOM);
    if (from == NULL || to == NULL || fread(from, 1, (size_t)size, file) != (size_t)size) {
        return 1;
    }
    fclose(file);
    int64_t seconds = argc > 2 ? strtoll(argv[2], NULL, 10) : 2;
    int64_t start_us = clock_now().monotonic_us;
    int64_t now_us = start_us;
    uint64_t copied = 0;
    volatile uint8_t sink = 0;
    while (now_us - start_us < seconds * 1000000) {
        for (size_t at = 0, out = 0; at + PIECE <= (size_t)size; at += PIECE) {
            memcpy(to + out, from + at, PIECE);
            sink = (uint8_t)(sink + to[out]);
            out = out + 2 * PIECE <= ROOM ? out + PIECE : 0;
            copied += PIECE;
        }
        now_us = clock_now().monotonic_us;
    }
    printf("{\"bytes_per_second\": %.0f}\n", (double)copied * 1e6 / (double)(now_us - start_us));
    free(from);
    free(to);
    return 0;
}
