/* SPDX-License-Identifier: MIT */
#include "numbers.h"

#include <glib.h>

size_t
frost_numbers(const char **text, uint64_t *out, size_t max)
{
    size_t count = 0;

    while (count < max) {
        const char *p = *text;
        char *end;

        while (*p == ' ' || *p == '\t')
            p++;
        if (!g_ascii_isdigit(*p))
            break;
        out[count++] = g_ascii_strtoull(p, &end, 10);
        *text = end;
    }
    return count;
}
