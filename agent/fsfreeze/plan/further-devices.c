/* SPDX-License-Identifier: MIT */
#include "further-devices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "block-topology.h"

#define JBD2 "/proc/fs/jbd2"
#define CLASS_BLOCK "/sys/class/block"
#define THREAD "jbd2/"
#define COMM_MAX 15u

/* Adds the device that an option of the superblock names. */
static char *
add_of_option(const FrostSuperblock *superblock, const char *option, GArray *devices)
{
    g_autofree char *path = frost_mount_super_option(frost_superblock_main(superblock), option);
    if (!path)
        return NULL;

    dev_t device = frost_block_device_at(superblock->sys, path);
    if (!device)
        return g_strdup_printf("its %s %s cannot be found", option, path);
    g_array_append_val(devices, device);
    return NULL;
}

static char *
add_of_xfs(const FrostSuperblock *superblock, GArray *devices)
{
    g_autofree char *log = add_of_option(superblock, "logdev", devices);
    g_autofree char *realtime = add_of_option(superblock, "rtdev", devices);

    return log ? g_steal_pointer(&log) : g_steal_pointer(&realtime);
}

char *
frost_journal_of_thread(const char *comm, const char *device)
{
    g_autofree char *inside = g_strconcat(device, "-", NULL);

    if (!g_str_has_prefix(comm, THREAD))
        return NULL;
    const char *name = comm + strlen(THREAD);
    size_t length = strcspn(name, "\n");
    bool is_cut_off = strlen(THREAD) + length == COMM_MAX;

    if (length == 0 || strncmp(name, inside, strlen(inside)) == 0 ||
        (is_cut_off && strncmp(name, inside, length) == 0))
        return NULL;
    return g_strndup(name, length);
}

static bool
is_block_device(FrostSys *sys, const char *name)
{
    g_autofree char *path = g_strconcat(CLASS_BLOCK "/", name, NULL);
    g_autofree char *folder = NULL;

    return sys->resolve(sys, path, &folder) == 0;
}

/* Of char *: the devices with an external journal in use whose names begin with @beginning. */
static GPtrArray *
journals_called(FrostSys *sys, const char *beginning)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) names = NULL;

    if (sys->list_dir(sys, JBD2, &names) < 0)
        names = NULL;
    for (char **name = names; name && *name; name++) {
        if (g_str_has_prefix(*name, beginning) && is_block_device(sys, *name))
            g_ptr_array_add(found, g_strdup(*name));
    }
    return found;
}

static int
read_thread_name(FrostSys *sys, const char *task, char **out_comm)
{
    unsigned pid;

    /* 0: the thread is not in our PID namespace */
    if (sscanf(task, "%u", &pid) != 1 || pid == 0)
        return -ESRCH;
    g_autofree char *path = g_strdup_printf("/proc/%u/comm", pid);
    return sys->read_file(sys, path, out_comm, NULL);
}

/* For an ext4 whose journal is not known: NULL if no external journal is in use on this machine. */
static char *
journal_may_be_outside(FrostSys *sys)
{
    g_autoptr(GPtrArray) all = journals_called(sys, "");

    return all->len == 0 ? NULL
                         : g_strdup_printf("its journal may be on %s", (char *)all->pdata[0]);
}

static char *
add_journal(FrostSys *sys, const char *beginning, GArray *devices)
{
    g_autoptr(GPtrArray) found = journals_called(sys, beginning);

    for (guint i = 0; i < found->len; i++) {
        const char *name = found->pdata[i];
        g_autofree char *path = g_strconcat(CLASS_BLOCK "/", name, NULL);
        dev_t device;

        if (found->len > 1 && strcmp(name, beginning) != 0)
            continue;
        if (frost_block_device_called(sys, path, &device) == 0) {
            g_array_append_val(devices, device);
            return NULL;
        }
    }
    return g_strdup_printf("its journal on %s cannot be found", beginning);
}

/* For nearly every ext4 the first look-up decides: its journal is internal, as inode 8. */
static char *
add_of_ext4(const FrostSuperblock *superblock, GArray *devices)
{
    FrostSys *sys = superblock->sys;
    g_autofree char *name = frost_block_device_name(sys, superblock->dev);
    if (!name)
        return NULL; /* frost_foundation_of() reports a missing device */

    g_autofree char *inside = g_strconcat(JBD2 "/", name, "-8/info", NULL);
    g_autofree char *task_path = g_strconcat("/sys/fs/ext4/", name, "/journal_task", NULL);
    g_autofree char *task = NULL, *comm = NULL;
    FrostStat found;
    if (sys->stat_path(sys, inside, &found) == 0)
        return NULL;
    if (sys->read_file(sys, task_path, &task, NULL) < 0)
        return journal_may_be_outside(sys);
    if (g_str_has_prefix(task, "<none>"))
        return NULL;
    if (read_thread_name(sys, task, &comm) < 0)
        return journal_may_be_outside(sys);
    g_autofree char *journal = frost_journal_of_thread(comm, name);
    return journal ? add_journal(sys, journal, devices) : NULL;
}

static char *
judge_f2fs(const FrostSuperblock *superblock)
{
    FrostSys *sys = superblock->sys;
    int64_t bytes = superblock->fd >= 0 ? sys->fs_size(sys, superblock->fd) : 0;
    int64_t of_device = frost_block_device_size(sys, superblock->dev);

    if (bytes < 0 || of_device < 0)
        return g_strdup("it may be on several devices");
    return bytes > of_device ? g_strdup("it is on several devices") : NULL;
}

/* Its number is that of one of its devices. */
static char *
judge_bcachefs(const FrostSuperblock *superblock)
{
    return strchr(frost_superblock_main(superblock)->source, ':')
               ? g_strdup("it is on several devices")
               : NULL;
}

char *
frost_further_devices(const FrostSuperblock *superblock, GArray *devices)
{
    const char *type = frost_superblock_main(superblock)->fs_type;

    if (superblock->kind != FROST_KIND_BLOCK)
        return NULL;
    if (strcmp(type, "xfs") == 0)
        return add_of_xfs(superblock, devices);
    if (strcmp(type, "ext4") == 0 || strcmp(type, "ext3") == 0)
        return add_of_ext4(superblock, devices);
    if (strcmp(type, "bcachefs") == 0)
        return judge_bcachefs(superblock);
    return strcmp(type, "f2fs") == 0 ? judge_f2fs(superblock) : NULL;
}
