/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * decision.h - what a plan does with a filesystem
 */

/* The most filesystems that a plan can freeze or sync. */
#define FROST_PLAN_FILESYSTEMS_MAX 1024

typedef enum {
    FROST_DECISION_FREEZE,      /* is to be frozen; open */
    FROST_DECISION_SYNC,        /* cannot be frozen (vfat, zfs...), is to be synced; open */
    FROST_DECISION_READ_ONLY,   /* a read-only superblock: a freeze would only pin it (K4) */
    FROST_DECISION_EXCLUDED,    /* left out by include or exclude */
    FROST_DECISION_NOT_LISTED,  /* not in the freeze-list */
    FROST_DECISION_UNTOUCHED,   /* never opened: network, fuse, overlay, tmpfs and the like */
    FROST_DECISION_UNREACHABLE, /* no mount point leads to it; see reason */
    FROST_DECISION_GONE,        /* its disk is gone, or the kernel has shut it down */
    FROST_DECISION_IN_MEMORY,   /* on zram or a ram disk */
    FROST_DECISION_ELSEWHERE,   /* the chosen mount namespace does not show it (elsewhere.h) */
} FrostDecision;

const char *frost_decision_name(FrostDecision decision);
