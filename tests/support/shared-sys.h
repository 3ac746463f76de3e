/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * shared-sys.h - a kernel of eight filesystems that several processes share
 *
 * For what needs the freezer as a process. The filesystems are "/0" to "/7"; their descriptors are
 * numbers that mean the same in every process. The test that made it looks at it while others
 * freeze.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "sys.h"

#define SHARED_FILESYSTEMS 8

typedef struct {
    _Atomic uint32_t frozen;
    _Atomic uint32_t syncs;
    _Atomic uint32_t freezes; /* that succeeded */
    _Atomic uint32_t thaws;   /* that succeeded */
    _Atomic uint32_t thaw_calls;
    _Atomic int32_t sync_error; /* errno of each call for this filesystem; 0: it succeeds */
    _Atomic int32_t freeze_error;
    _Atomic uint32_t hold_freeze; /* a FIFREEZE waits inside until it is released */
    _Atomic uint32_t bad_thaws;   /* so many of the next calls of FITHAW fail with EIO */
    _Atomic uint32_t stands;      /* on the filesystem `lower`: FITHAW waits for that one's */
    _Atomic uint32_t lower;
} SharedFs;

typedef struct {
    SharedFs fs[SHARED_FILESYSTEMS];
    _Atomic int32_t pid; /* who joined last */
    char gate[256];      /* of the FIFREEZE that is held: a FIFO */
} SharedSys;

/* Makes this kernel in @dir, where processes that are started later find it. */
SharedSys *shared_sys_new(const char *dir);
void shared_sys_free(SharedSys *self);
/* For a process that the maker has started: its FrostSys for this kernel. */
FrostSys shared_sys_join(void);
/* For the process that has made it. */
FrostSys shared_sys_get(void);

/* Waits until a held FIFREEZE is inside, and lets it return. */
void shared_sys_release(SharedSys *self);
/* Waits until a held FIFREEZE is inside. Returns a descriptor; closing it lets the FIFREEZE return.
 */
int shared_sys_wait_held(SharedSys *self);
unsigned shared_sys_frozen(const SharedSys *self);
