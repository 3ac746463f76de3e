/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * parse-filter.h - the system calls that a sealed parser can still make, a seccomp filter
 *
 * To read and write what is open, to have memory that cannot be executed, and to end. Any other
 * call fails with ENOSYS; with -Dseal_kills=true it is SIGSYS.
 */

/* As frost_call_filter_install(). No heap. */
int frost_parse_filter_install(void);
