/* SPDX-License-Identifier: MIT */

/*
 * guest-get-cpustats, guest-get-diskstats
 */
#include <unistd.h>

#include "cpu-stats.h"
#include "disk-stats.h"
#include "families.h"

static const char *const time_names[] = {
    [FROST_CPU_USER] = "user",       [FROST_CPU_NICE] = "nice",
    [FROST_CPU_SYSTEM] = "system",   [FROST_CPU_IDLE] = "idle",
    [FROST_CPU_IOWAIT] = "iowait",   [FROST_CPU_IRQ] = "irq",
    [FROST_CPU_SOFTIRQ] = "softirq", [FROST_CPU_STEAL] = "steal",
    [FROST_CPU_GUEST] = "guest",     [FROST_CPU_GUEST_NICE] = "guestnice",
};

static const char *const column_names[] = {
    [FROST_DISK_READ_IOS] = "read-ios",
    [FROST_DISK_READ_MERGES] = "read-merges",
    [FROST_DISK_READ_SECTORS] = "read-sectors",
    [FROST_DISK_READ_TICKS] = "read-ticks",
    [FROST_DISK_WRITE_IOS] = "write-ios",
    [FROST_DISK_WRITE_MERGES] = "write-merges",
    [FROST_DISK_WRITE_SECTORS] = "write-sectors",
    [FROST_DISK_WRITE_TICKS] = "write-ticks",
    [FROST_DISK_IOS_IN_PROGRESS] = "ios-pgr",
    [FROST_DISK_TOTAL_TICKS] = "total-ticks",
    [FROST_DISK_WEIGHT_TICKS] = "weight-ticks",
    [FROST_DISK_DISCARD_IOS] = "discard-ios",
    [FROST_DISK_DISCARD_MERGES] = "discard-merges",
    [FROST_DISK_DISCARD_SECTORS] = "discard-sectors",
    [FROST_DISK_DISCARD_TICKS] = "discard-ticks",
    [FROST_DISK_FLUSH_IOS] = "flush-ios",
    [FROST_DISK_FLUSH_TICKS] = "flush-ticks",
};

/* Reads a whole file. NULL: it cannot be read, and @call was answered with an error. */
static char *
read_or_fail(QgaCall *call, const char *path)
{
    GError *error = NULL;
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, &error))
        qga_call_fail(call, error);
    return text;
}

static void
get_cpustats(QgaCall *call, void *user)
{
    if (!frost_call_takes_nothing(call))
        return;
    g_autofree char *text = read_or_fail(call, "/proc/stat");
    if (!text)
        return;

    g_autoptr(GArray) all = frost_cpu_stats_parse(text, sysconf(_SC_CLK_TCK));
    QgaValue *answer = qga_value_new_array();
    for (guint i = 0; i < all->len; i++) {
        const FrostCpuStats *stats = &g_array_index(all, FrostCpuStats, i);
        QgaValue *entry = qga_value_new_object();

        qga_value_set_string(entry, "type", "linux");
        qga_value_set_int(entry, "cpu", stats->cpu);
        for (unsigned k = 0; k < stats->count; k++)
            qga_value_set_uint(entry, time_names[k], stats->ms[k]);
        qga_value_append(answer, entry);
    }
    qga_call_return(call, answer);
}

static QgaValue *
describe_disk(const FrostDiskStats *disk)
{
    QgaValue *entry = qga_value_new_object();
    QgaValue *stats = qga_value_new_object();

    for (unsigned i = 0; i < FROST_DISK_COLUMNS; i++) {
        if (disk->known & 1u << i)
            qga_value_set_uint(stats, column_names[i], disk->value[i]);
    }
    qga_value_set_string(entry, "name", disk->name);
    qga_value_set_uint(entry, "major", disk->major);
    qga_value_set_uint(entry, "minor", disk->minor);
    qga_value_set(entry, "stats", stats);
    return entry;
}

static void
get_diskstats(QgaCall *call, void *user)
{
    if (!frost_call_takes_nothing(call))
        return;
    g_autofree char *text = read_or_fail(call, "/proc/diskstats");
    if (!text)
        return;

    g_autoptr(GPtrArray) disks = frost_disk_stats_parse(text);
    QgaValue *answer = qga_value_new_array();
    for (guint i = 0; i < disks->len; i++)
        qga_value_append(answer, describe_disk(g_ptr_array_index(disks, i)));
    qga_call_return(call, answer);
}

static const QgaCommand commands[] = {
    {"guest-get-diskstats", QGA_COMMAND_PLAIN, get_diskstats},
    {"guest-get-cpustats", QGA_COMMAND_PLAIN, get_cpustats},
};

const FrostFamily frost_stats_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
