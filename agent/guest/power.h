/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * power.h - halts, powers off and reboots the guest
 *
 * Runs the first of these programs that exists, and reports its result: shutdown (systemd,
 * sysvinit, OpenRC); poweroff, halt or reboot (busybox, or systemd without shutdown); systemctl;
 * busybox. If there is none, it syncs and asks the kernel.
 */

#include <glib.h>

#include "blocking-jobs.h"
#include "machine.h"

typedef struct FrostPower FrostPower;

/* Called from the main loop. @error: borrowed; NULL: it is under way. */
typedef void (*FrostPowerDone)(void *user, const GError *error);

/* Both are borrowed. */
FrostPower *frost_power_new(FrostMachine *machine, FrostBlockingJobs *jobs);
/* done is not called any more. */
void frost_power_free(FrostPower *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPower, frost_power_free)

void frost_power_end(FrostPower *self, FrostPowerMode mode, FrostPowerDone done, void *user);
