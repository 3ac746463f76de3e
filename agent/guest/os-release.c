/* SPDX-License-Identifier: MIT */
#include "os-release.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    {"ID", offsetof(FrostOsRelease, id)},
    {"NAME", offsetof(FrostOsRelease, name)},
    {"PRETTY_NAME", offsetof(FrostOsRelease, pretty_name)},
    {"VERSION", offsetof(FrostOsRelease, version)},
    {"VERSION_ID", offsetof(FrostOsRelease, version_id)},
    {"VARIANT", offsetof(FrostOsRelease, variant)},
    {"VARIANT_ID", offsetof(FrostOsRelease, variant_id)},
};

/* True if a backslash before @next is an escape. In double quotes it is one only before these. */
static bool
escapes(char quote, char next)
{
    return next != '\0' && (quote == '\0' || strchr("$\"\\`'", next));
}

/* The word that a shell would assign. It ends at a blank or a ; outside of quotes. */
static char *
unquote(const char *text)
{
    GString *value = g_string_new(NULL);
    char quote = '\0';

    for (; *text && (quote || !strchr(" \t\r;", *text)); text++) {
        if (*text == quote)
            quote = '\0';
        else if (!quote && (*text == '"' || *text == '\''))
            quote = *text;
        else if (*text == '\\' && quote != '\'' && escapes(quote, text[1]))
            g_string_append_c(value, *++text);
        else
            g_string_append_c(value, *text);
    }
    return g_string_free(value, FALSE);
}

static void
take(FrostOsRelease *self, const char *name, const char *value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (strcmp(fields[i].name, name) != 0)
            continue;
        char **field = (char **)(void *)((char *)self + fields[i].offset);

        g_free(*field);
        *field = unquote(value);
    }
}

void
frost_os_release_parse(FrostOsRelease *self, const char *text)
{
    if (!g_utf8_validate(text, -1, NULL))
        return;

    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i]; i++) {
        char *line = g_strchug(lines[i]);
        char *sign = strchr(line, '=');

        if (*line == '#' || !sign)
            continue;
        *sign = '\0';
        take(self, g_strchomp(line), g_strchug(sign + 1));
    }
}

void
frost_os_release_read(FrostOsRelease *self)
{
    const char *given = g_getenv("QGA_OS_RELEASE");
    g_autofree char *text = NULL;

    if (given ? g_file_get_contents(given, &text, NULL, NULL)
              : g_file_get_contents("/etc/os-release", &text, NULL, NULL) ||
                    g_file_get_contents("/usr/lib/os-release", &text, NULL, NULL))
        frost_os_release_parse(self, text);
}

void
frost_os_release_clear(FrostOsRelease *self)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        g_clear_pointer((char **)(void *)((char *)self + fields[i].offset), g_free);
}
