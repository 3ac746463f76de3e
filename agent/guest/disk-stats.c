/* SPDX-License-Identifier: MIT */
#include "disk-stats.h"

#include <stdbool.h>
#include <string.h>

#include "numbers.h"

/* Before Linux 2.6.25 a partition had only these. */
static const FrostDiskColumn of_old_partition[] = {FROST_DISK_READ_IOS, FROST_DISK_READ_SECTORS,
                                                   FROST_DISK_WRITE_IOS, FROST_DISK_WRITE_SECTORS};

static void
disk_stats_free(gpointer stats)
{
    FrostDiskStats *self = stats;

    g_free(self->name);
    g_free(self);
}

static void
set(FrostDiskStats *self, FrostDiskColumn column, uint64_t value)
{
    self->known |= 1u << column;
    self->value[column] = value;
}

/* Newer kernels have four more columns for discards, and two for flushes. A group that is not
 * complete is ignored. */
static size_t
whole_groups(size_t count)
{
    if (count >= FROST_DISK_COLUMNS)
        return FROST_DISK_COLUMNS;
    if (count >= FROST_DISK_FLUSH_IOS)
        return FROST_DISK_FLUSH_IOS;
    return count >= FROST_DISK_DISCARD_IOS ? FROST_DISK_DISCARD_IOS : 0;
}

static bool
take_columns(FrostDiskStats *self, const uint64_t *values, size_t count)
{
    if (count == G_N_ELEMENTS(of_old_partition)) {
        for (size_t i = 0; i < count; i++)
            set(self, of_old_partition[i], values[i]);
        return true;
    }
    count = whole_groups(count);
    for (size_t i = 0; i < count; i++)
        set(self, (FrostDiskColumn)i, values[i]);
    return count > 0;
}

static FrostDiskStats *
parse_line(const char *line)
{
    uint64_t device[2];
    uint64_t values[FROST_DISK_COLUMNS];

    if (frost_numbers(&line, device, 2) != 2)
        return NULL;
    line += strspn(line, " \t");

    size_t length = strcspn(line, " \t");
    const char *rest = line + length;
    size_t count = frost_numbers(&rest, values, G_N_ELEMENTS(values));
    FrostDiskStats *self = g_new0(FrostDiskStats, 1);

    self->name = g_strndup(line, length);
    self->major = device[0];
    self->minor = device[1];
    if (length > 0 && take_columns(self, values, count))
        return self;
    disk_stats_free(self);
    return NULL;
}

GPtrArray *
frost_disk_stats_parse(const char *text)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(disk_stats_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; lines[i]; i++) {
        FrostDiskStats *stats = parse_line(lines[i]);

        if (stats)
            g_ptr_array_add(all, stats);
    }
    return all;
}
