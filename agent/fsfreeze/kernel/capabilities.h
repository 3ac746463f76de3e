/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * capabilities.h - the rights of a thread of root
 *
 * They belong to a thread; one that it creates later inherits them. No heap. A set has the bit
 * FROST_CAPABILITY(CAP_SYS_ADMIN) for CAP_SYS_ADMIN, and so on.
 */

#include <stdint.h>

#define FROST_CAPABILITY(number) (1ull << (number))

/* Gives up, for the calling thread and for good, every capability that is not in @kept. Of @kept it
 * has what it had. 0, or a negative errno: it still has all of them. */
int frost_capabilities_keep(uint64_t kept);
/* From now on a program that the calling thread starts gets none but these (the bounding set). 0,
 * or a negative errno: -EPERM without CAP_SETPCAP. */
int frost_capabilities_bound(uint64_t kept);
/* The same for what a program's file would add: set-user-ID, file capabilities. 0, or a negative
 * errno. */
int frost_capabilities_bar_new(void);
