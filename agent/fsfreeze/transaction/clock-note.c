/* SPDX-License-Identifier: MIT */
#include "clock-note.h"

#include <glib.h>
#include <sys/timex.h>

#define SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* Whoever keeps the clock (chronyd, ntpd, timesyncd, phc2sys) tells the kernel how far off it may
 * be; nobody has for a while: STA_UNSYNC. */
void
frost_clock_note(FrostSys *sys, FrostLedgerData *data)
{
    struct timex now = {.modes = 0};
    g_autofree char *source = NULL;
    int state = adjtimex(&now);

    data->clock_synchronized = state < 0 ? -1 : !(now.status & STA_UNSYNC);
    data->clock_error_us = state < 0 ? -1 : (int64_t)now.maxerror;
    if (sys->read_file(sys, SOURCE, &source, NULL) == 0)
        g_strlcpy(data->clock_source, g_strstrip(source), sizeof data->clock_source);
}
