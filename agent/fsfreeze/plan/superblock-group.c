/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "superblock.h"

bool
frost_superblocks_are_one_btrfs(FrostSuperblock *a, FrostSuperblock *b)
{
    FrostSuperblock *const both[] = {a, b};

    /* All mounts of a btrfs have one source. Others need not be opened. */
    if (a->kind != FROST_KIND_BTRFS || b->kind != FROST_KIND_BTRFS ||
        strcmp(frost_superblock_main(a)->source, frost_superblock_main(b)->source) != 0)
        return false;

    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        if (!both[i]->has_fsid && both[i]->fd < 0)
            frost_superblock_open(both[i], NULL);
    }
    return a->has_fsid && b->has_fsid && memcmp(a->fsid, b->fsid, sizeof(a->fsid)) == 0;
}

/* @list has the oldest first. The mounts of a merged superblock are not sorted again: only the
 * first matters, and it stays the oldest. */
static void
merge_btrfs(GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        FrostSuperblock *older = list->pdata[i];

        if (older->kind != FROST_KIND_BTRFS)
            continue;
        for (guint j = i + 1; j < list->len;) {
            FrostSuperblock *newer = list->pdata[j];
            if (!frost_superblocks_are_one_btrfs(older, newer)) {
                j++;
                continue;
            }
            g_ptr_array_extend(older->mounts, newer->mounts, NULL, NULL);
            g_array_append_vals(older->subvolumes, newer->subvolumes->data, newer->subvolumes->len);
            g_ptr_array_remove_index(list, j);
        }
    }
}

static void
reverse(GPtrArray *list)
{
    for (guint i = 0, j = list->len; i + 1 < j; i++) {
        void *kept = list->pdata[i];
        list->pdata[i] = list->pdata[--j];
        list->pdata[j] = kept;
    }
}

GPtrArray *
frost_superblocks_of(FrostSys *sys, const GPtrArray *mounts)
{
    return frost_superblocks_seen_by(sys, mounts, 0, NULL);
}

GPtrArray *
frost_superblocks_seen_by(FrostSys *sys, const GPtrArray *mounts, pid_t seen_by,
                          const char *seen_as)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)frost_superblock_free);
    g_autoptr(GHashTable) by_dev = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

    for (guint i = 0; i < mounts->len; i++) {
        FrostMount *mount = mounts->pdata[i];
        g_autofree gint64 *dev = g_new(gint64, 1);
        *dev = (gint64)mount->dev;
        FrostSuperblock *known = g_hash_table_lookup(by_dev, dev);

        if (known) {
            g_ptr_array_add(known->mounts, mount);
        } else {
            FrostSuperblock *superblock =
                frost_superblock_new(sys, mount, mounts, seen_by, seen_as);
            g_ptr_array_add(list, superblock);
            g_hash_table_insert(by_dev, g_steal_pointer(&dev), superblock);
        }
    }
    merge_btrfs(list);
    reverse(list);
    return list;
}
