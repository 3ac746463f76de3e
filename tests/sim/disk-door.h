/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-door.h - what keeps a call inside the kernel: its own time, a fault, another filesystem
 */

#include "disks.h"

/* FakeDoorKeeper: of every disk. */
int disk_keep_door(void *user, FakeFs *fs, FakeCall call);
void disks_let_go(Disk *disk, FakeCall call);
void disks_let_all_go(void);
/* What waits for this one to be thawed, though nobody can see that. */
void disk_let_unseen_go(const Disk *disk);
/* Requests that it has completed, so far. */
uint64_t disk_completed(const Disk *disk);
/* The freeze is repeated for one that had not come back: it waits for another, or hangs. */
void disks_note_repeat(void);
