/* SPDX-License-Identifier: MIT */
#include "stack.h"

#include <string.h>
#include <sys/sysmacros.h>

#include "topology.h"

/* The kernel allows two overlays upon each other. */
#define OVERLAYS_MAX 4

typedef struct {
    FrostSys *sys;
    const GPtrArray *mounts;
    const GPtrArray *all;
    GPtrArray *nodes;
    FrostGraph *graph;
    unsigned node;   /* the one that is being followed */
    GArray *visited; /* of dev_t: devices followed for it */
} Stack;

static void
set_opaque(Stack *self, const char *reason)
{
    const FrostSuperblock *superblock = self->nodes->pdata[self->node];

    g_info("what %s stands on cannot be seen (%s): it is frozen before what may carry it",
           frost_superblock_main(superblock)->mount_point, reason);
    frost_graph_set_opaque(self->graph, self->node);
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
        if (frost_superblock_holds(superblock, self->mounts, dev))
            return superblock;
    }
    return NULL;
}

/* A path that leads into what may hang is not looked up; it says enough by where it leads. */
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

/* What is written to a file on an overlay is written to its upper directory. */
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

/* (nullable): nobody who can be seen. */
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
        set_opaque(self, frost_superblock_main(holder)->fs_type);
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
        /* Mounted in some other namespace, or lazily unmounted: we shall not freeze it, but what
         * it is on may again be a file. */
        follow_device(self, backing->dev);
    } else {
        set_opaque(self, "the backing file of a loop device is on no filesystem of this namespace");
    }
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
    if (foundation->opaque)
        set_opaque(self, foundation->opaque);
    for (guint i = 0; i < foundation->backings->len; i++)
        follow_backing(self, &g_array_index(foundation->backings, FrostBacking, i));
}

static void
follow_node(Stack *self)
{
    const FrostSuperblock *superblock = self->nodes->pdata[self->node];
    g_autoptr(GArray) devices = frost_superblock_devices(superblock);

    if (devices->len == 0)
        set_opaque(self, superblock->kind == FROST_KIND_ZFS ? "a pool" : "unknown devices");
    g_array_set_size(self->visited, 0);
    for (guint i = 0; i < devices->len; i++)
        follow_device(self, g_array_index(devices, dev_t, i));
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
