/* SPDX-License-Identifier: MIT */
#include "time-limits.h"

/* Ten years: more would only overflow. */
#define LIMIT_MAX_S 315360000u

static unsigned
read_number(FrostSys *sys, const char *path)
{
    g_autofree char *text = NULL;

    if (sys->read_file(sys, path, &text, NULL) < 0)
        return 0;
    return (unsigned)MIN(g_ascii_strtoull(text, NULL, 10), (guint64)LIMIT_MAX_S);
}

unsigned
frost_limits_window_s(FrostSys *sys)
{
    if (read_number(sys, "/proc/sys/kernel/hung_task_panic") == 0)
        return 0;
    unsigned timeout_s = read_number(sys, "/proc/sys/kernel/hung_task_timeout_secs");
    return timeout_s == 0 ? 0 : MAX(1, timeout_s * 8 / 10);
}

unsigned
frost_limits_told_s(const FrostLimits *limits, unsigned window_s)
{
    if (limits->hold_s == 0 || window_s == 0)
        return MAX(limits->hold_s, window_s);
    return MIN(limits->hold_s, window_s);
}
