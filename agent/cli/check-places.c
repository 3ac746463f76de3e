/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "check.h"
#include "hook-config.h"
#include "hook-directory.h"

/* The resolved path of @path, or, if that does not exist, of the nearest folder above it. */
static char *
nearest_of(FrostSys *sys, const char *path)
{
    g_autofree char *at = g_strdup(path);
    char *resolved = NULL;

    while (sys->resolve(sys, at, &resolved) < 0) {
        char *above = g_path_get_dirname(at);

        if (g_str_equal(above, at)) {
            g_free(above);
            return NULL;
        }
        g_free(at);
        at = above;
    }
    return resolved;
}

/* How many bytes of @path @mount_point takes; 0: @path is not below it. */
static size_t
match(const char *path, const char *mount_point)
{
    size_t length = strlen(mount_point);

    if (length == 1)
        return 1;
    return strncmp(path, mount_point, length) == 0 && (path[length] == '/' || !path[length])
               ? length
               : 0;
}

static size_t
best_match(const FrostFilesystem *fs, const char *path)
{
    size_t best = match(path, fs->mount_point);

    for (guint i = 0; i < fs->aliases->len; i++)
        best = MAX(best, match(path, g_ptr_array_index(fs->aliases, i)));
    return best;
}

/* For a plan of another mount namespace, whose mount points cannot be compared with our paths. */
static bool
is_on_device(const FrostCheck *self, const FrostFilesystem *fs, const char *real)
{
    FrostStat stat;

    return self->sys->stat_path(self->sys, real, &stat) == 0 && stat.dev == fs->mount_dev;
}

static size_t
match_of(const FrostCheck *self, const FrostFilesystem *fs, const char *real)
{
    if (fs->decision == FROST_DECISION_UNREACHABLE)
        return 0;
    return self->sys->mounts_of > 0 ? is_on_device(self, fs, real) : best_match(fs, real);
}

const FrostFilesystem *
frost_check_frozen_below(const FrostCheck *self, const char *path)
{
    g_autofree char *real = nearest_of(self->sys, path);
    const FrostFilesystem *found = NULL;
    size_t longest = 0;

    for (guint i = 0; real && i < self->plan->filesystems->len; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(self->plan->filesystems, i);
        size_t length = match_of(self, fs, real);

        if (length > longest) {
            longest = length;
            found = fs;
        }
    }
    return found && found->decision == FROST_DECISION_FREEZE ? found : NULL;
}

static void
check_place(const FrostCheck *self, FrostGrade grade, const char *what, const char *path,
            const char *consequence)
{
    const FrostFilesystem *fs = path && *path == '/' ? frost_check_frozen_below(self, path) : NULL;

    if (fs)
        frost_check_add(self, grade, "places", NULL, "%s %s is on %s, which would be frozen: %s",
                        what, path, fs->mount_point, consequence);
}

static void
check_swap_files(const FrostCheck *self)
{
    g_autofree char *text = NULL;
    if (self->sys->read_file(self->sys, "/proc/swaps", &text, NULL) < 0)
        return;

    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit_set(*line, " \t", 2);

        if (words[0] && words[1] && g_str_has_prefix(g_strchug(words[1]), "file"))
            check_place(self, FROST_GRADE_OK, "the swap file", words[0],
                        "swapping goes on meanwhile");
    }
}

static bool
has_journal_hook(const FrostCheck *self)
{
    const FrostHooksConfig hooks = frost_cli_hooks_of_config(self->config);
    g_autoptr(GPtrArray) items = hooks.source.source ? frost_hook_list(&hooks.source, NULL) : NULL;

    for (guint i = 0; items && i < items->len; i++) {
        const FrostHookItem *item = g_ptr_array_index(items, i);

        if (item->verdict == FROST_HOOK_RUNS && strstr(item->name, "journal"))
            return true;
    }
    return false;
}

static void
check_journal(const FrostCheck *self)
{
    g_autofree char *path = frost_sys_mounted_path(self->sys, "/var/log/journal");
    FrostStat stat;
    const FrostFilesystem *fs = frost_check_frozen_below(self, path);

    if (!fs || self->sys->stat_path(self->sys, path, &stat) < 0)
        return;
    if (has_journal_hook(self))
        frost_check_add(self, FROST_GRADE_OK, "journal", NULL,
                        "it is on %s, which would be frozen, and a hook keeps it in memory",
                        fs->mount_point);
    else
        frost_check_add(self, FROST_GRADE_OK, "journal",
                        "The hook 20-journald keeps it in memory meanwhile.",
                        "it is on %s, which would be frozen: journald waits, and so may services "
                        "that log much",
                        fs->mount_point);
}

void
frost_check_places(const FrostCheck *self)
{
    const FrostConfig *config = self->config;

    if (!self->plan)
        return;
    check_place(self, FROST_GRADE_WARNING, "the state directory", config->statedir,
                "the ledger has to be kept in memory, and when agent and freezer are both killed, "
                "nothing is known of the freeze");
    check_place(self, FROST_GRADE_OK, "the log", config->logfile,
                "its lines wait in memory until the thaw");
    if (config->daemon)
        check_place(self, FROST_GRADE_WARNING, "the pid file", config->pidfile,
                    "an agent that is started while it is frozen hangs");
    if (g_str_equal(config->method, "unix-listen"))
        check_place(self, FROST_GRADE_WARNING, "the socket", config->path,
                    "an agent that is started while it is frozen hangs");
    check_swap_files(self);
    check_journal(self);
}
