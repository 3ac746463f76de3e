/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * filesystems.h - the filesystems on the guest's block devices
 *
 * These are the superblocks that a freeze would plan with, read from the mount table in the same
 * way: one entry for each, however many mounts it has, the newest first. A filesystem that is
 * covered by another one is listed, too, and is not mistaken for the other one.
 *
 * Reading the table opens no filesystem, except a btrfs. fs-walk.h reads sizes and trims.
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
    uint64_t total;      /* used, and free for users */
    uint64_t privileged; /* total, and free for root only */
} FrostSpace;

typedef struct {
    char *name;        /* the kernel's name of its block device: "vda1" */
    char *mount_point; /* the oldest one that leads to it; if none does, the oldest one */
    char *path;        /* the path by which the agent reaches it (frost_sys_mounted_path) */
    char *type;
    bool is_reachable; /* its mount point leads to it */
    bool is_served;    /* by a process, so opening it may hang */
    dev_t verify;      /* the st_dev that its files must have; 0: btrfs, which has several */
    GPtrArray *disks;  /* of FrostDiskAddress */

    /* Written by a walk (fs-walk.h). */
    gint is_done; /* atomic; once it is set, the members below are valid and final */
    int error;    /* errno: why it could not be opened */
    int refusal;  /* errno: why it was not measured or trimmed */
    FrostSpace space;
    uint64_t trimmed; /* bytes */
    uint64_t minimum; /* as the filesystem rounded it */
} FrostMounted;

/* Returns: of FrostMounted; NULL with @error. @sys: its mount table is read. @root: for sysfs, as
 * in sysfs-text.h. */
GPtrArray *frost_filesystems_read(FrostSys *sys, const char *root, GError **error);
