/* SPDX-License-Identifier: MIT */
#include "disk-door.h"

#include <stdlib.h>
#include <string.h>

#include "fake-sys-private.h"
#include "files.h"
#include "oracle.h"
#include "schedule.h"
#include "trouble.h"

static Disk *
disk_of(const FakeFs *fs)
{
    for (unsigned i = 0; i < world->disks->count; i++) {
        if (world->disks->disk[i].fs == fs)
            return &world->disks->disk[i];
    }
    abort();
}

/* A slow disk completes a request in this time. */
#define SLOW_US 400000
/* In this time a thread that runs says what its call has answered. */
#define AT_ONCE_US 1000

/* Mostly short. */
static int64_t
choose_duration(FakeCall call)
{
    const int64_t usual_us = call == FAKE_SYNC ? 20000 : 3000;
    int64_t us = 30 + dice_below(&world->machine, (unsigned)usual_us);

    if (call == FAKE_FREEZE && dice_percent(&world->machine, 1))
        return us * 800;
    return dice_percent(&world->machine, 10) ? us * 30 : us;
}

static void
wait_in_kernel(Disk *disk, FakeCall call)
{
    disk->stuck_inside++;
    while (disk->stuck[call] && !world->is_settling)
        schedule_wait(WAIT_DOOR, &disk->stuck[call], -1);
    disk->stuck_inside--;
    disk->stuck_until_us = world->now_us;
}

/* What it writes goes to a file of a frozen one. */
static void
wait_for_unseen(Disk *disk)
{
    const Disk *lower = disk->unseen >= 0 ? &world->disks->disk[disk->unseen] : NULL;

    disk->unseen_inside++;
    while (lower && lower->fs->frozen)
        schedule_wait(WAIT_DOOR, &lower->unseen, -1);
    disk->unseen_inside--;
}

void
disk_let_unseen_go(const Disk *disk)
{
    schedule_wake(WAIT_DOOR, &disk->unseen, THREADS_MAX);
}

static void
be_busy(Disk *disk, FakeCall call)
{
    if (disk->busy++ == 0)
        disk->busy_since_us = world->now_us;
    schedule_wait(WAIT_DOOR, &disk->busy, world->now_us + choose_duration(call));
    if (--disk->busy == 0)
        disk->completed += 1 + (uint64_t)((world->now_us - disk->busy_since_us) / SLOW_US);
}

int
disk_keep_door(void *user, FakeFs *fs, FakeCall call)
{
    Disk *disk = disk_of(fs);

    if (call == FAKE_FREEZE)
        trouble_pass_point("kernel", "freezing");
    if (disk->stuck[call] && !world->is_settling)
        wait_in_kernel(disk, call);
    else
        be_busy(disk, call);
    wait_for_unseen(disk);
    if (disk->fails[call] == 0 || world->is_settling)
        return 0;
    disk->fails[call]--;
    return -disk->error[call];
}

void
disks_let_go(Disk *disk, FakeCall call)
{
    disk->stuck[call] = false;
    schedule_wake(call == FAKE_OPEN ? WAIT_TIME : WAIT_DOOR, &disk->stuck[call], THREADS_MAX);
}

void
disks_let_all_go(void)
{
    for (unsigned i = 0; i < world->disks->count; i++) {
        for (FakeCall call = FAKE_OPEN; call <= FAKE_THAW; call++)
            disks_let_go(&world->disks->disk[i], call);
    }
}

uint64_t
disk_completed(const Disk *disk)
{
    return disk->completed +
           (disk->busy > 0 ? (uint64_t)((world->now_us - disk->busy_since_us) / SLOW_US) : 0);
}

/* Whoever called it cannot have said so yet, or was stopped until now. */
static bool
has_just_come_back(const Disk *disk)
{
    const Process *caller = world->current->process;
    bool was_stopped = disk->stuck_until_us >= caller->stopped_us;
    int64_t since_us =
        was_stopped ? MAX(disk->stuck_until_us, caller->continued_us) : disk->stuck_until_us;

    return disk->stuck_until_us > 0 && world->now_us - since_us < AT_ONCE_US;
}

void
disks_note_repeat(void)
{
    const FrostLedgerData *data = ledger_in_use();
    const FrostLedgerFs *fs = &data->filesystems[atomic_load(&data->repeated_for)];

    for (unsigned i = 0; i < world->disks->count; i++) {
        const Disk *disk = &world->disks->disk[i];

        if (strcmp(disk->path, fs->mount_point) == 0 && disk->unseen_inside == 0 &&
            disk->stuck_inside == 0 && !has_just_come_back(disk))
            world_fail("a freeze is repeated for %s, which is only slow", disk->path);
    }
}
