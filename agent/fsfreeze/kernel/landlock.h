/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * landlock.h - no file can be opened, no port used, no process outside be signalled
 *
 * What is open stays open. It holds for a thread, and for threads and processes that it creates
 * later. How much it forbids depends on the kernel: files since 5.13; TCP since 6.7; signals and
 * abstract Unix sockets since 6.12. No heap.
 */

/* A set of rules that allows nothing of what this kernel can forbid. A descriptor (CLOEXEC), or a
 * negative errno: -ENOSYS, -EOPNOTSUPP where the kernel has no Landlock, or it is off. */
int frost_landlock_open(void);
/* Puts the calling thread under the rules, for good; it must have no_new_privs or CAP_SYS_ADMIN.
 * 0, or a negative errno. */
int frost_landlock_restrict(int rules);
