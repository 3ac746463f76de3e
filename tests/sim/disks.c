/* SPDX-License-Identifier: MIT */
#include "disks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "fake-sys-private.h"
#include "oracle.h"

static FakeSys *
kernel(void)
{
    return world->kernel;
}

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

static void
let_unseen_go(const Disk *disk)
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

static int
keep_door(void *user, FakeFs *fs, FakeCall call)
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

/* The table ------------------------------------------------------------------------------------ */

/* Of the fake kernel; -1: not open here. */
static int
fake_fd(int fd)
{
    const OpenFile *file = files_get(own_files(), fd);

    return file && file->kind == FILE_DISK ? file->disk : -1;
}

static int
install_disk(int fake)
{
    if (fake < 0)
        return fake;
    OpenFile *file = open_file_new(FILE_DISK);
    file->disk = fake;
    return files_install(own_files(), file, true);
}

/* Below a server that does not answer; whoever dies there ends. */
static void
look_up(const char *path)
{
    for (unsigned i = 0; i < world->disks->count && !world->is_settling; i++) {
        Disk *disk = &world->disks->disk[i];

        if (disk->stuck[FAKE_OPEN] && strcmp(disk->path, path) == 0)
            schedule_wait(WAIT_TIME, &disk->stuck[FAKE_OPEN], -1);
    }
}

static int
sim_open_mount(FrostSys *sys, const char *path)
{
    int why = trouble_refuses(TROUBLE_OPEN_MOUNT);

    schedule_yield();
    look_up(path);
    return why != 0 ? -why : install_disk(fake_sys_get(kernel())->open_mount(&kernel()->sys, path));
}

static int
sim_open_unmounted(FrostSys *sys, dev_t device, const char *fs_type)
{
    return install_disk(kernel()->sys.open_unmounted(&kernel()->sys, device, fs_type));
}

static void
sim_close(FrostSys *sys, int fd)
{
    if (files_close(own_files(), fd) < 0)
        world_fail("%s closes descriptor %d, which is not open",
                   process_name(world->current->process), fd);
}

void
disks_close(int disk)
{
    kernel()->sys.close(&kernel()->sys, disk);
}

static void
sim_kernel_close(FrostKernel *self, int fd)
{
    sim_close(NULL, fd);
}

static int
sim_stat_fd(FrostSys *sys, int fd, FrostStat *out)
{
    return kernel()->sys.stat_fd(&kernel()->sys, fake_fd(fd), out);
}

static int
sim_stat_path(FrostSys *sys, const char *path, FrostStat *out)
{
    return kernel()->sys.stat_path(&kernel()->sys, path, out);
}

static int64_t
sim_fs_size(FrostSys *sys, int fd)
{
    return kernel()->sys.fs_size(&kernel()->sys, fake_fd(fd));
}

static int64_t
sim_block_size(FrostSys *sys, int fd)
{
    return kernel()->sys.block_size(&kernel()->sys, fake_fd(fd));
}

static int
sim_btrfs_fsid(FrostSys *sys, int fd, uint8_t out_fsid[16])
{
    return kernel()->sys.btrfs_fsid(&kernel()->sys, fake_fd(fd), out_fsid);
}

static int
sim_read_file(FrostSys *sys, const char *path, char **out_text, size_t *out_length)
{
    int fd;
    g_autofree char *translated = NULL;

    if (sscanf(path, "/proc/thread-self/fdinfo/%d", &fd) == 1)
        path = translated = g_strdup_printf("/proc/thread-self/fdinfo/%d", fake_fd(fd));
    return kernel()->sys.read_file(&kernel()->sys, path, out_text, out_length);
}

static int
sim_list_dir(FrostSys *sys, const char *path, char ***out_names)
{
    return kernel()->sys.list_dir(&kernel()->sys, path, out_names);
}

static int
sim_resolve(FrostSys *sys, const char *path, char **out_path)
{
    return kernel()->sys.resolve(&kernel()->sys, path, out_path);
}

static int
sim_watch_mounts(FrostSys *sys)
{
    return -ENOSYS;
}

static bool
sim_mounts_changed(FrostSys *sys, int fd)
{
    return false;
}

static int
sim_loop_backing(FrostSys *sys, dev_t loop, FrostLoopBacking *out)
{
    return kernel()->sys.loop_backing(&kernel()->sys, loop, out);
}

static int
sim_dm_targets(FrostSys *sys, dev_t device, char ***out_types)
{
    return -ENXIO;
}

/* The kernel's own work is done even when the process is dead by then. */
static int
leave_kernel(int r)
{
    if (thread_must_end(world->current))
        thread_end();
    return r;
}

static int
sim_syncfs(FrostKernel *self, int fd)
{
    schedule_yield();
    return leave_kernel(kernel()->sys.kernel.syncfs(&kernel()->sys.kernel, fake_fd(fd)));
}

static int
sim_freeze(FrostKernel *self, int fd)
{
    schedule_yield();
    int r = kernel()->sys.kernel.freeze(&kernel()->sys.kernel, fake_fd(fd));

    oracle_note_freeze(r);
    return leave_kernel(r);
}

/* One that is to be thawed the moment its FIFREEZE returns lets who stands on it wait no longer. */
static void
excuse_abandoned(void)
{
    const FrostLedgerData *data = ledger_in_use();

    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        const FrostLedgerFs *fs = &data->filesystems[i];
        FrostFsState state = (FrostFsState)atomic_load(&fs->state);

        for (unsigned k = 0; k < world->disks->count; k++) {
            Disk *disk = &world->disks->disk[k];

            if ((state == FROST_FS_ABANDONED || state == FROST_FS_THAWING) &&
                strcmp(disk->path, fs->mount_point) == 0)
                disk->fs->thaw_failed = true;
        }
    }
}

static int
sim_thaw(FrostKernel *self, int fd)
{
    schedule_yield();
    if (fd < 0)
        return -EBADF; /* one that was out of reach */
    excuse_abandoned();
    int r = kernel()->sys.kernel.thaw(&kernel()->sys.kernel, fake_fd(fd));

    oracle_note_thaw(r);
    for (unsigned i = 0; r == 0 && i < world->disks->count; i++)
        let_unseen_go(&world->disks->disk[i]);
    return leave_kernel(r);
}

static int
sim_expedite_open(FrostKernel *self, bool *out_on)
{
    return install_disk(kernel()->sys.kernel.expedite_open(&kernel()->sys.kernel, out_on));
}

static int
sim_expedite(FrostKernel *self, int fd, bool on)
{
    return kernel()->sys.kernel.expedite(&kernel()->sys.kernel, fake_fd(fd), on);
}

/* No number is given twice. */
static FrostThreadName
sim_this_thread(FrostKernel *self)
{
    return (FrostThreadName){.id = world->current->tid, .start = 1};
}

static bool
sim_thread_lives(FrostKernel *self, FrostThreadName thread)
{
    return thread_exists(thread.id);
}

static bool
sim_is_suspended(FrostKernel *self, uint64_t device)
{
    return kernel()->sys.kernel.is_suspended(&kernel()->sys.kernel, device);
}

static int
sim_open_disk_count(FrostKernel *self, uint64_t device)
{
    return kernel()->sys.kernel.open_disk_count(&kernel()->sys.kernel, device);
}

/* The fake kernel numbers them as it numbers the filesystems. */
static uint64_t
sim_disk_count(FrostKernel *self, int fd)
{
    const Disk *disk = &world->disks->disk[fake_disk_of_count(fd)];

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

static int64_t
sim_boottime_us(FrostKernel *self)
{
    return world_boottime_us();
}

FrostSys
disks_sys(void)
{
    return (FrostSys){.kernel = {.close = sim_kernel_close,
                                 .syncfs = sim_syncfs,
                                 .freeze = sim_freeze,
                                 .thaw = sim_thaw,
                                 .expedite_open = sim_expedite_open,
                                 .expedite = sim_expedite,
                                 .this_thread = sim_this_thread,
                                 .thread_lives = sim_thread_lives,
                                 .is_suspended = sim_is_suspended,
                                 .open_disk_count = sim_open_disk_count,
                                 .disk_count = sim_disk_count,
                                 .boottime_us = sim_boottime_us},
                      .open_mount = sim_open_mount,
                      .close = sim_close,
                      .open_unmounted = sim_open_unmounted,
                      .stat_fd = sim_stat_fd,
                      .stat_path = sim_stat_path,
                      .block_size = sim_block_size,
                      .fs_size = sim_fs_size,
                      .btrfs_fsid = sim_btrfs_fsid,
                      .read_file = sim_read_file,
                      .list_dir = sim_list_dir,
                      .resolve = sim_resolve,
                      .watch_mounts = sim_watch_mounts,
                      .mounts_changed = sim_mounts_changed,
                      .loop_backing = sim_loop_backing,
                      .dm_targets = sim_dm_targets};
}

/* The machine ---------------------------------------------------------------------------------- */

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
    fake_sys_set_keeper(kernel(), keep_door, NULL);
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

bool
disk_is_left_frozen(const Disk *self)
{
    const FrostLedgerData *data = ledger_in_use();

    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        const FrostLedgerFs *fs = &data->filesystems[i];

        if (strcmp(self->path, fs->mount_point) == 0)
            return atomic_load(&fs->state) == FROST_FS_FROZEN;
    }
    return false;
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
    if (self->fs->owed) /* thawed by another before: FITHAW cannot tell it from ours any more */
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
    let_unseen_go(self);
    oracle_note_foreign_thaw();
}

void
disk_unmount(Disk *self)
{
    if (self->is_gone || world->disks->stacked > 0)
        return;
    disk_thaw_by_other(self);
    self->fs->owed = false;
    self->is_gone = true;
    fake_sys_umount(world->kernel, self->path);
}
