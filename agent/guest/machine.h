/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine.h - the door to whatever changes the machine as a whole: its clock, its power, and the
 * programs of the guest that know how
 *
 * A table, so that a test can put a machine of its own in its place. Numbers are `>= 0` or a
 * negative errno. The calls marked "hangs" may not come back for a long time: they are made on an
 * aside thread, by frost_machine_call(), and use nothing of the main loop's.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "process.h"

typedef struct FrostMachine FrostMachine;

typedef enum {
    FROST_POWER_HALT,
    FROST_POWER_OFF,
    FROST_POWER_REBOOT,
} FrostPowerMode;

struct FrostMachine {
    gint users; /* 1 when it is made */

    /* Where the program of this name is: the system's folders first, then PATH. NULL: nowhere;
     * g_free() it. */
    char *(*find)(FrostMachine *self, const char *name);
    /* Starts a program, argv[0] a path; @done comes from the main loop, unless this fails or the
     * machine is freed first. One at a time; @argv is only lent. */
    bool (*run)(FrostMachine *self, const char *const *argv, unsigned limit_s,
                FrostProcessDone done, void *user, GError **error);
    /* Ends the program that runs; its done does not come. */
    void (*cancel)(FrostMachine *self);

    int (*set_clock)(FrostMachine *self, int64_t us_since_epoch);
    /* The hardware clock, in seconds since the epoch, also where it runs in local time. */
    int (*read_rtc)(FrostMachine *self, int64_t *out_s); /* hangs */
    int (*write_rtc)(FrostMachine *self, int64_t s);     /* hangs */

    /* sync and reboot(2): no process is asked to end. */
    int (*end)(FrostMachine *self, FrostPowerMode mode); /* hangs */
    /* "mem", "disk": into /sys/power/state; comes back when the machine has woken up.
     * -EOPNOTSUPP: the kernel does not offer it. */
    int (*sleep)(FrostMachine *self, const char *state); /* hangs */

    /* With the last reference, on whichever thread that is: nothing runs any more. */
    void (*destroy)(FrostMachine *self);
};

/* From any thread. */
FrostMachine *frost_machine_ref(FrostMachine *self);
void frost_machine_unref(FrostMachine *self);
/* Its owner's last word, on the main loop: cancels what runs. A call that hangs keeps the machine
 * in memory. (nullable) */
void frost_machine_free(FrostMachine *self);

/* The machine that this process runs on. */
FrostMachine *frost_machine_linux_new(GMainContext *context);
