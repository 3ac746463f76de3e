/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * rtc.h - reads and sets the hardware clock, for guests without the program hwclock
 */

#include <stdbool.h>
#include <stdint.h>

/* True if the machine has a hardware clock. An s390x guest has none. */
bool frost_rtc_exists(void);

/* Both use seconds since the epoch, and return 0 or a negative errno. As for hwclock, /etc/adjtime
 * says whether the clock runs in local time. */
int frost_rtc_read(int64_t *out_s);
int frost_rtc_write(int64_t s);
