/* SPDX-License-Identifier: MIT */
#include "candidate.h"

#include <errno.h>

#include "filter.h"
#include "ledger.h"
#include "stack.h"

/* On block devices or their like, writable, and without freeze_fs or freeze_super (K2). A type that
 * is not here is tried; if the kernel then says EOPNOTSUPP, nothing is lost. */
static const char *const NO_FREEZE[] = {
    "adfs", "affs",  "bfs",  "exfat", "hfs", "hfsplus", "hpfs", "jffs2", "minix", "msdos",
    "ntfs", "ntfs3", "omfs", "sysv",  "udf", "ufs",     "vfat", "zfs",   NULL};

static void
candidate_free(void *data)
{
    FrostCandidate *candidate = data;

    g_free(candidate->reason);
    g_ptr_array_unref(candidate->below);
    g_free(candidate);
}

static bool
is_held(FrostVerdict verdict)
{
    return verdict == FROST_VERDICT_FREEZE || verdict == FROST_VERDICT_SYNC;
}

static void
judge_freezable(FrostCandidate *self, FrostPlanMode mode)
{
    switch (mode) {
    case FROST_PLAN_FREEZE:
        self->verdict = FROST_VERDICT_FREEZE;
        break;
    case FROST_PLAN_SYNC:
        self->verdict = FROST_VERDICT_SYNC;
        self->reason = g_strdup("only synced: mode=sync");
        break;
    case FROST_PLAN_OFF:
        self->verdict = FROST_VERDICT_EXCLUDED;
        self->reason = g_strdup("left alone: mode=off");
        break;
    }
}

static void
judge(FrostCandidate *self, const FrostPlanFilter *filter)
{
    const FrostSuperblock *superblock = self->superblock;
    const FrostMount *mount = frost_superblock_main(superblock);

    if (!frost_superblock_may_be_opened(superblock)) {
        self->verdict = FROST_VERDICT_UNTOUCHED;
        self->reason = g_strdup_printf("%s is never opened", mount->fs_type);
    } else if (frost_mount_superblock_is_read_only(mount)) {
        self->verdict = FROST_VERDICT_READ_ONLY;
        self->reason = g_strdup("read-only: there is nothing to freeze");
    } else if ((self->reason = frost_filter_exclusion(filter, superblock->mounts))) {
        self->verdict = FROST_VERDICT_EXCLUDED;
    } else if (!frost_filter_lists(filter, superblock->mounts)) {
        self->verdict = FROST_VERDICT_NOT_LISTED;
        self->reason = g_strdup("not in the freeze-list");
    } else if (g_strv_contains(NO_FREEZE, mount->fs_type)) {
        self->verdict = FROST_VERDICT_SYNC;
        self->reason = g_strdup_printf("%s cannot be frozen: it is only synced", mount->fs_type);
    } else {
        judge_freezable(self, filter->mode);
    }
}

static bool
open_candidate(FrostCandidate *self, const GPtrArray *mounts, GError **error)
{
    g_autofree char *path = NULL;
    int r = frost_superblock_open(self->superblock, mounts, &path);

    if (r == 0)
        return true;
    if (r == -ENOENT) {
        self->verdict = FROST_VERDICT_UNREACHABLE;
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
        judge(candidate, filter);
        held += is_held(candidate->verdict);
    }
    if (held > FROST_LEDGER_FILESYSTEMS) {
        g_set_error(error, FROST_PLAN_ERROR, FROST_PLAN_ERROR_TOO_MANY,
                    "too many filesystems: %u, but at most %u can be frozen", held,
                    FROST_LEDGER_FILESYSTEMS);
        return NULL;
    }
    return g_steal_pointer(&candidates);
}

bool
frost_candidates_open(const GPtrArray *candidates, const GPtrArray *mounts, GError **error)
{
    for (guint i = 0; i < candidates->len; i++) {
        FrostCandidate *candidate = candidates->pdata[i];

        if (!is_held(candidate->verdict))
            frost_superblock_close(candidate->superblock);
        else if (!open_candidate(candidate, mounts, error))
            return false;
    }
    return true;
}

static bool
may_stand_on_something(const FrostSuperblock *superblock)
{
    return frost_superblock_may_be_opened(superblock) || superblock->kind == FROST_KIND_FUSEBLK;
}

/* What it stands on and is to be frozen as well. */
static void
set_below(FrostCandidate *self, const FrostGraph *graph, unsigned node, const GPtrArray *members)
{
    g_autoptr(GArray) below = frost_graph_stands_on(graph, node);

    self->opaque = frost_graph_is_opaque(graph, node);
    for (guint i = 0; i < below->len; i++)
        g_ptr_array_add(self->below, members->pdata[g_array_index(below, unsigned, i)]);
}

/* What is not to be frozen takes part too: the stack may pass through it. */
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
        if (((const FrostCandidate *)members->pdata[i])->verdict == FROST_VERDICT_FREEZE)
            frost_graph_set_counts(graph, i);
    }
    for (guint i = 0; i < members->len; i++) {
        if (((const FrostCandidate *)members->pdata[i])->verdict == FROST_VERDICT_FREEZE)
            set_below(members->pdata[i], graph, i, members);
    }

    g_autofree unsigned *levels = g_new0(unsigned, members->len);
    unsigned cycle[2];
    int count = frost_graph_levels(graph, levels, cycle);
    if (count < 0) {
        g_set_error(error, FROST_PLAN_ERROR, FROST_PLAN_ERROR_CYCLE,
                    "cannot tell which to freeze first: %s and %s stand on each other",
                    frost_superblock_main(nodes->pdata[cycle[0]])->mount_point,
                    frost_superblock_main(nodes->pdata[cycle[1]])->mount_point);
        return false;
    }
    for (guint i = 0; i < members->len; i++)
        ((FrostCandidate *)members->pdata[i])->level = levels[i];
    *out_count = (unsigned)count;
    return true;
}

/* FREEZE, SYNC, the rest; by level; newest first. */
int
frost_candidate_compare(gconstpointer a, gconstpointer b)
{
    const FrostCandidate *x = *(const FrostCandidate *const *)a,
                         *y = *(const FrostCandidate *const *)b;
    unsigned rest = FROST_VERDICT_SYNC + 1;
    unsigned x_rank = MIN(x->verdict, rest), y_rank = MIN(y->verdict, rest);

    if (x_rank != y_rank)
        return x_rank < y_rank ? -1 : 1;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}
