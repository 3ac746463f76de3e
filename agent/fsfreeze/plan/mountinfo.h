/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * mountinfo.h - the text of /proc/PID/mountinfo as an array of mounts; pure
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct FrostMount FrostMount;

struct FrostMount {
    unsigned id;
    unsigned parent_id;
    dev_t dev;         /* field 3, major:minor; major 0 for btrfs, overlay, tmpfs, nfs... */
    char *root;        /* the directory of the filesystem that is mounted here */
    char *mount_point; /* octal escapes resolved */
    char *fs_type;
    char *source;
    char *super_options; /* of the superblock: "ro" here is a read-only superblock (K4) */

    FrostMount *parent; /* (nullable): another mount of the same table, borrowed */
    GTree *children;    /* (nullable): by mount point; of several at one place the last one */
};

/* Returns: of FrostMount, in the order of the text. Lines that cannot be parsed are left out, and
 * counted in *@out_bad_lines. */
GPtrArray *frost_mountinfo_parse(const char *text, size_t length, unsigned *out_bad_lines);

/* True if the text shows a filesystem on block devices (or a btrfs) with a device number that is
 * not in @known, a set of guint64. Much faster than to parse the text. */
bool frost_mountinfo_shows_more(const char *text, size_t length, GHashTable *known);

bool frost_mount_superblock_is_read_only(const FrostMount *mount);

/* The value of a superblock option ("upperdir"), its octal escapes resolved; g_free() it. NULL if
 * there is no such option. */
char *frost_mount_super_option(const FrostMount *mount, const char *name);

/**
 * frost_mountinfo_leads_to: the mount on which the kernel would end if it looked up @path now
 * @path: absolute, without symbolic links, such as a mount point
 *
 * Computed from @mounts alone: nothing is opened, so it does not hang even if @path leads into a
 * network filesystem that hangs.
 *
 * Returns: (nullable): a member of @mounts; NULL if the table does not show the root
 */
const FrostMount *frost_mountinfo_leads_to(const GPtrArray *mounts, const char *path);
