/* SPDX-License-Identifier: MIT */
#include "namespaces.h"

#include <stdlib.h>

#include "mountinfo.h"
#include "superblock.h"

static void
namespace_free(void *data)
{
    FrostNamespace *self = data;

    if (self->door >= 0)
        self->sys->close(self->sys, self->door);
    g_free(self->name);
    g_ptr_array_unref(self->mounts);
    g_free(self);
}

/* The number of the mount namespace of a process ("4711", "self"); 0 if it cannot be read. */
static guint64
number_of(FrostSys *sys, const char *pid)
{
    g_autofree char *path = g_strconcat("/proc/", pid, "/ns/mnt", NULL);
    FrostStat stat;

    return sys->stat_path(sys, path, &stat) < 0 ? 0 : (guint64)stat.ino;
}

static guint64
number_of_meant(FrostSys *sys)
{
    g_autofree char *pid =
        sys->mounts_of > 0 ? g_strdup_printf("%d", (int)sys->mounts_of) : g_strdup("self");

    return number_of(sys, pid);
}

static guint64 *
copy_of(guint64 number)
{
    guint64 *copy = g_new(guint64, 1);

    *copy = number;
    return copy;
}

/* Adds @number to @seen. False if it is 0, or there already. */
static bool
note(GHashTable *seen, guint64 number)
{
    return number != 0 && g_hash_table_add(seen, copy_of(number));
}

/* NULL, too, if it shows no filesystem of a disk but those in @known (nullable). */
static GPtrArray *
read_table(FrostSys *sys, pid_t pid, GHashTable *known)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/mountinfo", (int)pid);
    g_autofree char *text = NULL;
    size_t length;
    unsigned bad_lines;

    if (sys->read_file(sys, path, &text, &length) < 0 ||
        (known && !frost_mountinfo_shows_more(text, length, known)))
        return NULL; /* it has ended */
    return frost_mountinfo_parse(text, length, &bad_lines);
}

static GHashTable *
devices_of(const GPtrArray *superblocks)
{
    GHashTable *devices = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

    for (guint i = 0; i < superblocks->len; i++)
        note(devices, ((const FrostSuperblock *)superblocks->pdata[i])->dev);
    return devices;
}

static int
compare_numbers(const void *a, const void *b)
{
    return atoi(*(char *const *)a) - atoi(*(char *const *)b);
}

/* The oldest process of a container has the lowest number, as a rule, and lives the longest. */
static char **
list_pids(FrostSys *sys)
{
    char **names;
    guint count = 0;

    if (sys->list_dir(sys, "/proc", &names) < 0)
        return g_new0(char *, 1);
    for (char **name = names; *name; name++) {
        if (g_ascii_isdigit(**name))
            names[count++] = *name;
        else
            g_free(*name);
    }
    names[count] = NULL;
    qsort(names, count, sizeof(*names), compare_numbers);
    return names;
}

typedef struct {
    FrostSys *sys;
    GHashTable *seen;  /* the numbers of namespaces */
    GHashTable *known; /* (nullable) */
    GPtrArray *found;  /* of FrostNamespace */
} Search;

/* Takes over @door. False if the table of @pid shows nothing more, or cannot be read. */
static bool
add_shown_by(Search *self, pid_t pid, int door, const char *name)
{
    GPtrArray *mounts = read_table(self->sys, pid, self->known);
    FrostNamespace *one;

    if (!mounts)
        return false;
    one = g_new(FrostNamespace, 1);
    *one = (FrostNamespace){
        .sys = self->sys, .pid = pid, .door = door, .name = g_strdup(name), .mounts = mounts};
    g_ptr_array_add(self->found, one);
    return true;
}

/* A namespace of the kernel's list. That of a process has been seen before. */
static void
enter_unseen(void *user, uint64_t number, int fd)
{
    Search *self = user;
    g_autofree char *name = g_strdup_printf("mnt:[%" G_GUINT64_FORMAT "]", (guint64)number);
    pid_t thread;

    if (!note(self->seen, number))
        return;
    int door = self->sys->enter_namespace(self->sys, fd, &thread);
    if (door < 0)
        g_info("cannot look into the mount namespace %s: %s", name, g_strerror(-door));
    else if (!add_shown_by(self, thread, door, name))
        self->sys->close(self->sys, door);
}

GPtrArray *
frost_namespaces_other(FrostSys *sys, const GPtrArray *superblocks)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(namespace_free);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GHashTable) known = superblocks ? devices_of(superblocks) : NULL;
    g_auto(GStrv) pids = list_pids(sys);
    Search search = {.sys = sys, .seen = seen, .known = known, .found = found};

    note(seen, number_of_meant(sys));
    for (char **pid = pids; *pid; pid++) {
        g_autofree char *name = g_strconcat("/proc/", *pid, "/root", NULL);

        if (note(seen, number_of(sys, *pid)))
            add_shown_by(&search, (pid_t)atoi(*pid), -1, name);
    }
    sys->list_namespaces(sys, enter_unseen, &search);
    return found;
}

static bool
is_on_block_devices(const FrostSuperblock *superblock)
{
    return superblock->kind == FROST_KIND_BLOCK || superblock->kind == FROST_KIND_BTRFS;
}

/* On some kernels each subvolume has a number of its own. */
static bool
is_known_btrfs(FrostSuperblock *superblock, const GPtrArray *superblocks)
{
    for (guint i = 0; i < superblocks->len; i++) {
        if (frost_superblocks_are_one_btrfs(superblocks->pdata[i], superblock))
            return true;
    }
    return false;
}

void
frost_namespaces_add(FrostSys *sys, const GPtrArray *others, GPtrArray *superblocks)
{
    g_autoptr(GHashTable) known = devices_of(superblocks);

    for (guint i = 0; i < others->len; i++) {
        const FrostNamespace *one = others->pdata[i];
        g_autoptr(GPtrArray) theirs =
            frost_superblocks_seen_by(sys, one->mounts, one->pid, one->name);
        while (theirs->len > 0) {
            FrostSuperblock *superblock = g_ptr_array_steal_index(theirs, theirs->len - 1);

            if (note(known, superblock->dev) && is_on_block_devices(superblock) &&
                !is_known_btrfs(superblock, superblocks))
                g_ptr_array_insert(superblocks, 0, superblock);
            else
                frost_superblock_free(superblock);
        }
    }
}
