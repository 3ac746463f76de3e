/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan.h - the filesystems of a freeze, what is done with each, and the freeze order
 *
 * A superblock has one entry, however many mounts it has (K16, K25). Making the plan opens each
 * filesystem that is to be frozen or synced, and verifies by fstat that it is the right one. The
 * plan keeps the descriptors until it is freed: so no path is looked up while filesystems are
 * frozen, and one that is unmounted lazily meanwhile can still be thawed (K14).
 *
 * Level 0 is frozen first and thawed last. A filesystem stands only on filesystems of higher
 * levels, never on one of its own level. If that proves wrong, they are frozen one at a time, by
 * their turns: the newest mount first, but an upper filesystem before the one that it is known to
 * stand on.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "decision.h"
#include "filter.h"
#include "plan-error.h"
#include "sys.h"

typedef struct {
    FrostDecision decision;
    unsigned level;     /* of FREEZE, else 0 */
    unsigned turn;      /* of FREEZE: its place if they are frozen one at a time; from 0 */
    int fd;             /* of FREEZE and SYNC, else -1 */
    dev_t mount_dev;    /* from mountinfo; st_dev of the descriptor is the same, except for btrfs */
    dev_t device;       /* the block device it is on; 0: none (zfs) */
    char *mount_point;  /* the one it was opened by, else the oldest; for ELSEWHERE see there */
    GPtrArray *aliases; /* of char *: its other mount points */
    char *fs_type;
    char *source;
    char *serials; /* (nullable): of FREEZE and SYNC: of the disks it is on, one a line */
    GArray *disks; /* of dev_t: its devices, and all that were found below them; NULL: of
                      ELSEWHERE */
    GArray *below; /* of unsigned, sorted; of FREEZE: the indices in the plan of the filesystems
                      that it stands on, without those that these stand on in turn */
    char *unseen;  /* (nullable): why it may stand on others as well, for people. It is then frozen
                      before all that it may stand on */
    char *reason;  /* (nullable): why it is not frozen, for people */
} FrostFilesystem;

typedef struct {
    FrostSys *sys;
    GPtrArray *filesystems; /* of FrostFilesystem: FREEZE by level, then SYNC, then the rest; within
                               each the newest first, by its oldest mount */
    unsigned freezable;     /* how many are FREEZE; they come first */
    unsigned levels;
} FrostPlan;

/**
 * frost_plan_new:
 * @sys: borrowed; has to outlive the plan
 *
 * Reads mountinfo once. Opens filesystems: not for the main loop. For a filesystem that cannot be
 * opened, the table at frost_superblock_open() decides by the errno. A path of the freeze-list that
 * is no mount point is logged and ignored; an empty freeze-list names no filesystem.
 *
 * Fails with an error of FrostPlanError.
 */
FrostPlan *frost_plan_new(FrostSys *sys, const FrostPlanFilter *filter, GError **error);
void frost_plan_free(FrostPlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPlan, frost_plan_free)
