/* SPDX-License-Identifier: MIT */
#include "candidate.h"

#include <errno.h>
#include <string.h>

#include "block-topology.h"
#include "fs-stack.h"
#include "plan-error.h"
#include "plan-reopen.h"

/* Types with writable filesystems that the kernel cannot freeze: they have neither freeze_fs nor
 * freeze_super (K2). Any other type is tried; an EOPNOTSUPP does no harm. */
static const char *const NO_FREEZE[] = {
    "adfs", "affs",  "bfs",  "exfat", "hfs", "hfsplus", "hpfs", "jffs2", "minix", "msdos",
    "ntfs", "ntfs3", "omfs", "sysv",  "udf", "ufs",     "vfat", "zfs",   NULL};

#define DISK_HAS_GONE "its disk has gone: nothing is written to it any more"

static void
candidate_free(void *data)
{
    FrostCandidate *candidate = data;

    g_free(candidate->reason);
    g_ptr_array_unref(candidate->below);
    g_free(candidate);
}

/* (nullable): the kernel has shut the filesystem down, or its block device no longer exists. */
static char *
why_it_has_gone(const FrostSuperblock *superblock)
{
    static const char *const OPTIONS[] = {"shutdown", "emergency_ro"};
    const FrostMount *mount = frost_superblock_main(superblock);

    for (size_t i = 0; i < G_N_ELEMENTS(OPTIONS); i++) {
        g_autofree char *value = frost_mount_super_option(mount, OPTIONS[i]);
        if (value)
            return g_strdup_printf("the kernel has shut it down (%s): nothing is written to it "
                                   "any more",
                                   OPTIONS[i]);
    }
    if (superblock->kind == FROST_KIND_BLOCK &&
        frost_block_device_has_gone(superblock->sys, superblock->dev))
        return g_strdup(DISK_HAS_GONE);
    return NULL;
}

static void
warn_left_out(const FrostCandidate *self)
{
    g_autofree char *name = frost_superblock_name(self->superblock);

    g_warning("%s is not frozen: %s", name, self->reason);
}

static bool
is_held(FrostDecision decision)
{
    return decision == FROST_DECISION_FREEZE || decision == FROST_DECISION_SYNC;
}

static void
decide_by_mode(FrostCandidate *self, FrostPlanMode mode)
{
    switch (mode) {
    case FROST_PLAN_FREEZE:
        self->decision = FROST_DECISION_FREEZE;
        break;
    case FROST_PLAN_SYNC:
        self->decision = FROST_DECISION_SYNC;
        self->reason = g_strdup("only synced: mode=sync");
        break;
    case FROST_PLAN_OFF:
        self->decision = FROST_DECISION_EXCLUDED;
        self->reason = g_strdup("left alone: mode=off");
        break;
    }
}

/* A freeze-list has mount points of the chosen mount namespace only. */
static bool
is_listed(const FrostSuperblock *superblock, const FrostPlanFilter *filter)
{
    return !filter->mount_points ||
           (superblock->seen_by == 0 && frost_filter_lists(filter, superblock->mounts));
}

static void
decide(FrostCandidate *self, const FrostPlanFilter *filter)
{
    const FrostSuperblock *superblock = self->superblock;
    const FrostMount *mount = frost_superblock_main(superblock);

    if (!frost_superblock_may_be_opened(superblock)) {
        self->decision = FROST_DECISION_UNTOUCHED;
        self->reason = g_strdup_printf("%s is never opened", mount->fs_type);
    } else if (frost_mount_superblock_is_read_only(mount)) {
        self->decision = FROST_DECISION_READ_ONLY;
        self->reason = g_strdup("read-only: there is nothing to freeze");
    } else if ((self->reason = frost_filter_exclusion(filter, superblock->mounts))) {
        self->decision = FROST_DECISION_EXCLUDED;
    } else if (!is_listed(superblock, filter)) {
        self->decision = FROST_DECISION_NOT_LISTED;
        self->reason = g_strdup("not in the freeze-list");
    } else if ((self->reason = why_it_has_gone(superblock))) {
        self->decision = FROST_DECISION_GONE;
        warn_left_out(self);
    } else if (strcmp(mount->fs_type, "jfs") == 0) {
        self->decision = FROST_DECISION_SYNC;
        self->reason = g_strdup("a frozen jfs is not consistent on its disk: it is only synced");
    } else if (g_strv_contains(NO_FREEZE, mount->fs_type)) {
        self->decision = FROST_DECISION_SYNC;
        self->reason = g_strdup_printf("%s cannot be frozen: it is only synced", mount->fs_type);
    } else {
        decide_by_mode(self, filter->mode);
    }
}

/* By any other process: the one that showed it may have ended since, or its way may be blocked. */
static bool
open_again(FrostSuperblock *superblock)
{
    int fd =
        frost_plan_reopen(superblock->sys, superblock->dev, frost_superblock_device(superblock));

    superblock->fd = fd < 0 ? -1 : fd;
    return fd >= 0;
}

static bool
open_candidate(FrostCandidate *self, GError **error)
{
    g_autofree char *path = NULL;
    int r = frost_superblock_open(self->superblock, &path);

    if (r == 0)
        return true;
    if (self->superblock->seen_by > 0 && open_again(self->superblock))
        return true;
    if (self->superblock->seen_by > 0) {
        /* Its namespace may be gone by now. That must not fail the freeze of all the others. */
        self->decision = FROST_DECISION_ELSEWHERE;
        g_free(self->reason);
        self->reason =
            g_strdup_printf("in another namespace, and out of reach: %s", g_strerror(-r));
        warn_left_out(self);
        return true;
    }
    if (r == -ENOENT) {
        self->decision = FROST_DECISION_UNREACHABLE;
        g_free(self->reason);
        self->reason = g_strdup("hidden: no mount point leads to it");
        g_warning("%s is not frozen: it is hidden, no mount point leads to it", path);
        return true;
    }
    g_set_error(error, FROST_PLAN_ERROR, FROST_PLAN_ERROR_OPEN, "failed to open %s: %s", path,
                g_strerror(-r));
    return false;
}

GPtrArray *
frost_candidates_new(const GPtrArray *superblocks, const FrostPlanFilter *filter, GError **error)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func(candidate_free);
    unsigned held = 0;

    for (guint i = 0; i < superblocks->len; i++) {
        FrostCandidate *candidate = g_new0(FrostCandidate, 1);

        candidate->superblock = superblocks->pdata[i];
        candidate->position = i;
        candidate->below = g_ptr_array_new();
        g_ptr_array_add(candidates, candidate);
        decide(candidate, filter);
        held += is_held(candidate->decision);
    }
    if (held > FROST_PLAN_FILESYSTEMS_MAX) {
        g_set_error(error, FROST_PLAN_ERROR, FROST_PLAN_ERROR_TOO_MANY,
                    "too many filesystems: %u, but at most %u can be frozen", held,
                    FROST_PLAN_FILESYSTEMS_MAX);
        return NULL;
    }
    return g_steal_pointer(&candidates);
}

bool
frost_candidates_open(const GPtrArray *candidates, GError **error)
{
    for (guint i = 0; i < candidates->len; i++) {
        FrostCandidate *candidate = candidates->pdata[i];

        if (!is_held(candidate->decision))
            frost_superblock_close(candidate->superblock);
        else if (!open_candidate(candidate, error))
            return false;
    }
    return true;
}

static bool
may_stand_on_something(const FrostSuperblock *superblock)
{
    return frost_superblock_may_be_opened(superblock) || superblock->kind == FROST_KIND_FUSEBLK;
}

/* Only those are listed that are themselves to be frozen. */
static void
set_below(FrostCandidate *self, const FrostGraph *graph, unsigned node, const GPtrArray *members)
{
    g_autoptr(GArray) below = frost_graph_stands_on(graph, node);

    for (guint i = 0; i < below->len; i++)
        g_ptr_array_add(self->below, members->pdata[g_array_index(below, unsigned, i)]);
}

static void
leave_out(FrostCandidate *self, FrostDecision decision, const char *reason)
{
    self->decision = decision;
    g_free(self->reason);
    self->reason = g_strdup(reason);
    frost_superblock_close(self->superblock);
}

/* Decisions that need the devices: fs-stack.h finds those, and a btrfs has to be open for it. */
static void
decide_by_devices(FrostCandidate *self)
{
    const FrostSuperblock *superblock = self->superblock;

    if (!is_held(self->decision))
        return;
    if (superblock->in_memory) {
        leave_out(self, FROST_DECISION_IN_MEMORY, "in memory only: no snapshot of a disk has it");
    } else if (superblock->has_fsid && frost_btrfs_has_gone(superblock->sys, superblock->fsid)) {
        leave_out(self, FROST_DECISION_GONE, DISK_HAS_GONE);
        warn_left_out(self);
    }
}

static void
set_turns(const GPtrArray *members, const FrostGraph *graph)
{
    g_autoptr(GArray) line = frost_graph_line_up(graph);

    for (guint turn = 0; turn < line->len; turn++)
        ((FrostCandidate *)members->pdata[g_array_index(line, unsigned, turn)])->turn = turn;
}

/* The graph also has those that are not to be frozen, as a stack may pass through them. */
bool
frost_candidates_set_levels(FrostSys *sys, const GPtrArray *candidates, const GPtrArray *mounts,
                            const GPtrArray *superblocks, unsigned *out_count, GError **error)
{
    g_autoptr(GPtrArray) members = g_ptr_array_new();
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    for (guint i = 0; i < candidates->len; i++) {
        FrostCandidate *candidate = candidates->pdata[i];
        if (may_stand_on_something(candidate->superblock)) {
            g_ptr_array_add(members, candidate);
            g_ptr_array_add(nodes, candidate->superblock);
        }
    }

    g_autoptr(FrostGraph) graph = frost_stack_graph(sys, mounts, superblocks, nodes);
    for (guint i = 0; i < members->len; i++) {
        FrostCandidate *candidate = members->pdata[i];

        decide_by_devices(candidate);
        if (candidate->decision == FROST_DECISION_FREEZE)
            frost_graph_set_counts(graph, i);
    }
    for (guint i = 0; i < members->len; i++) {
        if (((const FrostCandidate *)members->pdata[i])->decision == FROST_DECISION_FREEZE)
            set_below(members->pdata[i], graph, i, members);
    }

    g_autofree unsigned *levels = g_new0(unsigned, members->len);
    unsigned cycle[2];
    int count = frost_graph_levels(graph, levels, cycle);
    if (count < 0) {
        g_autofree char *one = frost_superblock_name(nodes->pdata[cycle[0]]);
        g_autofree char *other = frost_superblock_name(nodes->pdata[cycle[1]]);

        g_set_error(error, FROST_PLAN_ERROR, FROST_PLAN_ERROR_CYCLE,
                    "cannot tell which to freeze first: %s and %s stand on each other", one, other);
        return false;
    }
    for (guint i = 0; i < members->len; i++)
        ((FrostCandidate *)members->pdata[i])->level = levels[i];
    set_turns(members, graph);
    *out_count = (unsigned)count;
    return true;
}

/* FREEZE, SYNC, the rest; by level; newest first. */
int
frost_candidate_compare(gconstpointer a, gconstpointer b)
{
    const FrostCandidate *x = *(const FrostCandidate *const *)a,
                         *y = *(const FrostCandidate *const *)b;
    unsigned rest = FROST_DECISION_SYNC + 1;
    unsigned x_rank = MIN(x->decision, rest), y_rank = MIN(y->decision, rest);

    if (x_rank != y_rank)
        return x_rank < y_rank ? -1 : 1;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}
