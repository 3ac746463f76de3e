/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * call-filter.h - the system calls that a sealed freezer can still make, a seccomp filter
 *
 * What it needs to wait, to answer, to sync and to end; and ioctl, if it is FIFREEZE or FITHAW on
 * one of the filesystems that were handed over. Nothing can make their numbers mean other files.
 *
 * A call that is not in the list fails with ENOSYS, as in a kernel that does not have it: libc then
 * falls back on an older call, if there is one. It is never answered by a signal: a freezer that is
 * killed is a frozen guest. With -Dseal_kills=true, for the tests, it is SIGSYS: what was forgotten
 * shows.
 */

/**
 * frost_call_filter_install: filters the calls of all threads of this process, for good
 * @fds: the filesystems' descriptors, @count of them
 *
 * The calling thread must have no_new_privs or CAP_SYS_ADMIN; the others must have no other filter.
 * Frozen-safe: no heap. 0, or a negative errno: no thread is filtered. -ENOSYS also for a processor
 * whose calls are not known here.
 */
int frost_call_filter_install(const int *fds, unsigned count);
