/*
 * A disk for SQLite that keeps a diary, so that a test can ask what a power cut at any moment would have left, and that
 * can be told to refuse.
 *
 * It is a SQLite VFS named POWER_CUT_VFS over the system's own. Every write, truncation, deletion and sync of a file is
 * noted, and every sync that fails: what was not synced then never comes to the disk, as with a kernel that takes it
 * for clean afterwards; the test adds marks of its own ("message 7 is settled"). power_cut_rebuild then makes the files
 * as they would be after a cut behind any note: what was synced is there; of what was not, nothing, or any part, in
 * sectors of 512 bytes.
 *
 * Thread-safe but for begin, rebuild and end. One diary at a time.
 */
#ifndef KIT_POWER_CUT_VFS_H
#define KIT_POWER_CUT_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POWER_CUT_VFS "power-cut"

typedef enum power_cut_kind {
    POWER_CUT_WRITE,
    POWER_CUT_TRUNCATE,
    POWER_CUT_SYNC,
    POWER_CUT_LOSS, /* a sync that failed */
    POWER_CUT_DELETE,
    POWER_CUT_MARK,
} power_cut_kind;

/* A note of the diary. */
typedef struct power_cut_note {
    power_cut_kind kind;
    int file;       /* index of its name */
    int64_t offset; /* of a write; a truncation's size; a mark's number */
    size_t size;
    uint8_t *data;
} power_cut_note;

/* Makes the VFS known to SQLite and begins an empty diary. */
void power_cut_begin(void);
/* Frees the diary; the VFS stays known and notes nothing more. */
void power_cut_end(void);
/* Notes a mark. */
void power_cut_mark(int64_t number);
/* How many notes there are. */
size_t power_cut_length(void);
/* Note `at`; borrowed until the next note. */
const power_cut_note *power_cut_at(size_t at);
/* Makes, in `folder`, the files as a power cut behind the first `cut` notes leaves them. seed 0: nothing that was not
 * synced; else a part of it that the seed chooses. */
void power_cut_rebuild(size_t cut, uint64_t seed, const char *folder);

/* From now on writes, truncations and syncs (of all files, or only of those whose names end in `ending`) fail with this
 * SQLite code; 0: the disk is well again. */
void power_cut_refuse(int code, const char *ending);
/* From now on only syncs fail with this code, after the writes before them went through; 0: no more. */
void power_cut_refuse_syncs(int code);

#endif
