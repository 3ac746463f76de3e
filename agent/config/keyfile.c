/* SPDX-License-Identifier: MIT */
#include "keyfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "given-values.h"
#include "settings.h"

#define GENERAL "general"

typedef struct {
    GKeyFile *file;
    char *text;    /* of the file, for the keys that may be given more than once */
    GError *error; /* the first error; nothing is read after it */
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

/* A key file with @group and @line alone. NULL, with an error that the whole file would give, too.
 */
static GKeyFile *
file_of_line(const char *group, const char *line, GError **error)
{
    g_autofree char *text = g_strdup_printf("[%s]\n%s\n", group, line);
    g_autoptr(GKeyFile) file = g_key_file_new();

    return g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, error)
               ? g_steal_pointer(&file)
               : NULL;
}

/* Every line with the key adds to the list; an empty one does not clear it. */
static void
read_list(Reader *reader, const char *key, GPtrArray *list)
{
    g_auto(GStrv) lines = frost_given_values(reader->text, GENERAL, key);

    for (char **line = lines; *line && !reader->error; line++) {
        g_autoptr(GKeyFile) one = file_of_line(GENERAL, *line, &reader->error);
        g_autofree char *text =
            one ? g_key_file_get_string(one, GENERAL, key, &reader->error) : NULL;

        if (text)
            frost_config_add_list(list, text);
    }
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
    read_list(reader, "block-rpcs", config->block_rpcs);
    /* qemu-ga 9.1 dropped the old name. Ignoring it would allow commands that the administrator has
     * blocked. If both names are given, both count. */
    if (reader_has(reader, "blacklist"))
        g_warning("config using deprecated 'blacklist' key, should be replaced with the "
                  "'block-rpcs' key.");
    read_list(reader, "blacklist", config->block_rpcs);
    read_list(reader, "allow-rpcs", config->allow_rpcs);
}

/* In the command lists of group [general] a comma separates items. Here it would silently become
 * part of a glob, which then matches nothing. */
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

/* As in group [general], every line with the key adds to the list. */
static bool
apply_list(const Reader *reader, const FrostSetting *setting, FrostConfig *config, GError **error)
{
    g_auto(GStrv) lines = frost_given_values(reader->text, FROST_SETTINGS_GROUP, setting->name);

    for (char **line = lines; *line; line++) {
        g_autoptr(GKeyFile) one = file_of_line(FROST_SETTINGS_GROUP, *line, error);

        if (!one || !apply_items(one, setting, config, error))
            return false;
    }
    return true;
}

static bool
apply_key(const Reader *reader, const FrostSetting *setting, FrostConfig *config, GError **error)
{
    if (setting->is_list)
        return apply_list(reader, setting, config, error);

    g_autofree char *text =
        g_key_file_get_string(reader->file, FROST_SETTINGS_GROUP, setting->name, error);
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

/* GKeyFile lists a key once for each line that gives it. */
static bool
has_come_before(char **keys, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (g_str_equal(keys[i], keys[at]))
            return true;
    }
    return false;
}

static bool
read_settings(const Reader *reader, const char *path, FrostConfig *config, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(reader->file, FROST_SETTINGS_GROUP, NULL, NULL);

    for (size_t i = 0; keys && keys[i]; i++) {
        const FrostSetting *setting = find_setting(keys[i]);

        if (has_come_before(keys, i))
            continue;
        if (!setting)
            g_warning("%s: unknown key '%s' in group [" FROST_SETTINGS_GROUP "]", path, keys[i]);
        else if (!apply_key(reader, setting, config, error))
            return false;
    }
    return true;
}

/* The code is FROST_CONFIG_ERROR_VALUE for an invalid value, and _FILE for everything else. */
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
    /* Checked first, because for its error message GLib would load charset converters. */
    if (!must_exist && access(path, F_OK) != 0 && errno == ENOENT)
        return true;

    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autofree char *text = NULL;
    Reader reader = {.file = file};

    /* GLib would notice this, too, but only after opening a fifo, which waits for a writer. */
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
    if (!g_file_get_contents(path, &text, NULL, &reader.error))
        return fail(reader.error, path, error);
    reader.text = text;

    read_general(&reader, self);
    if (!reader.error)
        read_settings(&reader, path, self, &reader.error);
    return reader.error ? fail(reader.error, path, error) : true;
}
