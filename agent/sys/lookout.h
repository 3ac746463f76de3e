/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lookout.h - a thread that stands in a mount namespace, so that /proc shows what is mounted there
 *
 * It does nothing else. The rest of this process stays where it is.
 */

#include <sys/types.h>

/* See enter_namespace in sys.h. */
int frost_lookout(int namespace, pid_t *out_thread);
