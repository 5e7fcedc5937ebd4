/*
 * SQLite's way to the operating system, with one thing added: before it changes the memory that all connections share
 * (the file `-shm` beside the database), it is made sure that this file may be written.
 *
 * That memory is a mapping of the file. When the file was made immutable, or lies on a file system that lets nothing be
 * changed any more, a write to the memory does not fail as a call does: the kernel ends the whole process with SIGBUS.
 * Asked before, it is an ordinary error: commits are refused with a reason, and readers go on reading. Between the
 * question and the write lie microseconds.
 */
#ifndef STORE_VFS_H
#define STORE_VFS_H

/* The name to open a database with, for sqlite3_open_v2; registers it first. NULL, which means SQLite's own, when that
 * fails for want of memory. Any thread. */
const char *store_vfs_name(void);

#endif
