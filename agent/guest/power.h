/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * power.h - halting, switching off and restarting the guest
 *
 * The first of these that is there is told to do it, and its word is final: shutdown (systemd,
 * sysvinit, OpenRC), poweroff, halt or reboot (busybox, systemd without the former), systemctl,
 * busybox. Only where there is none of them, the kernel is asked, after a sync.
 */

#include <glib.h>

#include "aside.h"
#include "machine.h"

typedef struct FrostPower FrostPower;

/* From the main loop. @error: NULL when it is under way; only lent. */
typedef void (*FrostPowerDone)(void *user, const GError *error);

/* Both are borrowed. */
FrostPower *frost_power_new(FrostMachine *machine, FrostAside *aside);
/* No done follows. */
void frost_power_free(FrostPower *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPower, frost_power_free)

void frost_power_end(FrostPower *self, FrostPowerMode mode, FrostPowerDone done, void *user);
