/* SPDX-License-Identifier: MIT */
#include "disks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk-door.h"
#include "fake-sys-private.h"
#include "files.h"
#include "oracle.h"

static FakeSys *
kernel(void)
{
    return world->kernel;
}

static void
add(Disks *self, FakeFs *fs, const char *path)
{
    Disk *disk = &self->disk[self->count++];

    disk->fs = fs;
    snprintf(disk->path, sizeof disk->path, "%s", path);
    disk->unseen = -1;
}

/* On an older one, as its server needs that first. */
static void
stand_unseen(Disks *self, unsigned upper)
{
    self->stacked++;
    self->any_unseen = true;
    self->disk[upper].unseen = (int)dice_below(&world->machine, upper);
}

bool
disks_kernel_panics(void)
{
    return world->seed % 16 == 3;
}

Disks *
disks_new(void)
{
    static const char *const paths[] = {"/a", "/b", "/c", "/d"};
    static const char *const types[] = {"ext4", "xfs", "ext4", "xfs"};
    Disks *self = calloc(1, sizeof *self);
    unsigned count = 1 + dice_below(&world->machine, 4);

    for (unsigned i = 0; i < count; i++) {
        bool stands = i > 0 && dice_percent(&world->machine, 25);
        const char *type = i > 0 && dice_percent(&world->machine, 8) ? "vfat" : types[i];

        self->stacked += stands;
        add(self,
            stands ? fake_sys_add_loop_fs(kernel(), paths[i], type, self->disk[0].fs)
                   : fake_sys_add_fs(kernel(), paths[i], type),
            paths[i]);
        if (i > 0 && !stands && dice_percent(&world->machine, 15))
            stand_unseen(self, i);
    }
    fake_sys_set_keeper(kernel(), disk_keep_door, NULL);
    fake_sys_set_dirty(kernel(), world->seed % 4 == 1 ? 1ull << 30 : 0);
    if (disks_kernel_panics()) {
        fake_sys_set_file(kernel(), "/proc/sys/kernel/hung_task_panic", "1\n");
        fake_sys_set_file(kernel(), "/proc/sys/kernel/hung_task_timeout_secs", "120\n");
    }
    return self;
}

void
disks_free(Disks *self)
{
    free(self);
}

bool
disk_is_ours(const Disk *self)
{
    return self->fs->frozen && self->fs->owed;
}

bool
disk_is_on_its_way(const Disk *self)
{
    return self->fs->freezing > 0 || self->fs->thawing > 0;
}

bool
disk_is_frozen(const Disk *self)
{
    return self->fs->frozen;
}

static bool
is_uncertain(const FrostLedgerFs *fs)
{
    FrostFsState state = (FrostFsState)atomic_load(&fs->state);

    return state == FROST_FS_FREEZING || state == FROST_FS_ABANDONED || state == FROST_FS_THAWING;
}

void
disks_note_death(void)
{
    const FrostLedgerData *data = ledger_in_use();

    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        const FrostLedgerFs *fs = &data->filesystems[i];

        for (unsigned k = 0; k < world->disks->count; k++) {
            Disk *disk = &world->disks->disk[k];

            if (is_uncertain(fs) && strcmp(disk->path, fs->mount_point) == 0)
                disk->fs->uncertain = true;
        }
    }
}

static bool
is_in_state(const Disk *self, FrostFsState state)
{
    const FrostLedgerData *data = ledger_in_use();

    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        const FrostLedgerFs *fs = &data->filesystems[i];

        if (strcmp(self->path, fs->mount_point) == 0)
            return (FrostFsState)atomic_load(&fs->state) == state;
    }
    return false;
}

bool
disk_is_left_frozen(const Disk *self)
{
    return is_in_state(self, FROST_FS_FROZEN);
}

unsigned
disks_count_ours(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world->disks->count; i++)
        count += disk_is_ours(&world->disks->disk[i]);
    return count;
}

bool
disks_any_on_its_way(void)
{
    for (unsigned i = 0; i < world->disks->count; i++) {
        if (disk_is_on_its_way(&world->disks->disk[i]))
            return true;
    }
    return false;
}

bool
disks_any_uncertain(void)
{
    for (unsigned i = 0; i < world->disks->count; i++) {
        if (world->disks->disk[i].fs->uncertain)
            return true;
    }
    return false;
}

void
disk_freeze_by_other(Disk *self)
{
    if (self->is_gone || self->fs->frozen || self->fs->freezing)
        return;
    /* Thawed by another before: FITHAW cannot tell it from ours any more. Nor can the one that
     * comes after a process which was told, and could not note it. */
    if (self->fs->owed || is_in_state(self, FROST_FS_THAWING))
        world->oracle->believed = false;
    self->foreign = true;
    self->fs->frozen = true;
}

void
disk_thaw_by_other(Disk *self)
{
    if (!self->fs->frozen)
        return;
    self->fs->frozen = false;
    self->foreign = true;
    disk_let_unseen_go(self);
    oracle_note_foreign_thaw();
}

void
disk_unmount(Disk *self)
{
    if (self->is_gone || world->disks->stacked > 0)
        return;
    disk_thaw_by_other(self);
    oracle_note_foreign_thaw(); /* who finds it gone cannot know that it was thawed before */
    self->fs->owed = false;
    self->is_gone = true;
    fake_sys_umount(world->kernel, self->path);
}
