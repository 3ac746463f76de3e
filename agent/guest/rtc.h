/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * rtc.h - the hardware clock, without a program: for guests that have no hwclock
 */

#include <stdint.h>

/* Both in seconds since the epoch; negative errno. Whether the clock runs in local time is what
 * /etc/adjtime says, as for hwclock. */
int frost_rtc_read(int64_t *out_s);
int frost_rtc_write(int64_t s);
