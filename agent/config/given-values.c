/* SPDX-License-Identifier: MIT */
#include "given-values.h"

#include <stdbool.h>
#include <string.h>

/* The name of the group that @line begins, g_free() it; NULL: it begins none. */
static char *
group_opened_by(const char *line)
{
    const char *end = *line == '[' ? strchr(line, ']') : NULL;

    return end ? g_strndup(line + 1, (gsize)(end - line - 1)) : NULL;
}

static bool
sets(const char *line, const char *key)
{
    const char *equals = *line == '#' ? NULL : strchr(line, '=');

    if (!equals)
        return false;
    g_autofree char *name = g_strchomp(g_strndup(line, (gsize)(equals - line)));
    return g_str_equal(name, key);
}

char **
frost_given_values(const char *text, const char *group, const char *key)
{
    GPtrArray *found = g_ptr_array_new();
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    bool inside = false;

    for (char **line = lines; *line; line++) {
        const char *start = g_strchug(*line);
        g_autofree char *opened = group_opened_by(start);

        if (opened)
            inside = g_str_equal(opened, group);
        else if (inside && sets(start, key))
            g_ptr_array_add(found, g_strdup(start));
    }
    g_ptr_array_add(found, NULL);
    return (char **)g_ptr_array_free(found, FALSE);
}
