/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * shut-doors.h - instead of blocking-jobs.c, launch.c and transaction.c: nothing is carried out
 *
 * Whatever is asked of them is counted and ends with an error. So a handler can be given anything,
 * by root on a machine that matters.
 */

/* How often anything has been asked of them. */
unsigned shut_doors_knocks(void);
