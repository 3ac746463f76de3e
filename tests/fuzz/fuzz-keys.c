/* SPDX-License-Identifier: MIT */

/*
 * fuzz-keys.c - an authorized_keys file of any content, and a key of any content
 *
 * What must hold: what is added is listed, nothing else is lost, and nothing twice; what is removed
 * is listed no more, and nothing else is lost.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "key-lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static unsigned
count(char *const *lines, const char *wanted)
{
    unsigned found = 0;

    for (; *lines; lines++)
        found += strcmp(*lines, wanted) == 0;
    return found;
}

static bool
is_key(const char *key)
{
    return frost_key_is_line(key) && *key != '\0' && *key != '#';
}

/* The key is what comes before the first line break, the file what comes after it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    char *file = strchr(text, '\n');

    if (!file)
        return 0;
    *file++ = '\0';
    const char *key = g_strstrip(text);
    const char *const keys[] = {key, NULL};
    g_auto(GStrv) before = frost_key_lines_list(file);
    g_autofree char *added = frost_key_lines_add(file, keys);
    g_autofree char *removed = frost_key_lines_remove(added, keys);
    g_auto(GStrv) with = frost_key_lines_list(added);
    g_auto(GStrv) without = frost_key_lines_list(removed);
    unsigned had = count(before, key);

    if (!is_key(key))
        return 0;
    must(g_str_has_prefix(added, file));
    must(count(with, key) == MAX(had, 1));
    must(count(without, key) == 0);
    must(g_strv_length(with) == g_strv_length(before) + (had == 0));
    must(g_strv_length(without) == g_strv_length(before) - had);
    return 0;
}
