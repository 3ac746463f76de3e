/* SPDX-License-Identifier: MIT */
#include "config-private.h"
#include "settings.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GENERAL "general"

typedef struct {
    GKeyFile *file;
    GError *error; /* the first one; everything after it is passed over */
} Reader;

static bool
reader_has(Reader *reader, const char *key)
{
    return !reader->error && g_key_file_has_key(reader->file, GENERAL, key, NULL);
}

static void
read_bool(Reader *reader, const char *key, bool *target)
{
    if (!reader_has(reader, key))
        return;

    gboolean value = g_key_file_get_boolean(reader->file, GENERAL, key, &reader->error);
    if (!reader->error)
        *target = value;
}

static void
read_string(Reader *reader, const char *key, char **target)
{
    if (!reader_has(reader, key))
        return;

    char *value = g_key_file_get_string(reader->file, GENERAL, key, &reader->error);
    if (value) {
        g_free(*target);
        *target = value;
    }
}

static void
read_list(Reader *reader, const char *key, GPtrArray *list)
{
    g_autofree char *text = NULL;

    read_string(reader, key, &text);
    if (text)
        frost_config_add_list(list, text);
}

static void
read_general(Reader *reader, FrostConfig *config)
{
    read_bool(reader, "daemon", &config->daemon);
    read_string(reader, "method", &config->method);
    read_string(reader, "path", &config->path);
    read_string(reader, "logfile", &config->logfile);
    read_string(reader, "pidfile", &config->pidfile);
    read_string(reader, "fsfreeze-hook", &config->fsfreeze_hook);
    read_string(reader, "statedir", &config->statedir);
    read_bool(reader, "verbose", &config->verbose);
    read_bool(reader, "retry-path", &config->retry_path);
    /* qemu-ga 9.1 dropped the old name. To pass over it would open to the host what the
     * administrator closed, so it still replaces block-rpcs, as it did before. */
    if (reader_has(reader, "blacklist")) {
        g_warning("config using deprecated 'blacklist' key, should be replaced with the "
                  "'block-rpcs' key.");
        read_list(reader, "blacklist", config->block_rpcs);
    } else {
        read_list(reader, "block-rpcs", config->block_rpcs);
    }
    read_list(reader, "allow-rpcs", config->allow_rpcs);
}

/* In the rpc lists of the same file the comma separates; here it would silently become a part of
 * a glob that then matches nothing. */
static void
warn_of_comma(const FrostSetting *setting, const char *item)
{
    if (strchr(item, ','))
        g_warning("[" FROST_SETTINGS_GROUP "] %s: the items are separated by ';', the comma in "
                  "'%s' is part of the item",
                  setting->name, item);
}

static bool
apply_items(GKeyFile *file, const FrostSetting *setting, FrostConfig *config, GError **error)
{
    g_auto(GStrv) items =
        g_key_file_get_string_list(file, FROST_SETTINGS_GROUP, setting->name, NULL, error);

    if (!items)
        return false;
    for (size_t i = 0; items[i]; i++) {
        const char *item = g_strstrip(items[i]);

        if (*item == '\0')
            continue;
        warn_of_comma(setting, item);
        if (!frost_setting_apply(setting, config, item, "[" FROST_SETTINGS_GROUP "] ", error))
            return false;
    }
    return true;
}

static bool
apply_key(GKeyFile *file, const FrostSetting *setting, FrostConfig *config, GError **error)
{
    if (setting->is_list)
        return apply_items(file, setting, config, error);

    g_autofree char *text = g_key_file_get_string(file, FROST_SETTINGS_GROUP, setting->name, error);
    return text && frost_setting_apply(setting, config, g_strstrip(text),
                                       "[" FROST_SETTINGS_GROUP "] ", error);
}

static const FrostSetting *
find_setting(const char *name)
{
    for (const FrostSetting *setting = frost_settings(); setting->name; setting++) {
        if (g_str_equal(setting->name, name))
            return setting;
    }
    return NULL;
}

static bool
read_settings(GKeyFile *file, const char *path, FrostConfig *config, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, FROST_SETTINGS_GROUP, NULL, NULL);

    for (size_t i = 0; keys && keys[i]; i++) {
        const FrostSetting *setting = find_setting(keys[i]);

        if (!setting)
            g_warning("%s: unknown key '%s' in group [" FROST_SETTINGS_GROUP "]", path, keys[i]);
        else if (!apply_key(file, setting, config, error))
            return false;
    }
    return true;
}

/* One code for all that is wrong with the file, but for values, which keep theirs. */
static bool
fail(GError *cause, const char *path, GError **error)
{
    int code = g_error_matches(cause, FROST_CONFIG_ERROR, FROST_CONFIG_ERROR_VALUE)
                   ? FROST_CONFIG_ERROR_VALUE
                   : FROST_CONFIG_ERROR_FILE;

    g_set_error(error, FROST_CONFIG_ERROR, code, "error loading configuration from path: %s, %s",
                path, cause->message);
    g_error_free(cause);
    return false;
}

static bool
is_other_than_a_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

bool
frost_config_read_file(FrostConfig *self, const char *path, bool must_exist, GError **error)
{
    /* Asked first: GLib words an error in the locale's charset and loads its converters for it. */
    if (!must_exist && access(path, F_OK) != 0 && errno == ENOENT)
        return true;

    g_autoptr(GKeyFile) file = g_key_file_new();
    Reader reader = {file, NULL};

    /* GLib would find out as well, but only after an open that waits for somebody to write. */
    if (is_other_than_a_file(path)) {
        reader.error =
            g_error_new_literal(G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, "Not a regular file");
        return fail(reader.error, path, error);
    }
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &reader.error)) {
        if (must_exist || !g_error_matches(reader.error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return fail(reader.error, path, error);
        g_clear_error(&reader.error);
        return true;
    }

    read_general(&reader, self);
    if (!reader.error)
        read_settings(file, path, self, &reader.error);
    return reader.error ? fail(reader.error, path, error) : true;
}
