/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * filesystems.h - the filesystems on the guest's block devices, for whoever asks what there is
 *
 * The same superblocks as the plan of a freeze, by the same look at the mount table: one entry
 * each, however many mounts show it, newest first. What cannot be reached by any path is listed,
 * and not mistaken for what covers it.
 *
 * The table is read without touching a filesystem, but for a btrfs. Sizes and trims touch them and
 * may hang: they are done one by one in a tour, which another one can continue behind the one that
 * hangs.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sys.h"

#define FROST_FILESYSTEMS_ERROR (frost_filesystems_error_quark())

typedef enum {
    FROST_FILESYSTEMS_ERROR_READ, /* the mount table cannot be read */
} FrostFilesystemsError;

GQuark frost_filesystems_error_quark(void);

typedef struct {
    uint64_t used;       /* bytes */
    uint64_t total;      /* used, and what users can still have */
    uint64_t privileged; /* and what only root can */
} FrostSpace;

typedef struct {
    char *name;        /* of its block device in the kernel: "vda1" */
    char *mount_point; /* the oldest that leads to it; else the oldest */
    char *path;        /* by which we reach that (frost_sys_mounted_path) */
    char *type;
    bool is_reachable; /* by its mount point */
    bool is_served;    /* by a process: opening it may hang */
    dev_t verify;      /* st_dev that a descriptor on it must have; 0: none to be had (btrfs) */
    GPtrArray *disks;  /* of FrostDiskAddress */

    /* The rest is a tour's. */
    gint is_done; /* atomic; what follows is valid, and not changed any more */
    int error;    /* why it could not be opened; errno */
    int refusal;  /* why not measured or trimmed; errno */
    FrostSpace space;
    uint64_t trimmed; /* bytes */
    uint64_t minimum; /* as the filesystem rounded it */
} FrostMounted;

/* A list of FrostMounted and how far a tour has come; counted atomically. */
typedef struct FrostTour FrostTour;

/* @root as in tree.h, for sysfs; the mount table is @sys's. */
FrostTour *frost_tour_new(FrostSys *sys, const char *root, GError **error);
FrostTour *frost_tour_ref(FrostTour *self);
void frost_tour_unref(FrostTour *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostTour, frost_tour_unref)

unsigned frost_tour_length(const FrostTour *self);
/* Borrowed. */
const FrostMounted *frost_tour_at(const FrostTour *self, unsigned index);
/* Whether what a tour found out of it is there; false as long as it hangs. */
bool frost_mounted_is_done(const FrostMounted *mounted);

/* Visits those that nobody has begun yet. */
void frost_tour_measure(FrostTour *self);
/* @minimum: bytes; smaller free ranges are left alone. */
void frost_tour_trim(FrostTour *self, uint64_t minimum);
/* Nobody begins another one; what is under way ends when the kernel lets it. */
void frost_tour_stop(FrostTour *self);
