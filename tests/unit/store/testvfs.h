/*
 * A VFS for SQLite ("test") over the usual one. It counts syncs, which do not reach the disk; it fails
 * the n-th call; and it can cut the power: from the n-th call on nothing reaches the disk, and then what was written but not synced is
 * lost in part, in pieces of 512 bytes, as a disk with a cache would lose it.
 */
#ifndef STORE_TESTVFS_H
#define STORE_TESTVFS_H

#include <stdbool.h>
#include <stdint.h>

enum testvfs_call {
    TESTVFS_WRITE = 1,
    TESTVFS_SYNC = 2,
    TESTVFS_TRUNCATE = 4,
    TESTVFS_READ = 8,
    TESTVFS_OPEN = 16,
    TESTVFS_SHARE = 32, /* mapping the shared index of the log */
};

/* Registers it, once. */
bool testvfs_install(void);

/* Everything as the usual VFS does it; counts from 0. */
void testvfs_reset(void);

/* Syncs since testvfs_reset(). */
uint64_t testvfs_syncs(void);

/* The `n`th call (from 1) of these kinds fails with SQLite's `code`; `lasting`: and all after it.
 * n 0: none does. */
void testvfs_fail(unsigned calls, uint64_t n, int code, bool lasting);
/* Whether a call has failed since. */
bool testvfs_failed(void);

/* From here on it is kept in mind what is synced. The power goes with the `n`th write, sync or
 * truncation. */
void testvfs_power(uint64_t n);
bool testvfs_is_dark(void);
/* After everything is closed: the files as they are after the cut. `seed` says what is lost. */
void testvfs_cut(uint64_t seed);

#endif
