/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * plan.h - which filesystems a freeze is about, and in which order
 *
 * One entry a superblock, however many mounts show it (K16, K25). What is to be frozen or synced
 * is opened here, verified by fstat, and held until the plan is freed: no path is looked up on a
 * frozen tree, and a filesystem unmounted lazily meanwhile can still be thawed (K14).
 *
 * Level 0 is frozen first and thawed last. A filesystem stands on filesystems of higher levels
 * only; those of one level do not stand on each other.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sys.h"

#define FROST_PLAN_ERROR (frost_plan_error_quark())

typedef enum {
    FROST_PLAN_ERROR_MOUNTINFO, /* the mount table cannot be read */
    FROST_PLAN_ERROR_OPEN,      /* a mount point that must be frozen cannot be opened */
    FROST_PLAN_ERROR_CYCLE,     /* filesystems that stand on each other */
    FROST_PLAN_ERROR_TOO_MANY,  /* more than the ledger can hold */
} FrostPlanError;

GQuark frost_plan_error_quark(void);

typedef enum {
    FROST_VERDICT_FREEZE,      /* held open; is to be frozen */
    FROST_VERDICT_SYNC,        /* held open; knows no freeze (vfat, zfs...): synced instead */
    FROST_VERDICT_READ_ONLY,   /* a read-only superblock: a freeze would only pin it (K4) */
    FROST_VERDICT_EXCLUDED,    /* by include or exclude */
    FROST_VERDICT_NOT_LISTED,  /* not named in the freeze-list */
    FROST_VERDICT_UNTOUCHED,   /* never opened: network, fuse, overlay, tmpfs and the like */
    FROST_VERDICT_UNREACHABLE, /* no mount point leads to it; see reason */
} FrostVerdict;

typedef struct {
    FrostVerdict verdict;
    unsigned level;     /* of FREEZE, else 0 */
    int fd;             /* of FREEZE and SYNC, else -1 */
    dev_t mount_dev;    /* mountinfo's major:minor; st_dev of the descriptor but for btrfs */
    dev_t device;       /* the block device it is on; 0 where there is none (zfs) */
    char *mount_point;  /* the one it was opened by, else the oldest one */
    GPtrArray *aliases; /* of char *: its other mount points */
    char *fs_type;
    char *source;
    GArray *below; /* of unsigned: of FREEZE the places in the plan of what it stands on, with
                      nothing to be frozen in between; in their order */
    bool opaque;   /* it may stand on more than can be seen, and is frozen before it */
    char *reason;  /* (nullable): why it is not to be frozen, for people */
} FrostFilesystem;

typedef struct {
    FrostSys *sys;
    GPtrArray *filesystems; /* of FrostFilesystem: FREEZE by level, newest first in each (by the
                               oldest mount of each), then SYNC, then the rest */
    unsigned freezable;     /* how many are FREEZE; they come first */
    unsigned levels;
} FrostPlan;

/* What becomes of what could be frozen. */
typedef enum {
    FROST_PLAN_FREEZE,
    FROST_PLAN_SYNC, /* only synced */
    FROST_PLAN_OFF,  /* excluded */
} FrostPlanMode;

typedef struct {
    const char *const *include;      /* (nullable): globs on mount point, type, device */
    const char *const *exclude;      /* (nullable): wins over include */
    const char *const *mount_points; /* (nullable): a freeze-list; a bind alias means its
                                        filesystem, an unknown one is logged and ignored */
    FrostPlanMode mode;
} FrostPlanFilter;

/**
 * frost_plan_new:
 * @sys: borrowed; outlives the plan
 *
 * Reads mountinfo once. What cannot be opened is judged by its errno, by one table
 * (frost_superblock_open). A path of the freeze-list that names no mount point is logged and
 * ignored; an empty freeze-list names nothing.
 */
FrostPlan *frost_plan_new(FrostSys *sys, const FrostPlanFilter *filter, GError **error);
void frost_plan_free(FrostPlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPlan, frost_plan_free)

const char *frost_verdict_name(FrostVerdict verdict);

/* For a recovery: finds by mountinfo the filesystem whose mountinfo device is @mount_dev or whose
 * block device is @device, opens and verifies it. The descriptor, or a negative errno: -ENOENT
 * when nothing shows it any more. */
int frost_plan_reopen(FrostSys *sys, dev_t mount_dev, dev_t device);
