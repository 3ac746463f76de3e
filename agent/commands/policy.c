/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include <string.h>

#include "schema.h"

#define PREFIX "guest-"

static bool
means(const char *item, const FrostSchemaCommand *command)
{
    if (strcmp(item, command->name) == 0 || strcmp(item, command->family) == 0)
        return true;
    const char *rest =
        g_str_has_prefix(command->name, PREFIX) ? command->name + strlen(PREFIX) : "";
    return strpbrk(item, "*?") &&
           (g_pattern_match_simple(item, command->name) || g_pattern_match_simple(item, rest));
}

char **
frost_policy_expand(const char *const *items, char ***out_unmatched)
{
    GPtrArray *names = g_ptr_array_new();
    GPtrArray *unmatched = g_ptr_array_new();

    for (size_t i = 0; items[i]; i++) {
        g_autofree char *item = g_strstrip(g_strdup(items[i]));
        guint before = names->len;

        for (size_t k = 0; frost_schema[k].name; k++) {
            if (means(item, &frost_schema[k]))
                g_ptr_array_add(names, g_strdup(frost_schema[k].name));
        }
        if (names->len == before) {
            g_ptr_array_add(names, g_strdup(item));
            g_ptr_array_add(unmatched, g_strdup(item));
        }
    }
    g_ptr_array_add(names, NULL);
    g_ptr_array_add(unmatched, NULL);
    *out_unmatched = (char **)g_ptr_array_free(unmatched, FALSE);
    return (char **)g_ptr_array_free(names, FALSE);
}
