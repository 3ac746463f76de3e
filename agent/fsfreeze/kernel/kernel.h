/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * kernel.h - the kernel calls of the freezer: freeze, thaw, sync, and a few questions
 *
 * It is a table so that tests can put a stateful fake in the kernel's place. Calls that return an
 * int return 0 or more on success, and a negative errno on failure. No call allocates, and none
 * looks up a path on a filesystem that may be frozen: the freezer may make them at any time.
 */

#include <stdbool.h>
#include <stdint.h>

typedef struct FrostKernel FrostKernel;

/* Names one thread. The kernel reuses a thread's number, but not together with the start time. */
typedef struct {
    int32_t id;
    uint64_t start; /* start time in clock ticks since boot; 0: not known */
} FrostThreadName;

/* The limits of a disk's queue (disk-knobs.h). */
typedef enum {
    FROST_KNOB_REQUESTS, /* nr_requests: how many requests it takes */
    FROST_KNOB_KIB,      /* max_sectors_kb: how long one may be */
    FROST_KNOBS,
} FrostKnob;

struct FrostKernel {
    void (*close)(FrostKernel *self, int fd);

    int (*syncfs)(FrostKernel *self, int fd);
    int (*freeze)(FrostKernel *self, int fd); /* FIFREEZE, K1-K6 */
    int (*thaw)(FrostKernel *self, int fd);   /* FITHAW, K5, K12 */
    /* Bytes that are free on the filesystem; 0 if it does not say. May wait for its disk. */
    uint64_t (*free_space)(FrostKernel *self, int fd);

    /* Opens /sys/kernel/rcu_expedited, the switch for expedited RCU grace periods, for writing.
     * Returns a descriptor, or -EOPNOTSUPP where the switch must be left alone: rcu_normal is set,
     * or the kernel is PREEMPT_RT. @out_on: whether the switch is on now. */
    int (*expedite_open)(FrostKernel *self, bool *out_on);
    /* Turns the switch on or off. @fd: from expedite_open. */
    int (*expedite)(FrostKernel *self, int fd, bool on);

    /* Opens @knob of the block device @device. Returns a descriptor, or a negative errno; -ENOENT:
     * it has no such knob, or is gone. */
    int (*open_knob)(FrostKernel *self, uint64_t device, FrostKnob knob);
    /* Reads its value. Waits while another thread turns a knob of the disk. 0, or a negative errno.
     * @fd: from open_knob. */
    int (*read_knob)(FrostKernel *self, int fd, uint32_t *out_value);
    /* Waits until the disk's queue is empty. @fd: from open_knob. */
    int (*turn_knob)(FrostKernel *self, int fd, uint32_t value);
    /* Opens the count of dirty memory, and returns a descriptor, or a negative errno. */
    int (*open_dirty_memory)(FrostKernel *self);
    /* Bytes of the machine's memory that have still to be written to disks; 0: not known. */
    uint64_t (*dirty_memory)(FrostKernel *self, int fd);

    FrostThreadName (*this_thread)(FrostKernel *self);
    /* True while the kernel has @thread. A thread inside a call outlives its killed process. Also
     * true where /proc cannot be read. A thread of another PID namespace is not seen: false. */
    bool (*thread_lives)(FrostKernel *self, FrostThreadName thread);
    /* True if @device is a suspended device-mapper device. FITHAW would hang on it, and would undo
     * device-mapper's own freeze (K11). */
    bool (*is_suspended)(FrostKernel *self, uint64_t device);

    /* Opens the count of the requests that the block device @device has completed. The count can
     * be read while filesystems are frozen. Returns a descriptor, or a negative errno. */
    int (*open_disk_count)(FrostKernel *self, uint64_t device);
    /* Returns a number that changes when the device completes a request, and only then. It has no
     * other meaning. 0 if the device does not count. */
    uint64_t (*disk_count)(FrostKernel *self, int fd);
    /* Bytes that the device has written since it is there; 0 if it does not count. @fd: from
     * open_disk_count. */
    uint64_t (*disk_written)(FrostKernel *self, int fd);

    int64_t (*boottime_us)(FrostKernel *self); /* CLOCK_BOOTTIME: also counts suspend */

    /* The seal (seal.h). None can be undone. */

    /* Nothing that the calling thread or one that it creates later runs gets a capability. */
    int (*bar_new_rights)(FrostKernel *self);
    /* The calling thread keeps no capability but CAP_SYS_ADMIN. */
    int (*keep_right_to_freeze)(FrostKernel *self);
    /* Returns a descriptor of rules of Landlock that allow nothing. */
    int (*open_rules)(FrostKernel *self);
    /* Puts the calling thread under these rules: it can open no file. */
    int (*shut_files)(FrostKernel *self, int rules);
    /* From now on no thread of this process can make another system call than those that a freezer
     * needs. @fds: the @count filesystems that it can freeze and thaw. */
    int (*shut_calls)(FrostKernel *self, const int *fds, unsigned count);
};

/* The real kernel. It has no state, so it may be copied. */
FrostKernel frost_kernel_linux(void);

static inline int64_t
frost_kernel_now_us(FrostKernel *self)
{
    return self->boottime_us(self);
}
