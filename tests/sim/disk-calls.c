/* SPDX-License-Identifier: MIT */
#include "disk-calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "disk-door.h"
#include "fake-sys-private.h"
#include "oracle.h"

static FakeSys *
kernel(void)
{
    return world->kernel;
}

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

static void
sim_list_namespaces(FrostSys *sys, FrostNamespaceVisit visit, void *user)
{
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

/* One that is to be thawed the moment its FIFREEZE returns lets who stands on it wait no longer;
 * nor does one that could not be opened. */
static void
excuse_abandoned(void)
{
    const FrostLedgerData *data = ledger_in_use();

    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        const FrostLedgerFs *fs = &data->filesystems[i];
        FrostFsState state = (FrostFsState)atomic_load(&fs->state);

        for (unsigned k = 0; k < world->disks->count; k++) {
            Disk *disk = &world->disks->disk[k];

            if ((state == FROST_FS_ABANDONED || state == FROST_FS_THAWING ||
                 state == FROST_FS_STUCK) &&
                strcmp(disk->path, fs->mount_point) == 0)
                disk->fs->thaw_failed = true;
        }
    }
}

static int
sim_thaw(FrostKernel *self, int fd)
{
    schedule_yield();
    excuse_abandoned();
    int r = kernel()->sys.kernel.thaw(&kernel()->sys.kernel, fake_fd(fd));

    oracle_note_thaw(r);
    for (unsigned i = 0; r == 0 && i < world->disks->count; i++)
        disk_let_unseen_go(&world->disks->disk[i]);
    return leave_kernel(r);
}

/* Programs write a hundred megabytes a second. */
static uint64_t
sim_free_space(FrostKernel *self, int fd)
{
    if (fake_fd(fd) < 0)
        world_fail("the free space behind descriptor %d is asked for, which is not open", fd);
    schedule_yield();
    return (1ull << 50) - (uint64_t)world_boottime_us() * 100;
}

static int
sim_expedite_open(FrostKernel *self, bool *out_on)
{
    must_not_be_sealed("open");
    return install_disk(kernel()->sys.kernel.expedite_open(&kernel()->sys.kernel, out_on));
}

static int
sim_expedite(FrostKernel *self, int fd, bool on)
{
    return kernel()->sys.kernel.expedite(&kernel()->sys.kernel, fake_fd(fd), on);
}

static int
sim_open_knob(FrostKernel *self, uint64_t device, FrostKnob knob)
{
    must_not_be_sealed("open");
    return install_disk(kernel()->sys.kernel.open_knob(&kernel()->sys.kernel, device, knob));
}

static int
sim_read_knob(FrostKernel *self, int fd, uint32_t *out_value)
{
    schedule_yield();
    return kernel()->sys.kernel.read_knob(&kernel()->sys.kernel, fake_fd(fd), out_value);
}

static int
sim_turn_knob(FrostKernel *self, int fd, uint32_t value)
{
    schedule_yield();
    return kernel()->sys.kernel.turn_knob(&kernel()->sys.kernel, fake_fd(fd), value);
}

static int
sim_open_dirty_memory(FrostKernel *self)
{
    must_not_be_sealed("open");
    return install_disk(kernel()->sys.kernel.open_dirty_memory(&kernel()->sys.kernel));
}

static uint64_t
sim_dirty_memory(FrostKernel *self, int fd)
{
    return kernel()->sys.kernel.dirty_memory(&kernel()->sys.kernel, fake_fd(fd));
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
    must_not_be_sealed("open");
    return thread_exists(thread.id);
}

static bool
sim_is_suspended(FrostKernel *self, uint64_t device)
{
    must_not_be_sealed("open");
    return kernel()->sys.kernel.is_suspended(&kernel()->sys.kernel, device);
}

static int
sim_open_disk_count(FrostKernel *self, uint64_t device)
{
    must_not_be_sealed("open");
    return kernel()->sys.kernel.open_disk_count(&kernel()->sys.kernel, device);
}

/* The fake kernel numbers them as it numbers the filesystems. */
static uint64_t
sim_disk_count(FrostKernel *self, int fd)
{
    return disk_completed(&world->disks->disk[fake_disk_of_count(fd)]);
}

static uint64_t
sim_disk_written(FrostKernel *self, int fd)
{
    return sim_disk_count(self, fd) << 28;
}

static int64_t
sim_boottime_us(FrostKernel *self)
{
    return world_boottime_us();
}

static int
sim_bar_new_rights(FrostKernel *self)
{
    must_not_be_sealed("prctl");
    world->current->process->is_barred = true;
    return 0;
}

static int
sim_keep_right_to_freeze(FrostKernel *self)
{
    must_not_be_sealed("capset");
    if (!world->current->process->is_barred)
        world_fail("a thread gives up rights that an exec would give back");
    world->current->has_given_up = true;
    return 0;
}

static int
sim_open_rules(FrostKernel *self)
{
    return files_install(own_files(), open_file_new(FILE_TEXT), true);
}

static int
sim_shut_files(FrostKernel *self, int rules)
{
    must_not_be_sealed("landlock_restrict_self");
    if (!own_file(rules, FILE_TEXT))
        world_fail("a thread has no rules to shut itself in with");
    return 0;
}

static int
sim_shut_calls(FrostKernel *self, const int *fds, unsigned count)
{
    Process *process = world->current->process;

    for (unsigned i = 0; i < world->thread_count; i++) {
        const Thread *thread = world->threads[i];

        if (thread->process == process && !thread->has_given_up)
            world_fail("thread %d is sealed before it has given up its rights", thread->tid);
    }
    process->is_sealed = true;
    return 0;
}

FrostSys
disks_sys(void)
{
    return (FrostSys){.kernel = {.close = sim_kernel_close,
                                 .syncfs = sim_syncfs,
                                 .freeze = sim_freeze,
                                 .thaw = sim_thaw,
                                 .free_space = sim_free_space,
                                 .expedite_open = sim_expedite_open,
                                 .expedite = sim_expedite,
                                 .open_knob = sim_open_knob,
                                 .read_knob = sim_read_knob,
                                 .turn_knob = sim_turn_knob,
                                 .open_dirty_memory = sim_open_dirty_memory,
                                 .dirty_memory = sim_dirty_memory,
                                 .this_thread = sim_this_thread,
                                 .thread_lives = sim_thread_lives,
                                 .is_suspended = sim_is_suspended,
                                 .open_disk_count = sim_open_disk_count,
                                 .disk_count = sim_disk_count,
                                 .disk_written = sim_disk_written,
                                 .boottime_us = sim_boottime_us,
                                 .bar_new_rights = sim_bar_new_rights,
                                 .keep_right_to_freeze = sim_keep_right_to_freeze,
                                 .open_rules = sim_open_rules,
                                 .shut_files = sim_shut_files,
                                 .shut_calls = sim_shut_calls},
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
                      .list_namespaces = sim_list_namespaces,
                      .loop_backing = sim_loop_backing,
                      .dm_targets = sim_dm_targets};
}
