/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * capabilities.h - the rights of a thread of root
 *
 * They belong to a thread; one that it creates later inherits them. No heap.
 */

/* Gives up, for the calling thread and for good, every capability but @kept (CAP_SYS_ADMIN...), and
 * what an exec could give back. 0, or a negative errno: it still has all of them. */
int frost_capabilities_keep(unsigned kept);
