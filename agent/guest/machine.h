/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine.h - the calls that change the machine as a whole: its clock, its power, and the programs
 * of the guest that do this
 *
 * It is a table so that a test can put a machine of its own in its place. An int is 0 or more on
 * success, and a negative errno on failure. The calls marked "hangs" may take very long: they are
 * made on a thread, by frost_machine_call(), and use nothing of the main loop.
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
    gint users; /* reference count; 1 at first */

    /* The path of the program @name, from the system's folders or else PATH, g_free() it; NULL:
     * there is none. */
    char *(*find)(FrostMachine *self, const char *name);
    /* Starts a program; argv[0] is a path. @done is called from the main loop, unless this fails or
     * the machine is freed first. One program at a time. @argv is borrowed. */
    bool (*run)(FrostMachine *self, const char *const *argv, unsigned limit_s,
                FrostProcessDone done, void *user, GError **error);
    /* Ends the program that runs; its done is not called. */
    void (*cancel)(FrostMachine *self);

    int (*set_clock)(FrostMachine *self, int64_t us_since_epoch);
    bool (*has_rtc)(FrostMachine *self);
    /* The hardware clock in seconds since the epoch, even if it runs in local time. */
    int (*read_rtc)(FrostMachine *self, int64_t *out_s); /* hangs */
    int (*write_rtc)(FrostMachine *self, int64_t s);     /* hangs */

    /* Calls sync and reboot(2); processes are not asked to end. */
    int (*end)(FrostMachine *self, FrostPowerMode mode); /* hangs */
    /* Writes "mem" or "disk" to /sys/power/state, and returns when the machine has woken up.
     * -EOPNOTSUPP: the kernel does not offer this state. */
    int (*sleep)(FrostMachine *self, const char *state); /* hangs */

    /* Called with the last reference, on any thread. No program runs then. */
    void (*destroy)(FrostMachine *self);
};

/* May be called on any thread. */
void frost_machine_unref(FrostMachine *self);
/* (nullable) Called by the owner, on the main loop: cancels the program that runs, and drops the
 * owner's reference. A call that hangs keeps the machine in memory. */
void frost_machine_free(FrostMachine *self);

/* The machine that this process runs on. @setting: (nullable): for the programs that it runs;
 * copied. */
FrostMachine *frost_machine_linux_new(const FrostChildSetting *setting, GMainContext *context);
