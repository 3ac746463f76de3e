/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <errno.h>
#include <string.h>

#include "candidate.h"
#include "disk-serial.h"
#include "elsewhere.h"
#include "filter.h"
#include "mountinfo.h"
#include "namespaces.h"
#include "superblock.h"

/* How many of the filesystems that are mounted elsewhere the log names. */
#define NAMES_LOGGED 5u

static GPtrArray *
read_mounts(FrostSys *sys, GError **error)
{
    g_autofree char *table = frost_sys_mount_table(sys);
    g_autofree char *text = NULL;
    size_t length;
    int r = sys->read_file(sys, table, &text, &length);
    if (r < 0) {
        g_set_error(error, FROST_PLAN_ERROR, FROST_PLAN_ERROR_MOUNTINFO, "failed to read '%s': %s",
                    table, g_strerror(-r));
        return NULL;
    }

    unsigned bad_lines;
    GPtrArray *mounts = frost_mountinfo_parse(text, length, &bad_lines);
    if (bad_lines > 0)
        g_warning("%u lines of %s cannot be parsed, and are left out", bad_lines, table);
    return mounts;
}

/* A host may list filesystems that are mounted no more. qemu-ga ignores those silently. */
static void
log_unknown(const FrostPlanFilter *filter, const GPtrArray *mounts)
{
    for (const char *const *path = filter->mount_points; path && *path; path++) {
        bool known = false;

        for (guint i = 0; i < mounts->len && !known; i++)
            known = strcmp(((const FrostMount *)mounts->pdata[i])->mount_point, *path) == 0;
        if (!known)
            g_warning("'%s' in the freeze-list is not a mount point: ignored", *path);
    }
}

static GPtrArray *
other_mount_points(const FrostSuperblock *superblock, const char *mount_point)
{
    GPtrArray *others = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    g_hash_table_add(seen, (char *)mount_point);
    for (guint i = 0; i < superblock->mounts->len; i++) {
        const FrostMount *mount = superblock->mounts->pdata[i];

        if (g_hash_table_add(seen, mount->mount_point))
            g_ptr_array_add(others, frost_superblock_shown_path(superblock, mount->mount_point));
    }
    return others;
}

/* Takes over the candidate's descriptor. */
static FrostFilesystem *
filesystem_new(FrostCandidate *candidate)
{
    FrostSuperblock *superblock = candidate->superblock;
    const FrostMount *mount =
        superblock->opened ? superblock->opened : frost_superblock_main(superblock);
    FrostFilesystem *fs = g_new0(FrostFilesystem, 1);

    fs->decision = candidate->decision;
    fs->level = candidate->level;
    fs->turn = candidate->decision == FROST_DECISION_FREEZE ? candidate->turn : 0;
    fs->fd = superblock->fd;
    superblock->fd = -1;
    fs->mount_dev = superblock->dev;
    fs->device = frost_superblock_device(superblock);
    fs->mount_point = frost_superblock_shown_path(superblock, mount->mount_point);
    fs->aliases = other_mount_points(superblock, mount->mount_point);
    fs->fs_type = g_strdup(mount->fs_type);
    fs->source = g_strdup(mount->source);
    fs->below = g_array_new(FALSE, FALSE, sizeof(unsigned));
    fs->disks = g_array_ref(superblock->disks);
    if (fs->decision == FROST_DECISION_FREEZE || fs->decision == FROST_DECISION_SYNC)
        fs->serials = frost_disk_serials(superblock->sys, superblock->disks);
    if (fs->decision == FROST_DECISION_FREEZE)
        fs->unseen = g_strdup(superblock->unseen);
    fs->reason = g_steal_pointer(&candidate->reason);
    return fs;
}

static void
filesystem_free(void *data)
{
    FrostFilesystem *fs = data;

    g_free(fs->mount_point);
    g_ptr_array_unref(fs->aliases);
    g_free(fs->fs_type);
    g_free(fs->source);
    g_free(fs->serials);
    g_clear_pointer(&fs->disks, g_array_unref);
    g_array_unref(fs->below);
    g_free(fs->unseen);
    g_free(fs->reason);
    g_free(fs);
}

/* The indices in below are those of @candidates, which have their final order. */
static void
set_below(const FrostPlan *self, const GPtrArray *candidates)
{
    for (unsigned i = 0; i < candidates->len; i++) {
        const FrostCandidate *lower = candidates->pdata[i];

        for (unsigned upper = 0; upper < i; upper++) {
            const FrostCandidate *candidate = candidates->pdata[upper];
            const FrostFilesystem *fs = self->filesystems->pdata[upper];

            if (g_ptr_array_find(candidate->below, lower, NULL))
                g_array_append_val(fs->below, i);
        }
    }
}

static const char *
why_elsewhere(const FrostPlanFilter *filter)
{
    return filter->all_namespaces ? "mounted in no namespace that can be reached"
                                  : "mounted in other namespaces only (namespaces=own)";
}

static void
decide_elsewhere(FrostFilesystem *fs, const FrostPlanFilter *filter, FrostMount *mount)
{
    g_autoptr(GPtrArray) mounts = g_ptr_array_new();

    g_ptr_array_add(mounts, mount);
    fs->reason = frost_filter_exclusion(filter, mounts);
    if (fs->reason) {
        fs->decision = FROST_DECISION_EXCLUDED;
    } else if (!frost_filter_lists(filter, mounts)) {
        fs->decision = FROST_DECISION_NOT_LISTED;
        fs->reason = g_strdup("not in the freeze-list");
    } else {
        fs->decision = FROST_DECISION_ELSEWHERE;
        fs->reason = g_strconcat("not frozen: ", why_elsewhere(filter), NULL);
    }
}

static FrostFilesystem *
filesystem_elsewhere(FrostMount *mount, const FrostPlanFilter *filter)
{
    FrostFilesystem *fs = g_new0(FrostFilesystem, 1);

    fs->fd = -1;
    fs->mount_dev = fs->device = mount->dev;
    fs->mount_point = g_strdup(mount->mount_point);
    fs->aliases = g_ptr_array_new_with_free_func(g_free);
    fs->fs_type = g_strdup(mount->fs_type);
    fs->source = g_strdup(mount->source);
    fs->below = g_array_new(FALSE, FALSE, sizeof(unsigned));
    decide_elsewhere(fs, filter, mount);
    return fs;
}

static void
warn_elsewhere(const GPtrArray *names, const FrostPlanFilter *filter)
{
    g_autoptr(GString) first = g_string_new(NULL);

    for (guint i = 0; i < MIN(names->len, NAMES_LOGGED); i++)
        g_string_append_printf(first, "%s%s", i > 0 ? ", " : "", (char *)names->pdata[i]);
    if (names->len > 0)
        g_warning("%u filesystem%s not frozen, being %s: %s%s", names->len,
                  names->len == 1 ? " is" : "s are", why_elsewhere(filter), first->str,
                  names->len > NAMES_LOGGED ? ", ..." : "");
}

/* Adds the filesystems that a snapshot of the disks will contain, but that are not frozen. */
static void
add_elsewhere(FrostPlan *self, const GPtrArray *superblocks, const FrostPlanFilter *filter)
{
    g_autoptr(GPtrArray) found =
        frost_elsewhere_find(self->sys, superblocks, filter->all_namespaces);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < found->len; i++) {
        FrostFilesystem *fs = filesystem_elsewhere(found->pdata[i], filter);

        g_ptr_array_add(self->filesystems, fs);
        if (fs->decision == FROST_DECISION_ELSEWHERE)
            g_ptr_array_add(names, g_strdup_printf("%s (%s)", fs->mount_point, fs->fs_type));
    }
    warn_elsewhere(names, filter);
}

static FrostPlan *
plan_of(FrostSys *sys, GPtrArray *candidates, unsigned levels)
{
    FrostPlan *self = g_new0(FrostPlan, 1);

    self->sys = sys;
    self->levels = levels;
    self->filesystems = g_ptr_array_new_with_free_func(filesystem_free);
    g_ptr_array_sort(candidates, frost_candidate_compare);
    for (guint i = 0; i < candidates->len; i++) {
        FrostCandidate *candidate = candidates->pdata[i];
        self->freezable += candidate->decision == FROST_DECISION_FREEZE;
        g_ptr_array_add(self->filesystems, filesystem_new(candidate));
    }
    set_below(self, candidates);
    return self;
}

FrostPlan *
frost_plan_new(FrostSys *sys, const FrostPlanFilter *filter, GError **error)
{
    g_autoptr(GPtrArray) mounts = read_mounts(sys, error);
    if (!mounts)
        return NULL;
    log_unknown(filter, mounts);

    g_autoptr(GPtrArray) others = NULL; /* outlives the superblocks */
    g_autoptr(GPtrArray) superblocks = frost_superblocks_of(sys, mounts);
    if (filter->all_namespaces) {
        others = frost_namespaces_other(sys, superblocks);
        frost_namespaces_add(sys, others, superblocks);
    }
    g_autoptr(GPtrArray) candidates = frost_candidates_new(superblocks, filter, error);
    unsigned levels;
    if (!candidates || !frost_candidates_open(candidates, error) ||
        !frost_candidates_set_levels(sys, candidates, mounts, superblocks, &levels, error))
        return NULL;
    FrostPlan *self = plan_of(sys, candidates, levels);
    if (filter->mode == FROST_PLAN_FREEZE)
        add_elsewhere(self, superblocks, filter);
    return self;
}

void
frost_plan_free(FrostPlan *self)
{
    for (guint i = 0; i < self->filesystems->len; i++) {
        const FrostFilesystem *fs = self->filesystems->pdata[i];
        if (fs->fd >= 0)
            self->sys->close(self->sys, fs->fd);
    }
    g_ptr_array_unref(self->filesystems);
    g_free(self);
}
