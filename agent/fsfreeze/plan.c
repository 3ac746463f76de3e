/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <errno.h>
#include <string.h>

#include "candidate.h"
#include "mountinfo.h"
#include "superblock.h"

GQuark
frost_plan_error_quark(void)
{
    return g_quark_from_static_string("frost-plan-error-quark");
}

static const char *const VERDICT_NAMES[] = {
    [FROST_VERDICT_FREEZE] = "freeze",           [FROST_VERDICT_SYNC] = "sync",
    [FROST_VERDICT_READ_ONLY] = "read-only",     [FROST_VERDICT_EXCLUDED] = "excluded",
    [FROST_VERDICT_NOT_LISTED] = "not-listed",   [FROST_VERDICT_UNTOUCHED] = "untouched",
    [FROST_VERDICT_UNREACHABLE] = "unreachable",
};

const char *
frost_verdict_name(FrostVerdict verdict)
{
    return VERDICT_NAMES[verdict];
}

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
        g_warning("%u lines of %s are not understood and left out", bad_lines, table);
    return mounts;
}

/* A host may name what it once knew; qemu-ga freezes the others without a word. */
static void
log_unknown(const FrostPlanFilter *filter, const GPtrArray *mounts)
{
    for (const char *const *path = filter->mount_points; path && *path; path++) {
        bool known = false;

        for (guint i = 0; i < mounts->len && !known; i++)
            known = strcmp(((const FrostMount *)mounts->pdata[i])->mount_point, *path) == 0;
        if (!known)
            g_warning("'%s' in the freeze-list is no mount point: ignored", *path);
    }
}

static GPtrArray *
other_mount_points(const FrostSuperblock *superblock, const char *mount_point)
{
    GPtrArray *others = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < superblock->mounts->len; i++) {
        const FrostMount *mount = superblock->mounts->pdata[i];

        if (strcmp(mount->mount_point, mount_point) != 0 &&
            !g_ptr_array_find_with_equal_func(others, mount->mount_point, g_str_equal, NULL))
            g_ptr_array_add(others, g_strdup(mount->mount_point));
    }
    return others;
}

/* Takes the descriptor over. */
static FrostFilesystem *
filesystem_new(FrostCandidate *candidate)
{
    FrostSuperblock *superblock = candidate->superblock;
    const FrostMount *mount =
        superblock->opened ? superblock->opened : frost_superblock_main(superblock);
    FrostFilesystem *fs = g_new0(FrostFilesystem, 1);

    fs->verdict = candidate->verdict;
    fs->level = candidate->level;
    fs->fd = superblock->fd;
    superblock->fd = -1;
    fs->mount_dev = superblock->dev;
    fs->device = frost_superblock_device(superblock);
    fs->mount_point = g_strdup(mount->mount_point);
    fs->aliases = other_mount_points(superblock, mount->mount_point);
    fs->fs_type = g_strdup(mount->fs_type);
    fs->source = g_strdup(mount->source);
    fs->below = g_array_new(FALSE, FALSE, sizeof(unsigned));
    fs->opaque = candidate->opaque;
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
    g_array_unref(fs->below);
    g_free(fs->reason);
    g_free(fs);
}

/* The places are those of the candidates in their final order. */
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
        self->freezable += candidate->verdict == FROST_VERDICT_FREEZE;
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

    g_autoptr(GPtrArray) superblocks = frost_superblocks_of(sys, mounts);
    g_autoptr(GPtrArray) candidates = frost_candidates_new(superblocks, filter, error);
    unsigned levels;
    if (!candidates || !frost_candidates_open(candidates, mounts, error) ||
        !frost_candidates_set_levels(sys, candidates, mounts, superblocks, &levels, error))
        return NULL;
    return plan_of(sys, candidates, levels);
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

/* The block device decides: an anonymous device number may have gone to another filesystem since,
 * and is only believed where there is no block device to compare. */
static bool
is_wanted(const FrostSuperblock *superblock, dev_t mount_dev, dev_t device)
{
    if (!frost_superblock_may_be_opened(superblock))
        return false;
    if (device != 0) {
        g_autoptr(GArray) devices = frost_superblock_devices(superblock);

        for (guint i = 0; i < devices->len; i++) {
            if (g_array_index(devices, dev_t, i) == device)
                return true;
        }
        if (devices->len > 0)
            return false;
    }
    return superblock->dev == mount_dev;
}

int
frost_plan_reopen(FrostSys *sys, dev_t mount_dev, dev_t device)
{
    g_autofree char *table = frost_sys_mount_table(sys);
    g_autofree char *text = NULL;
    size_t length;
    int r = sys->read_file(sys, table, &text, &length);
    if (r < 0) /* of a process that has ended nothing shows the mounts any more */
        return sys->mounts_of > 0 ? -ENOENT : r;

    unsigned bad_lines;
    g_autoptr(GPtrArray) mounts = frost_mountinfo_parse(text, length, &bad_lines);
    g_autoptr(GPtrArray) superblocks = frost_superblocks_of(sys, mounts);
    for (guint i = 0; i < superblocks->len; i++) {
        FrostSuperblock *superblock = superblocks->pdata[i];

        if (!is_wanted(superblock, mount_dev, device))
            continue;
        r = frost_superblock_open(superblock, mounts, NULL);
        if (r < 0)
            return r;
        int fd = superblock->fd;
        superblock->fd = -1;
        return fd;
    }
    return -ENOENT;
}
