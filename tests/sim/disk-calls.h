/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-calls.h - what the code under test gets for the kernel: its calls on filesystems
 */

#include "disks.h"

/* As good as any other copy. */
FrostSys disks_sys(void);
/* The fake kernel's own descriptor. */
void disks_close(int disk);
