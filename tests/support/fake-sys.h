/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-sys.h - a kernel in memory, for everything that stands on FrostSys
 *
 *   block devices <- superblocks <- mounts (newest on top) <- descriptors
 *
 * It behaves like the kernel: FIFREEZE 0 and then EBUSY, FITHAW 0 and then EINVAL, EOPNOTSUPP where
 * the type knows no freeze (and EINVAL from FITHAW there), a read-only superblock freezes well, a
 * path that is covered leads to what covers it. It renders mountinfo and sysfs from its model.
 *
 * What must never happen is noted as a violation and fails the test when the fake is freed:
 * freezing or thawing a filesystem while one that it stands on is frozen or freezing (both hang),
 * FITHAW on what we did not freeze, FITHAW twice for one FIFREEZE, a descriptor closed that is not
 * open, the count of a disk opened while a freeze of ours holds something. All calls may come from
 * several threads.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "sys.h"

/* Of every filesystem. */
#define FAKE_BLOCK_SIZE 4096

typedef struct FakeSys FakeSys;
typedef struct FakeFs FakeFs; /* one superblock; owned by the fake */

FakeSys *fake_sys_new(void);
/* Fails the running test if there are violations that nobody has taken. */
void fake_sys_free(FakeSys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeSys, fake_sys_free)

FrostSys *fake_sys_get(FakeSys *self);

/* Block devices. Names are the kernel's ("sda", "dm-0"); NULL makes one up. Each has a node in
 * /dev and is listed in sysfs. */
dev_t fake_sys_add_disk(FakeSys *self, const char *name);
dev_t fake_sys_add_partition(FakeSys *self, const char *name, dev_t disk);
/* dm, md, bcache: stands on several */
dev_t fake_sys_add_stacked(FakeSys *self, const char *name, const dev_t *below, size_t count);
/* A loop device on a new file on @backing; sysfs shows the file's path at a mount point of
 * @backing. */
dev_t fake_sys_add_loop(FakeSys *self, FakeFs *backing);
dev_t fake_sys_add_loop_over(FakeSys *self, dev_t device);
/* sysfs has the device, but each look at what it stands on answers EACCES. */
void fake_sys_hide_device(FakeSys *self, dev_t device);
/* The device is gone from sysfs; its filesystems stay mounted. */
void fake_sys_unplug(FakeSys *self, dev_t disk);
/* The folder in sysfs that holds the device's own folder: "/sys/devices/virtual/block". */
void fake_sys_set_bus(FakeSys *self, dev_t disk, const char *folder);
void fake_sys_fail_loop(FakeSys *self, dev_t loop, int error); /* LOOP_GET_STATUS64 fails */
/* Makes a device stand on @below, too. This can make circles. */
void fake_sys_stack_upon(FakeSys *self, dev_t device, dev_t below);
/* Its backing file has an st_dev that no mount shows: it lies in a btrfs subvolume that is not
 * mounted, or on an overlay. */
void fake_sys_give_own_dev(FakeSys *self, dev_t loop);
/* LOOP_GET_STATUS64 names this st_dev instead; sysfs this path, or with NULL none. */
void fake_sys_set_loop_backing(FakeSys *self, dev_t loop, dev_t dev, const char *path);
/* Of a stacked device: the types of its targets, with blanks in between. */
void fake_sys_set_dm_targets(FakeSys *self, dev_t device, const char *types);

/* A new superblock, mounted at @mount_point: on a disk of its own, on @device, on a loop whose file
 * is on @backing, or (tmpfs, nfs, zfs...) on no device. btrfs gets an anonymous device number. */
FakeFs *fake_sys_add_fs(FakeSys *self, const char *mount_point, const char *type);
FakeFs *fake_sys_add_fs_on(FakeSys *self, const char *mount_point, const char *type, dev_t device);
FakeFs *fake_sys_add_loop_fs(FakeSys *self, const char *mount_point, const char *type,
                             FakeFs *backing);
FakeFs *fake_sys_add_nodev_fs(FakeSys *self, const char *mount_point, const char *type,
                              const char *source);

/* Further mounts of a filesystem. A subvolume has an st_dev of its own. umount takes the newest
 * mount at a point. */
void fake_sys_bind(FakeSys *self, FakeFs *fs, const char *mount_point);
void fake_sys_add_subvolume(FakeSys *self, FakeFs *fs, const char *mount_point);
void fake_sys_umount(FakeSys *self, const char *mount_point);
/* After its last umount a frozen filesystem can still be reached by its device; one that is not
 * frozen is gone. */
/* mountinfo shows @dev for this mount point; stat goes on telling the truth. */
void fake_sys_set_mountinfo_dev(FakeSys *self, const char *mount_point, dev_t dev);
/* A directory (or, S_IFREG and the like in @mode, something else) on @fs that is seen where its
 * mounts are seen. Mount points of this mode: see fake_sys_set_mount_mode. */
void fake_sys_add_entry(FakeSys *self, FakeFs *fs, const char *path, mode_t mode);
void fake_sys_set_mount_mode(FakeSys *self, const char *mount_point, mode_t mode);

void fake_fs_set_super_options(FakeFs *fs, const char *options); /* "rw" unless said */
void fake_fs_set_size(FakeFs *fs, int64_t bytes);  /* 0 unless said, and so is that of devices */
void fake_fs_add_member(FakeFs *fs, dev_t device); /* btrfs: one device more */
dev_t fake_fs_device(const FakeFs *fs);            /* the block device; 0 */
dev_t fake_fs_dev(const FakeFs *fs);               /* of the superblock: mountinfo */

/* The kernel lists a mount namespace. A thread of ours in it gets this id: give its mountinfo by
 * fake_sys_set_file(); or a negative errno, which entering it then answers. */
void fake_sys_list_namespace(FakeSys *self, uint64_t number, int thread);

/* What other programs do. `earlier`: a freeze by a process of ours that is gone; we may thaw it. */
void fake_sys_freeze_by_other(FakeSys *self, FakeFs *fs);
void fake_sys_thaw_by_other(FakeSys *self, FakeFs *fs);
void fake_sys_freeze_earlier(FakeSys *self, FakeFs *fs);
/* dm-suspended: FIFREEZE is EBUSY, FITHAW would hang (a violation, K11). */
void fake_sys_suspend(FakeSys *self, FakeFs *fs, bool suspended);

typedef enum {
    FAKE_OPEN,
    FAKE_STAT,
    FAKE_SPACE, /* what is free on it */
    FAKE_SYNC,
    FAKE_FREEZE,
    FAKE_THAW,
    FAKE_CALLS,
} FakeCall;

/* The @nth call (from 1, counted from now) of this kind on @fs answers -@error; nth 0: every one.
 */
void fake_sys_fail(FakeSys *self, FakeFs *fs, FakeCall call, unsigned nth, int error);
/* Each look-up of this path, and each read of this file, answers -@error. */
void fake_sys_fail_path(FakeSys *self, const char *path, int error);
/* A file that reads as @text, in place of whatever the model says; the folders on its way have it
 * and nothing else. */
void fake_sys_set_file(FakeSys *self, const char *path, const char *text);

/* A gate: calls of this kind on @fs wait inside until it is released. A FIFREEZE at the gate waits
 * for writers: FITHAW meanwhile is EINVAL at once, and the filesystem freezes afterwards (K5). */
void fake_sys_hold(FakeSys *self, FakeFs *fs, FakeCall call);
void fake_sys_release(FakeSys *self, FakeFs *fs, FakeCall call);
/* Releases all gates of all filesystems. */
void fake_sys_release_all(FakeSys *self);
/* Waits until a call is at the gate; false after ten seconds. */
bool fake_sys_wait_held(FakeSys *self, FakeFs *fs, FakeCall call);

/* In place of the gates: called inside each sync, freeze and thaw, without the lock; waits as long
 * as it likes, and returns 0 or a negative errno, which the call then answers. */
typedef int (*FakeKeeper)(void *user, FakeFs *fs, FakeCall call);
void fake_sys_set_keeper(FakeSys *self, FakeKeeper keeper, void *user);

/* The filesystem's disk has completed a request. */
void fake_sys_complete_request(FakeSys *self, FakeFs *fs);
/* It has written so much since it is there; 0 unless said. */
void fake_sys_set_written(FakeSys *self, FakeFs *fs, uint64_t bytes);
/* So much is free on it; 0 unless said. */
void fake_sys_set_free(FakeSys *self, FakeFs *fs, uint64_t bytes);

/* Sets the one thread of a dead process that the kernel still has; 0: none. */
void fake_sys_set_living_thread(FakeSys *self, int32_t id);

/* Sets CLOCK_BOOTTIME, which stands still otherwise. */
void fake_sys_set_boottime(FakeSys *self, int64_t us);

/* /sys/kernel/rcu_expedited: whether it is on now; what opening it answers from now on. */
bool fake_sys_is_expedited(FakeSys *self);
void fake_sys_fail_expedite(FakeSys *self, int error);

/* How much is still to be written; 0 unless said. The limits of a disk's queue; what opening one
 * answers from now on; whether all disks have those that they began with. */
void fake_sys_set_dirty(FakeSys *self, uint64_t bytes);
uint32_t fake_sys_knob(FakeSys *self, dev_t device, FrostKnob knob);
void fake_sys_set_knob(FakeSys *self, dev_t device, FrostKnob knob, uint32_t value);
void fake_sys_fail_knobs(FakeSys *self, int error);
bool fake_sys_knobs_are_normal(FakeSys *self);

/* Results. The journal has a line a call, at its end: "sync /srv", "freeze /srv",
 * "freeze /srv: EBUSY", "thaw /srv"; the path is the filesystem's first mount point. */
char *fake_sys_journal(FakeSys *self); /* g_free() it */
void fake_sys_clear_journal(FakeSys *self);
unsigned fake_sys_opened(FakeSys *self, const char *path);    /* how often an open was tried */
unsigned fake_sys_looked_up(FakeSys *self, const char *path); /* how often stat_path was */
unsigned fake_sys_open_fds(FakeSys *self);
unsigned fake_sys_frozen(FakeSys *self); /* whoever froze them */
bool fake_sys_is_frozen(FakeSys *self, const FakeFs *fs);
FakeFs *fake_sys_fs_of_fd(FakeSys *self, int fd); /* (nullable) */
/* The violations so far, one a line, and forgets them; g_free() it. */
char *fake_sys_take_violations(FakeSys *self);
