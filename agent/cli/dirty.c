/* SPDX-License-Identifier: MIT */
#include "dirty.h"

#include <string.h>
#include <sys/sysmacros.h>

#define KIB 1024

/* The number after @name at the beginning of a line; -1: there is none. */
static int64_t
number_after(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0)
            return g_ascii_strtoll(line + length, NULL, 10);
    }
    return -1;
}

/* The sum, in bytes, of two numbers of kB in a file; -1: one of them is missing. */
static int64_t
sum_in_file(FrostSys *sys, const char *path, const char *first, const char *second)
{
    g_autofree char *text = NULL;

    if (sys->read_file(sys, path, &text, NULL) < 0)
        return -1;
    int64_t a = number_after(text, first), b = number_after(text, second);
    return a < 0 || b < 0 ? -1 : (a + b) * KIB;
}

/* There are no statistics of a partition, only those of its disk. */
static int64_t
by_disk(FrostSys *sys, dev_t device)
{
    g_autofree char *path =
        g_strdup_printf("/sys/kernel/debug/bdi/%u:%u/stats", major(device), minor(device));

    return sum_in_file(sys, path, "BdiReclaimable:", "BdiWriteback:");
}

static int64_t
by_ext4(FrostSys *sys, const FrostFilesystem *fs)
{
    g_autofree char *link =
        g_strdup_printf("/sys/dev/block/%u:%u", major(fs->device), minor(fs->device));
    g_autofree char *target = NULL;
    g_autofree char *text = NULL;

    if (sys->resolve(sys, link, &target) < 0)
        return -1;
    g_autofree char *name = g_path_get_basename(target);
    g_autofree char *path = g_strdup_printf("/sys/fs/ext4/%s/delayed_allocation_blocks", name);
    int64_t size = sys->block_size(sys, fs->fd);
    if (size < 0 || sys->read_file(sys, path, &text, NULL) < 0)
        return -1;
    return g_ascii_strtoll(text, NULL, 10) * size;
}

int64_t
frost_dirty_of(FrostSys *sys, const FrostFilesystem *fs)
{
    if (fs->fd < 0 || fs->device == 0 || strcmp(fs->fs_type, "btrfs") == 0)
        return -1; /* a btrfs has statistics of its own, but nothing shows their number */
    int64_t bytes = by_disk(sys, fs->device);
    if (bytes < 0 && strcmp(fs->fs_type, "ext4") == 0)
        bytes = by_ext4(sys, fs);
    return bytes;
}

int64_t
frost_dirty_total(FrostSys *sys)
{
    return sum_in_file(sys, "/proc/meminfo", "Dirty:", "Writeback:");
}
