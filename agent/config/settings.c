/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <string.h>

#define KIB ((guint64)1024)
#define MIB (KIB * 1024)

/* More than a day is a mistyped number. */
#define TIMEOUT_MAX_S 86400

/* Below this even guest-info with arguments would not fit; above it a host could make the agent
 * take a good part of a small guest's memory (protocol 1.7 has the same upper end). */
#define MAX_REQUEST_MIN (4 * KIB)
#define MAX_REQUEST_MAX (64 * MIB)

static bool
set_seconds(unsigned *out, const char *text, guint64 least)
{
    guint64 seconds;

    if (!g_ascii_string_to_unsigned(text, 10, least, TIMEOUT_MAX_S, &seconds, NULL))
        return false;
    *out = (unsigned)seconds;
    return true;
}

#define SECONDS_SETTING(member, least)                              \
    static bool set_##member(FrostConfig *config, const char *text) \
    {                                                               \
        return set_seconds(&config->member, text, least);           \
    }                                                               \
    static char *print_##member(const FrostConfig *config)          \
    {                                                               \
        return g_strdup_printf("%u", config->member);               \
    }

SECONDS_SETTING(freeze_timeout_s, 1)
SECONDS_SETTING(hold_timeout_s, 0)
SECONDS_SETTING(sync_timeout_s, 1)
SECONDS_SETTING(hook_timeout_s, 1)

static bool
set_expedite(FrostConfig *config, const char *text)
{
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

    if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return false;
    config->expedite = yes;
    return true;
}

static char *
print_expedite(const FrostConfig *config)
{
    return g_strdup(config->expedite ? "true" : "false");
}

static bool
set_max_request(FrostConfig *config, const char *text)
{
    g_autofree char *digits = g_strdup(text);
    size_t length = strlen(digits);
    char suffix = length > 0 ? g_ascii_toupper(digits[length - 1]) : '\0';
    guint64 unit = suffix == 'K' ? KIB : suffix == 'M' ? MIB : 1;
    guint64 count;

    if (unit > 1)
        digits[length - 1] = '\0';
    if (!g_ascii_string_to_unsigned(digits, 10, 1, MAX_REQUEST_MAX, &count, NULL))
        return false;
    /* Both factors are bounded: the product fits 64 bits. */
    if (count * unit < MAX_REQUEST_MIN || count * unit > MAX_REQUEST_MAX)
        return false;
    config->max_request_bytes = (size_t)(count * unit);
    return true;
}

static char *
print_max_request(const FrostConfig *config)
{
    guint64 bytes = config->max_request_bytes;

    if (bytes % MIB == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT "M", bytes / MIB);
    if (bytes % KIB == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT "K", bytes / KIB);
    return g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
}

static bool
append_glob(char ***list, const char *text)
{
    size_t length = *list ? g_strv_length(*list) : 0;

    if (*text == '\0')
        return false;
    *list = g_renew(char *, *list, length + 2);
    (*list)[length] = g_strdup(text);
    (*list)[length + 1] = NULL;
    return true;
}

static bool
set_include(FrostConfig *config, const char *text)
{
    return append_glob(&config->include, text);
}

static bool
set_exclude(FrostConfig *config, const char *text)
{
    return append_glob(&config->exclude, text);
}

/* GKeyFile does the quoting: a `;` inside a glob has to survive the way out and in. */
static char *
print_globs(char **globs)
{
    if (!globs)
        return NULL;

    g_autoptr(GKeyFile) file = g_key_file_new();
    g_key_file_set_string_list(file, "g", "k", (const char *const *)globs, g_strv_length(globs));
    return g_key_file_get_value(file, "g", "k", NULL);
}

static char *
print_include(const FrostConfig *config)
{
    return print_globs(config->include);
}

static char *
print_exclude(const FrostConfig *config)
{
    return print_globs(config->exclude);
}

const FrostSetting *
frost_settings(void)
{
    static const FrostSetting settings[] = {
        {"freeze-timeout", false, "whole seconds from 1 to 86400", set_freeze_timeout_s,
         print_freeze_timeout_s},
        {"hold-timeout", false, "whole seconds from 0 (never) to 86400", set_hold_timeout_s,
         print_hold_timeout_s},
        {"sync-timeout", false, "whole seconds from 1 to 86400", set_sync_timeout_s,
         print_sync_timeout_s},
        {"expedite", false, "true or false", set_expedite, print_expedite},
        {"hook-timeout", false, "whole seconds from 1 to 86400", set_hook_timeout_s,
         print_hook_timeout_s},
        {"max-request", false, "bytes from 4K to 64M, with K or M or without", set_max_request,
         print_max_request},
        {"include", true, "a glob on mount point, type or device", set_include, print_include},
        {"exclude", true, "a glob on mount point, type or device", set_exclude, print_exclude},
        {NULL},
    };

    return settings;
}

bool
frost_setting_apply(const FrostSetting *setting, FrostConfig *config, const char *text,
                    const char *place, GError **error)
{
    if (setting->set(config, text))
        return true;

    g_set_error(error, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_VALUE, "%s%s=%s: expected %s", place,
                setting->name, text, setting->expected);
    return false;
}
