/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * restore-watch.h - tells when the machine goes on from a saved state: from a snapshot with its
 * memory, as a clone, on another host
 *
 * A guest is not told that it was saved, and its own clocks stood still meanwhile. It can learn of
 * it afterwards, in two ways:
 *
 *   - The host gives the machine another generation id (vmgenid). The kernel hears of that, and
 *     says so in its log (5.18 and later; the uevent of later versions did not come on 6.12.95). A
 *     machine that is only paused or migrated alive keeps its id.
 *   - The clock is set, and it was slow by FROST_RESTORE_JUMP_S or more: time has passed
 *     that no clock of this machine has counted. Suspend is counted (CLOCK_BOOTTIME).
 *
 * That the port is opened anew tells nothing: Proxmox VE does so for each command.
 *
 * It holds two descriptors and never wakes by itself; but any message of the kernel wakes it. So
 * it is for the time of a freeze only.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Less is what NTP corrects now and then, or what a host takes to save a guest between freeze and
 * thaw; then the freeze is still wanted. */
#define FROST_RESTORE_JUMP_S 60

/* Called once at most, from the main loop, where the watch may be freed. @why: for people. */
typedef void (*FrostRestored)(void *user, const char *why);

typedef struct FrostRestoreWatch FrostRestoreWatch;

/* Begins to watch, in the default main loop. What the kernel does not offer is not watched. */
FrostRestoreWatch *frost_restore_watch_new(FrostRestored restored, void *user);
void frost_restore_watch_free(FrostRestoreWatch *self);

/* True if a record of /dev/kmsg says that the generation id is a new one. What users have written
 * to the kernel's log, or made it write, does not count. */
bool frost_restore_is_told(const char *record);
