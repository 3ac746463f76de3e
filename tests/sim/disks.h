/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disks.h - the filesystems of the simulated machine
 *
 * Stands on the fake kernel (support/fake-sys.h), which knows what a freeze means. How long a call
 * is inside, and what it answers, is decided in disk-door.h.
 */

#include "fake-sys.h"
#include "world.h"

typedef struct {
    FakeFs *fs;
    char path[8];
    bool stuck[FAKE_CALLS];     /* calls that come now stay inside until they are let go */
    unsigned fails[FAKE_CALLS]; /* so many of the next ones fail, */
    int error[FAKE_CALLS];      /* with this */
    unsigned stuck_inside;      /* calls that do so */
    int64_t stuck_until_us;     /* when the last of them came back; 0: none has */
    int unseen;                 /* the disk that it stands on, though nobody can see it; -1: none */
    unsigned unseen_inside;     /* calls that wait until that one is not frozen */
    unsigned busy;              /* other calls, which are only slow */
    uint64_t completed;         /* requests: */
    int64_t busy_since_us;      /* one more each SLOW_US from here on */
    bool is_gone;
    bool foreign; /* another program holds it, or has had its hands on it */
} Disk;

struct Disks {
    unsigned count;
    unsigned stacked; /* pairs of which one stands on the other, also unseen */
    bool any_unseen;
    Disk disk[DISKS_MAX];
};

/* What is left of the kernel's patience with hung tasks, where it panics over them. */
#define DISKS_WINDOW_S 96u
bool disks_kernel_panics(void);

Disks *disks_new(void);
void disks_free(Disks *self);

/* Frozen by a call of ours that no thaw of ours has undone. */
bool disk_is_ours(const Disk *self);
/* A call of ours is inside FIFREEZE or FITHAW: it may become frozen, or still be. */
bool disk_is_on_its_way(const Disk *self);
/* The ledger calls it frozen, and nobody is at work on it. */
bool disk_is_left_frozen(const Disk *self);
bool disk_is_frozen(const Disk *self);
/* Who froze is dead: what its ledger did not know yet, nobody knows. */
void disks_note_death(void);
unsigned disks_count_ours(void);
bool disks_any_on_its_way(void);
/* Who was at it has died, and nobody has asked the kernel since. */
bool disks_any_uncertain(void);
void disk_freeze_by_other(Disk *self);
void disk_thaw_by_other(Disk *self);
/* Thaws it first. */
void disk_unmount(Disk *self);
