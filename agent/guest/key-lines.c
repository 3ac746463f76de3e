/* SPDX-License-Identifier: MIT */
#include "key-lines.h"

#include <string.h>

bool
frost_key_is_line(const char *key)
{
    return *key != '#' && !strpbrk(key, "\n\r");
}

static bool
is_key(const char *stripped)
{
    return *stripped != '\0' && *stripped != '#';
}

char **
frost_key_lines_list(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *keys = g_ptr_array_new();

    for (char **line = lines; *line; line++) {
        if (is_key(g_strstrip(*line)))
            g_ptr_array_add(keys, g_strdup(*line));
    }
    g_ptr_array_add(keys, NULL);
    return (char **)g_ptr_array_free(keys, FALSE);
}

static GHashTable *
set_of(const char *const *keys)
{
    GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (size_t i = 0; keys[i]; i++)
        g_hash_table_add(set, g_strstrip(g_strdup(keys[i])));
    return set;
}

char *
frost_key_lines_add(const char *text, const char *const *keys)
{
    GString *result = g_string_new(text);
    g_auto(GStrv) present = frost_key_lines_list(text);
    g_autoptr(GHashTable) known = set_of((const char *const *)present);

    for (size_t i = 0; keys[i]; i++) {
        g_autofree char *key = g_strstrip(g_strdup(keys[i]));

        if (!is_key(key) || g_hash_table_contains(known, key))
            continue;
        if (result->len > 0 && result->str[result->len - 1] != '\n')
            g_string_append_c(result, '\n');
        g_string_append_printf(result, "%s\n", key);
        g_hash_table_add(known, g_steal_pointer(&key));
    }
    return g_string_free(result, FALSE);
}

char *
frost_key_lines_remove(const char *text, const char *const *keys)
{
    GString *result = g_string_new(NULL);
    g_autoptr(GHashTable) gone = set_of(keys);

    while (*text) {
        size_t length = strcspn(text, "\n");
        size_t whole = length + (text[length] == '\n');
        g_autofree char *line = g_strstrip(g_strndup(text, length));

        if (!is_key(line) || !g_hash_table_contains(gone, line))
            g_string_append_len(result, text, (gssize)whole);
        text += whole;
    }
    return g_string_free(result, FALSE);
}
