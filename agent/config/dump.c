/* SPDX-License-Identifier: MIT */
#include "dump.h"

#include "settings.h"

#define GENERAL "general"

static void
put_optional(GKeyFile *file, const char *key, const char *value)
{
    if (value)
        g_key_file_set_string(file, GENERAL, key, value);
}

static void
put_list(GKeyFile *file, const char *key, const GPtrArray *list)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++) {
        if (i > 0)
            g_string_append_c(text, ',');
        g_string_append(text, g_ptr_array_index(list, i));
    }
    g_key_file_set_string(file, GENERAL, key, text->str);
}

/* The order is part of the contract. */
static void
put_general(GKeyFile *file, const FrostConfig *config)
{
    g_key_file_set_boolean(file, GENERAL, "daemon", config->daemon);
    g_key_file_set_string(file, GENERAL, "method", config->method);
    put_optional(file, "path", config->path);
    put_optional(file, "logfile", config->logfile);
    g_key_file_set_string(file, GENERAL, "pidfile", config->pidfile);
    put_optional(file, "fsfreeze-hook", config->fsfreeze_hook);
    g_key_file_set_string(file, GENERAL, "statedir", config->statedir);
    g_key_file_set_boolean(file, GENERAL, "verbose", config->verbose);
    g_key_file_set_boolean(file, GENERAL, "retry-path", config->retry_path);
    put_list(file, "block-rpcs", config->block_rpcs);
    put_list(file, "allow-rpcs", config->allow_rpcs);
}

static bool
differs_from_default(const FrostConfig *config)
{
    g_autoptr(FrostConfig) defaults = frost_config_new();

    for (const FrostSetting *setting = frost_settings(); setting->name; setting++) {
        g_autofree char *value = setting->print(config);
        g_autofree char *usual = setting->print(defaults);

        if (g_strcmp0(value, usual) != 0)
            return true;
    }
    return false;
}

/* setting->print() has quoted the values already, so they are written as they are. */
static void
put_settings(GKeyFile *file, const FrostConfig *config)
{
    for (const FrostSetting *setting = frost_settings(); setting->name; setting++) {
        g_autofree char *value = setting->print(config);

        if (value)
            g_key_file_set_value(file, FROST_SETTINGS_GROUP, setting->name, value);
    }
}

char *
frost_config_dump(const FrostConfig *self)
{
    g_autoptr(GKeyFile) file = g_key_file_new();

    put_general(file, self);
    /* Without a setting of our own, the dump is the same as qemu-ga's, for tools that read it. */
    if (differs_from_default(self))
        put_settings(file, self);
    return g_key_file_to_data(file, NULL, NULL);
}
