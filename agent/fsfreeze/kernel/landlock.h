/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * landlock.h - what a thread can do with files, ports and processes outside, by the kernel's
 * Landlock
 *
 * What is open stays open. It holds for a thread, and for threads and processes that it creates
 * later. How much it forbids depends on the kernel: files since 5.13; TCP since 6.7; signals and
 * abstract Unix sockets since 6.12. Under any rules a thread can neither mount, nor look into a
 * process that is not under the same. No heap.
 */

typedef enum {
    FROST_LANDLOCK_EXECUTE,
    FROST_LANDLOCK_CHANGE, /* make files and sockets, and remove them */
} FrostLandlockDeed;

/* A set of rules that allows nothing of what this kernel can forbid. A descriptor (CLOEXEC), or a
 * negative errno: -ENOSYS, -EOPNOTSUPP where the kernel has no Landlock, or it is off. */
int frost_landlock_open(void);
/* The same, of rules under which files can be opened, and be written to, but none can be made,
 * removed or executed, and no TCP port be used. */
int frost_landlock_open_for_known_files(void);
/* Allows @deed for what is below the folder @path, or for the file. 0, or a negative errno. */
int frost_landlock_allow(int rules, const char *path, FrostLandlockDeed deed);
/* Puts the calling thread under the rules, for good; it must have no_new_privs or CAP_SYS_ADMIN.
 * 0, or a negative errno. */
int frost_landlock_restrict(int rules);
