/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mountinfo.h - the text of /proc/self/mountinfo as an array of mounts; pure
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct {
    unsigned id;
    unsigned parent_id;
    dev_t dev;              /* field 3, major:minor; major 0 for btrfs, overlay, tmpfs, nfs... */
    char *root;             /* which part of the filesystem is shown here */
    char *mount_point;      /* octal escapes resolved (protocol 4.3) */
    char *fs_type;
    char *source;
    char *super_options;    /* of the superblock: "ro" here is a read-only superblock (K4) */
} FrostMount;

/* A list of FrostMount, in the order of the text; lines that cannot be understood are counted in
 * *@out_bad_lines and left out. */
GPtrArray *frost_mountinfo_parse(const char *text, size_t length, unsigned *out_bad_lines);

bool frost_mount_superblock_is_read_only(const FrostMount *mount);
