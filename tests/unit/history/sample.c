/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <sys/sysmacros.h>

static void
add_filesystems(FrostRecord *record)
{
    FrostRecordFs *fs = frost_record_add_fs(record);

    fs->mount_point = g_strdup("/srv/\"data\" \303\244");
    fs->fs_type = g_strdup("xfs");
    fs->source = g_strdup("/dev/vdb1");
    fs->device = makedev(254, 17);
    fs->serials = g_strsplit("disk1 disk2", " ", -1);
    fs->level = 1;
    fs->outcome = FROST_OUTCOME_FROZEN;
    fs->sync_us = 1500;
    fs->freeze_begun_us = 5001;
    fs->frozen_us = 5901;
    fs->thaw_begun_us = 9000;
    fs->thawed_us = 9250;

    fs = frost_record_add_fs(record);
    fs->mount_point = g_strdup("/mnt");
    fs->outcome = FROST_OUTCOME_UNREACHABLE;
    fs->left_out_as = g_strdup("unreachable");
    fs->reason = g_strdup("covered by another mount");
}

static void
add_hooks(FrostRecord *record)
{
    FrostRecordHook *hook = frost_record_add_hook(record);

    hook->name = g_strdup("/etc/qemu/fsfreeze-hook");
    hook->phase = g_strdup("freeze");
    hook->result = g_strdup("exit 0");
    hook->begun_us = 2000;
    hook->ended_us = 4000;

    hook = frost_record_add_hook(record);
    hook->name = g_strdup("/etc/qemu/fsfreeze-hook");
    hook->phase = g_strdup("thaw");
    hook->result = g_strdup("signal 9");
    hook->failed = true;
    hook->required = true;
    hook->begun_us = 9600;
    hook->ended_us = 9900;
}

FrostRecord *
sample_record(void)
{
    FrostRecord *record = frost_record_new();

    record->id = g_strdup("backup-7");
    record->clock.source = g_strdup("kvm-clock");
    record->clock.synchronized = 1;
    record->clock.max_error_us = 250;
    record->clock.shift_us = -3;
    record->began_real_us = 1795342272000001; /* 2026-11-22T10:11:12.000001Z */
    record->planned_us = 100;
    record->synced_us = 1900;
    record->hooks_up_us = 4100;
    record->resynced_us = 5000;
    record->freeze_begun_us = 5001;
    record->frozen_us = 5950;
    record->thaw_begun_us = 8999;
    record->thawed_us = 9500;
    record->hooks_down_us = 9950;
    record->ended_us = 10000;
    record->count = 1;
    record->end = FROST_END_DEADLINE;
    record->error = g_strdup("fsfreeze is limited to 10 seconds");
    record->mounts_of = 4711;
    record->mounts_changed = true;
    record->write_out = (FrostRecordWriteOut){300000000, 1500, 1700, 2, FROST_WRITE_OUT_OUTRUN};
    record->repeated_us = 5500;
    record->repeated_for = g_strdup("/mnt");
    add_filesystems(record);
    add_hooks(record);
    return record;
}

FrostRecord *
sample_began(int64_t real_us)
{
    FrostRecord *record = frost_record_new();

    record->began_real_us = real_us;
    return record;
}
