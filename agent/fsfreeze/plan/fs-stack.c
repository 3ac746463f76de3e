/* SPDX-License-Identifier: MIT */
#include "fs-stack.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "block-topology.h"
#include "further-devices.h"

#define BDI "/sys/class/bdi"

/* The kernel allows two overlays on top of each other. */
#define OVERLAYS_MAX 4

typedef struct {
    FrostSys *sys;
    const GPtrArray *mounts;
    const GPtrArray *all;
    GPtrArray *nodes;
    FrostGraph *graph;
    unsigned node;   /* the one whose devices are being followed */
    GArray *visited; /* of dev_t: devices that were followed for it */
    bool in_memory;  /* all that was found below it so far is in memory */
} Stack;

static void
set_order_unknown(Stack *self, const char *reason, dev_t carrier)
{
    FrostSuperblock *superblock = self->nodes->pdata[self->node];

    g_autofree char *name = frost_superblock_name(superblock);

    g_info("what %s stands on cannot be seen (%s): it is frozen before all that it may stand on",
           name, reason);
    frost_graph_set_order_unknown(self->graph, self->node, carrier);
    if (!superblock->unseen)
        superblock->unseen = g_strdup(reason);
}

/* True if all files of the filesystem @dev are in the same place, so that it can be a carrier. That
 * is so for overlay, tmpfs and the subvolumes of btrfs, but not for a filesystem that a process or
 * another machine serves: it may keep each file on a different filesystem of this machine. The
 * kernel has a bdi for the number of a served filesystem, and none for the others. False if sysfs
 * does not show any bdi. */
static bool
keeps_its_files_together(FrostSys *sys, dev_t dev)
{
    g_autofree char *bdi = g_strdup_printf(BDI "/%u:%u", major(dev), minor(dev));
    g_autofree char *all = NULL, *one = NULL;

    return sys->resolve(sys, BDI, &all) == 0 && sys->resolve(sys, bdi, &one) == -ENOENT;
}

static FrostSuperblock *
superblock_of_mount(const Stack *self, const FrostMount *mount)
{
    for (guint i = 0; mount && i < self->all->len; i++) {
        FrostSuperblock *superblock = self->all->pdata[i];
        if (frost_superblock_has_mount(superblock, mount->id))
            return superblock;
    }
    return NULL;
}

static FrostSuperblock *
holder_by_dev(const Stack *self, dev_t dev)
{
    for (guint i = 0; i < self->all->len; i++) {
        FrostSuperblock *superblock = self->all->pdata[i];
        if (frost_superblock_holds(superblock, dev))
            return superblock;
    }
    return NULL;
}

/* A path that ends on a filesystem that may hang is not looked up: that it ends there is enough. */
static FrostSuperblock *
holder_by_path(const Stack *self, const FrostBacking *backing)
{
    g_autofree char *path = NULL;
    if (frost_loop_backing_path(self->sys, backing->loop, &path) < 0)
        return NULL;

    FrostSuperblock *holder =
        superblock_of_mount(self, frost_mountinfo_leads_to(self->mounts, path));
    if (!holder || holder->kind == FROST_KIND_OTHER || holder->kind == FROST_KIND_FUSEBLK)
        return NULL;

    g_autofree char *reached = frost_sys_mounted_path(self->sys, path);
    FrostStat stat;
    if (self->sys->stat_path(self->sys, reached, &stat) < 0 || stat.dev != backing->dev ||
        stat.ino != backing->ino)
        return NULL;
    return holder;
}

/* A write to a file on an overlay goes to the overlay's upper directory. */
static FrostSuperblock *
below_overlay(const Stack *self, const FrostSuperblock *overlay)
{
    g_autofree char *upper = frost_mount_super_option(frost_superblock_main(overlay), "upperdir");
    if (!upper || *upper != '/')
        return NULL;

    FrostSuperblock *holder =
        superblock_of_mount(self, frost_mountinfo_leads_to(self->mounts, upper));
    if (!holder || holder->kind == FROST_KIND_OTHER || holder->kind == FROST_KIND_FUSEBLK)
        return NULL;

    g_autofree char *reached = frost_sys_mounted_path(self->sys, upper);
    FrostStat stat;
    if (self->sys->stat_path(self->sys, reached, &stat) < 0)
        return NULL;
    if (holder->kind != FROST_KIND_BTRFS && stat.dev != holder->dev)
        return NULL;
    return holder;
}

/* (nullable): the filesystem that has the backing file. */
static FrostSuperblock *
holder_of(const Stack *self, const FrostBacking *backing)
{
    FrostSuperblock *holder = holder_by_dev(self, backing->dev);

    if (!holder && major(backing->dev) == 0)
        holder = holder_by_path(self, backing);
    for (unsigned i = 0; holder && holder->kind == FROST_KIND_OVERLAY; i++)
        holder = i < OVERLAYS_MAX ? below_overlay(self, holder) : NULL;
    return holder;
}

static void follow_device(Stack *self, dev_t device);

static void
add_holder(Stack *self, const FrostSuperblock *holder)
{
    guint lower;

    const FrostMount *mount = frost_superblock_main(holder);
    g_autofree char *reason = NULL;

    switch (holder->kind) {
    case FROST_KIND_BLOCK:
    case FROST_KIND_BTRFS:
    case FROST_KIND_ZFS:
    case FROST_KIND_FUSEBLK:
        if (g_ptr_array_find(self->nodes, holder, &lower))
            frost_graph_add(self->graph, self->node, lower);
        break;
    case FROST_KIND_MEMORY:
        break;
    case FROST_KIND_OVERLAY:
    case FROST_KIND_OTHER:
        reason = g_strdup_printf("a loop device has its file on %s (%s)", mount->mount_point,
                                 mount->fs_type);
        set_order_unknown(self, reason, 0);
        break;
    }
}

static void
follow_backing(Stack *self, const FrostBacking *backing)
{
    const FrostSuperblock *holder = holder_of(self, backing);

    if (holder) {
        add_holder(self, holder);
    } else if (major(backing->dev) != 0) {
        /* Mounted in another namespace, or unmounted lazily. We do not freeze it, but its device
         * may stand on a file again. */
        follow_device(self, backing->dev);
    } else {
        set_order_unknown(self, "a loop device has its file on no filesystem of this namespace",
                          keeps_its_files_together(self->sys, backing->dev) ? backing->dev : 0);
    }
}

static void
add_disks(const Stack *self, const GArray *devices)
{
    FrostSuperblock *superblock = self->nodes->pdata[self->node];

    g_array_append_vals(superblock->disks, devices->data, devices->len);
}

static void
follow_device(Stack *self, dev_t device)
{
    for (guint i = 0; i < self->visited->len; i++) {
        if (g_array_index(self->visited, dev_t, i) == device)
            return;
    }
    g_array_append_val(self->visited, device);

    g_autoptr(FrostFoundation) foundation = frost_foundation_of(self->sys, device);
    self->in_memory = self->in_memory && foundation->in_memory;
    add_disks(self, foundation->devices);
    if (foundation->unseen)
        set_order_unknown(self, foundation->unseen, 0);
    for (guint i = 0; i < foundation->backings->len; i++)
        follow_backing(self, &g_array_index(foundation->backings, FrostBacking, i));
}

static void
follow_node(Stack *self)
{
    FrostSuperblock *superblock = self->nodes->pdata[self->node];
    g_autoptr(GArray) devices = frost_superblock_devices(superblock);

    if (devices->len == 0)
        set_order_unknown(self, superblock->kind == FROST_KIND_ZFS ? "a pool" : "unknown devices",
                          0);
    g_autofree char *unseen = frost_further_devices(superblock, devices);
    if (unseen)
        set_order_unknown(self, unseen, 0);
    g_array_set_size(self->visited, 0);
    self->in_memory = devices->len > 0;
    for (guint i = 0; i < devices->len; i++)
        follow_device(self, g_array_index(devices, dev_t, i));
    superblock->in_memory = self->in_memory;
}

FrostGraph *
frost_stack_graph(FrostSys *sys, const GPtrArray *mounts, const GPtrArray *all, GPtrArray *nodes)
{
    g_autoptr(FrostGraph) graph = frost_graph_new(nodes->len);
    g_autoptr(GArray) visited = g_array_new(FALSE, FALSE, sizeof(dev_t));
    Stack stack = {.sys = sys,
                   .mounts = mounts,
                   .all = all,
                   .nodes = nodes,
                   .graph = graph,
                   .visited = visited};

    for (; stack.node < nodes->len; stack.node++)
        follow_node(&stack);
    return g_steal_pointer(&graph);
}
