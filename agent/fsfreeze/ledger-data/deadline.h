/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * deadline.h - arithmetic with deadlines: microseconds of CLOCK_BOOTTIME, 0 for no deadline
 *
 * The freezer acts on a deadline, and the agent watches that it does.
 */

#include <stdint.h>

/* The time @limit_us after @begun_us. There is no deadline (0) without a limit, and none for what
 * has not begun: counted from 0, it would have passed on any machine that is up long enough. */
static inline int64_t
frost_deadline_after(int64_t begun_us, int64_t limit_us)
{
    return begun_us > 0 && limit_us > 0 ? begun_us + limit_us : 0;
}

/* The earlier of two deadlines, each of which may be none. */
static inline int64_t
frost_deadline_earlier(int64_t a, int64_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}
