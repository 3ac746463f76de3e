/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * suspend.h - suspends the guest: to disk, to RAM, or both
 *
 * Uses the first of these that supports the mode: systemd, pm-utils, the kernel itself. The kernel
 * has no hybrid mode.
 */

#include <glib.h>

#include "blocking-jobs.h"
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

/* Called from the main loop. @error: borrowed; NULL: it is under way, or the machine has woken up.
 */
typedef void (*FrostSuspendDone)(void *user, const GError *error);

/* Both are borrowed. */
FrostSuspend *frost_suspend_new(FrostMachine *machine, FrostBlockingJobs *jobs);
/* done is not called any more. */
void frost_suspend_free(FrostSuspend *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostSuspend, frost_suspend_free)

void frost_suspend_sleep(FrostSuspend *self, FrostSuspendMode mode, FrostSuspendDone done,
                         void *user);
