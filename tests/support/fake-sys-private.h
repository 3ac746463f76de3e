/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-sys-private.h - the model behind fake-sys.h; FakeSys.lock guards all of it
 */

#include "fake-sys.h"

#define FAKE_EXPEDITE_FD 3

typedef struct {
    char *name;
    dev_t dev;
    dev_t disk;    /* of a partition */
    GArray *below; /* of dev_t: slaves */
    bool is_loop;
    FakeFs *backing; /* of a loop over a file */
    FrostLoopBacking status;
    int status_error;
    char *backing_path; /* (nullable) */
    bool hidden;
    bool unplugged;
    uint32_t knobs[FROST_KNOBS]; /* of its queue */
    char *bus;                   /* (nullable): the folder in sysfs that its own one lies in */
} FakeDevice;

typedef struct {
    unsigned id;
    FakeFs *fs;
    char *mount_point;
    char *root;
    dev_t dev;       /* st_dev of its root */
    dev_t shown_dev; /* in mountinfo */
    mode_t mode;
} FakeMount;

typedef struct {
    FakeFs *fs;
    char *path;
    dev_t dev; /* 0: that of the mount it is seen through */
    ino_t ino;
    mode_t mode;
} FakeEntry;

typedef struct {
    unsigned count;     /* of calls so far */
    GHashTable *errors; /* nth -> errno; 0: every one */
    bool held;
    unsigned waiting; /* at the gate */
} FakeDoor;

struct FakeFs {
    FakeSys *sys;
    char *type;
    char *source;
    char *name; /* its first mount point: in the journal */
    char *super_options;
    int64_t size;
    dev_t dev;
    dev_t top_dev; /* st_dev of its root */
    dev_t device;
    GArray *members; /* of dev_t: btrfs */
    uint8_t fsid[16];
    bool frozen;
    bool owed;         /* a FIFREEZE of ours that has had no FITHAW */
    bool thaw_failed;  /* the last one: what stands on it is thawed all the same */
    bool uncertain;    /* whose call froze or thawed it has died, and could not tell */
    unsigned freezing; /* calls inside FIFREEZE */
    unsigned thawing;  /* and inside FITHAW */
    bool suspended;
    uint64_t completed; /* requests of its disk */
    uint64_t written;   /* bytes, by its disk */
    uint64_t free;      /* bytes */
    FakeDoor doors[FAKE_CALLS];
};

typedef struct {
    FakeFs *fs;
    FrostStat stat;
    unsigned mount_id;
} FakeFd;

struct FakeSys {
    FrostSys sys; /* first: a FrostSys is a FakeSys */
    GMutex lock;
    int32_t living_thread; /* of a process that is dead */
    GCond changed;
    GPtrArray *devices;
    GPtrArray *filesystems;
    GPtrArray *mounts;
    GPtrArray *entries;
    GPtrArray *namespaces; /* those that the kernel lists */
    GHashTable *fds;       /* int -> FakeFd */
    GHashTable *files;     /* path -> text */
    GHashTable *path_errors;
    GHashTable *looked_up; /* path -> count */
    GHashTable *opened;    /* path -> count */
    GString *journal;
    GString *violations;
    FakeKeeper keeper; /* (nullable) */
    void *keeper_user;
    int64_t boottime_us;
    bool expedited;
    int expedite_error;
    unsigned expedite_opened;
    uint64_t dirty; /* bytes */
    int knob_error;
    unsigned knobs_opened;
    unsigned next_anonymous, next_disk, next_stacked, next_loop, next_id;
    ino_t next_ino;
    int next_fd;
};

/* All with the lock held. */
FakeDevice *fake_device_find(FakeSys *self, dev_t dev);
void fake_device_free(void *device);
/* sysfs and /dev; -ENOENT for what they do not know. */
int fake_device_read(FakeSys *self, const char *path, char **out_text);
int fake_device_list(FakeSys *self, const char *path, char ***out_names);
int fake_device_resolve(FakeSys *self, const char *path, char **out_path);
int fake_device_stat(FakeSys *self, const char *path, FrostStat *out);
int fake_device_loop_backing(FakeSys *self, dev_t loop, FrostLoopBacking *out);
/* Whether @fs stands, through any number of steps, on @other. */
bool fake_fs_stands_on(const FakeFs *fs, const FakeFs *other);

void fake_namespaces_list(FrostSys *sys, FrostNamespaceVisit visit, void *user);
int fake_namespaces_enter(FrostSys *sys, int fd, pid_t *out_thread);

/* A call of this kind begins: a scripted error, and the wait at the gate. */
int fake_door_enter(FakeFs *fs, FakeCall call);
void fake_door_free(FakeDoor *door);

/* All calls of the freezer; they lock. */
FrostKernel fake_kernel_calls(void);
int fake_sys_call_sync(FrostKernel *kernel, int fd);
uint64_t fake_sys_call_free_space(FrostKernel *kernel, int fd);
int fake_sys_call_freeze(FrostKernel *kernel, int fd);
int fake_sys_call_thaw(FrostKernel *kernel, int fd);

char *fake_sys_render_mountinfo(FakeSys *self);
/* The part of @path below @dir ("" for @dir itself), or NULL where it is not below. */
const char *fake_path_below(const char *path, const char *dir);
ino_t fake_sys_new_ino(FakeSys *self);
/* A path on @fs where nothing has been so far; NULL where it is not mounted. */
char *fake_fs_new_path(FakeFs *fs);
/* Which filesystem, as they were added, open_disk_count() has given this number for. */
unsigned fake_disk_of_count(int fd);
/* The limits of queues. */
extern const uint32_t fake_knobs_normal[FROST_KNOBS];
int fake_kernel_open_knob(FrostKernel *kernel, uint64_t number, FrostKnob knob);
int fake_kernel_read_knob(FrostKernel *kernel, int fd, uint32_t *out_value);
int fake_kernel_turn_knob(FrostKernel *kernel, int fd, uint32_t value);
int fake_kernel_open_dirty_memory(FrostKernel *kernel);
uint64_t fake_kernel_dirty_memory(FrostKernel *kernel, int fd);
bool fake_knob_close(FakeSys *self, int fd); /* false: it is none */
void fake_sys_violation(FakeSys *self, const char *format, ...) G_GNUC_PRINTF(2, 3);
