/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine.h - the door to whatever changes the machine as a whole: its clock, its power, and the
 * programs of the guest that know how
 *
 * A table, so that a test can put a machine of its own in its place. Numbers are `>= 0` or a
 * negative errno. The calls marked "hangs" may not come back for a long time. They are made on an
 * aside thread, by a copy of the table, and must not look into their machine, which may be gone.
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

    void (*free)(FrostMachine *self);
};

/* The machine that this process runs on. */
FrostMachine *frost_machine_linux_new(GMainContext *context);
