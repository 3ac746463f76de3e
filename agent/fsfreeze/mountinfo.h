/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mountinfo.h - the text of /proc/PID/mountinfo as an array of mounts; pure
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct {
    unsigned id;
    unsigned parent_id;
    dev_t dev;         /* field 3, major:minor; major 0 for btrfs, overlay, tmpfs, nfs... */
    char *root;        /* which part of the filesystem is shown here */
    char *mount_point; /* octal escapes resolved (protocol 4.3) */
    char *fs_type;
    char *source;
    char *super_options; /* of the superblock: "ro" here is a read-only superblock (K4) */
} FrostMount;

/* A list of FrostMount, in the order of the text; lines that cannot be understood are counted in
 * *@out_bad_lines and left out. */
GPtrArray *frost_mountinfo_parse(const char *text, size_t length, unsigned *out_bad_lines);

bool frost_mount_superblock_is_read_only(const FrostMount *mount);

/* The value of a superblock option ("upperdir"), its octal escapes resolved; g_free() it. NULL
 * where there is no such option. */
char *frost_mount_super_option(const FrostMount *mount, const char *name);

/**
 * frost_mountinfo_leads_to: which mount a path ends on, were it looked up now
 * @path: absolute, without symbolic links: such as a mount point
 *
 * The kernel's walk over the tree of mounts, done on paper: nothing is opened, so it can be asked
 * about a path that leads into a network filesystem that hangs.
 *
 * Returns: (nullable): a member of @mounts; NULL where the table does not show the root
 */
const FrostMount *frost_mountinfo_leads_to(const GPtrArray *mounts, const char *path);
