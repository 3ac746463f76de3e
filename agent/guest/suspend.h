/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * suspend.h - putting the guest to sleep: to disk, to RAM, or both
 *
 * The first that supports the mode is told to do it: systemd, pm-utils, and the kernel itself,
 * which knows no hybrid mode.
 */

#include <glib.h>

#include "aside.h"
#include "machine.h"

#define FROST_SUSPEND_ERROR (frost_suspend_error_quark())

typedef enum {
    FROST_SUSPEND_ERROR_UNSUPPORTED,
    FROST_SUSPEND_ERROR_FAILED,
} FrostSuspendError;

GQuark frost_suspend_error_quark(void);

typedef enum {
    FROST_SUSPEND_DISK,
    FROST_SUSPEND_RAM,
    FROST_SUSPEND_HYBRID,
} FrostSuspendMode;

typedef struct FrostSuspend FrostSuspend;

/* From the main loop. @error: NULL when it is under way, or the machine has woken up; only lent. */
typedef void (*FrostSuspendDone)(void *user, const GError *error);

/* Both are borrowed. */
FrostSuspend *frost_suspend_new(FrostMachine *machine, FrostAside *aside);
/* No done follows. */
void frost_suspend_free(FrostSuspend *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostSuspend, frost_suspend_free)

void frost_suspend_sleep(FrostSuspend *self, FrostSuspendMode mode, FrostSuspendDone done,
                         void *user);
