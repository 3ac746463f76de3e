/* SPDX-License-Identifier: MIT */
#include "cpu-stats.h"

#include <stdbool.h>

#include "numbers.h"

static bool
parse_line(const char *line, long ticks_per_s, FrostCpuStats *out)
{
    uint64_t numbers[1 + FROST_CPU_TIMES];

    if (!g_str_has_prefix(line, "cpu") || !g_ascii_isdigit(line[3]))
        return false;
    line += 3;

    size_t count = frost_numbers(&line, numbers, G_N_ELEMENTS(numbers));
    if (count < 1 + 4)
        return false;
    *out =
        (FrostCpuStats){.cpu = (int64_t)MIN(numbers[0], G_MAXINT64), .count = (unsigned)count - 1};
    for (unsigned i = 0; i < out->count; i++) {
        uint64_t ticks = numbers[1 + i];

        /* Whole seconds are converted first, as the product with a large number would overflow. */
        out->ms[i] = ticks / (uint64_t)ticks_per_s * 1000 +
                     ticks % (uint64_t)ticks_per_s * 1000 / (uint64_t)ticks_per_s;
    }
    return true;
}

GArray *
frost_cpu_stats_parse(const char *text, long ticks_per_s)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(FrostCpuStats));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; lines[i]; i++) {
        FrostCpuStats stats;

        if (parse_line(lines[i], ticks_per_s, &stats))
            g_array_append_val(all, stats);
    }
    return all;
}
