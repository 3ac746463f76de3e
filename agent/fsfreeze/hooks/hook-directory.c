/* SPDX-License-Identifier: MIT */
#include "hook-directory.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "hook-trust.h"

/* /dev/null, from Documentation/admin-guide/devices.txt of Linux. */
#define NULL_DEVICE makedev(1, 3)

static void
item_free(gpointer data)
{
    FrostHookItem *self = data;

    g_free(self->name);
    g_free(self->path);
    g_free(self->reason);
    g_free(self);
}

bool
frost_hook_is_off(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == NULL_DEVICE;
}

bool
frost_hook_is_folder(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_DIR);
}

char *
frost_hook_path(const char *source, const char *name)
{
    return *name ? g_build_filename(source, name, NULL) : g_strdup(source);
}

const char *
frost_hook_verdict_name(FrostHookVerdict verdict)
{
    static const char *const names[] = {
        [FROST_HOOK_RUNS] = "runs",
        [FROST_HOOK_IGNORED] = "ignored",
        [FROST_HOOK_REFUSED] = "refused",
    };

    return names[verdict];
}

/* True if an editor, patch or a package manager has left the file; the list is that of the usual
 * dispatcher script. */
static bool
is_leftover(const char *name)
{
    static const char *const tails[] = {"~",        ".bak",     ".orig",  ".rpmnew",
                                        ".rpmorig", ".rpmsave", ".sample"};

    for (size_t i = 0; i < G_N_ELEMENTS(tails); i++) {
        if (g_str_has_suffix(name, tails[i]))
            return true;
    }
    return strstr(name, ".dpkg-") != NULL;
}

static bool
has_control_character(const char *name)
{
    for (; *name; name++) {
        if (g_ascii_iscntrl(*name))
            return true;
    }
    return false;
}

const char *
frost_hook_find_flaw(const char *path)
{
    struct stat st;

    if (!strchr(path, '/'))
        return NULL; /* it is looked up in PATH when it is started */
    if (stat(path, &st) < 0)
        return g_strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "it is no file";
    if (!(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) || access(path, X_OK) < 0)
        return "it is not executable";
    return NULL;
}

/* (nullable): why the file is not a hook. */
static const char *
why_ignored(const FrostHookItem *item)
{
    if (item->name[0] == '.')
        return "its name begins with a dot";
    if (is_leftover(item->name))
        return "its name is one of a leftover";
    if (has_control_character(item->name))
        return "its name has a control character";
    if (frost_hook_is_off(item->path))
        return "it is /dev/null, which switches it off";
    return frost_hook_find_flaw(item->path);
}

static bool
is_listed(const char *const *names, const char *name)
{
    return names && g_strv_contains(names, name);
}

static FrostHookItem *
add(GPtrArray *list, const FrostHookSource *source, const char *name)
{
    FrostHookItem *item = g_new0(FrostHookItem, 1);

    item->name = g_strdup(name);
    item->path = frost_hook_path(source->source, name);
    item->is_hold = g_str_has_suffix(name, FROST_HOOK_HOLD_SUFFIX);
    item->is_required = source->abort || *name == '\0' || is_listed(source->required, name);
    g_ptr_array_add(list, item);
    return item;
}

/* Takes ownership of @reason. */
static void
refuse(FrostHookItem *item, char *reason)
{
    item->verdict = FROST_HOOK_REFUSED;
    g_free(item->reason);
    item->reason = reason;
}

static void
check_trust(FrostHookItem *item, const FrostHookSource *source)
{
    g_autofree char *why =
        source->trust && g_path_is_absolute(item->path) ? frost_hook_distrust(item->path) : NULL;

    if (why)
        refuse(item, g_steal_pointer(&why));
}

/* A required hook that was switched off, perhaps by accident, must not be skipped silently. */
static void
check_file(FrostHookItem *item, const FrostHookSource *source)
{
    const char *ignored = why_ignored(item);

    if (!ignored) {
        check_trust(item, source);
        return;
    }
    item->verdict = FROST_HOOK_IGNORED;
    item->reason = g_strdup(ignored);
    if (is_listed(source->required, item->name))
        refuse(item, g_strdup_printf("it is required, but %s", ignored));
}

static bool
has(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        const FrostHookItem *item = g_ptr_array_index(list, i);

        if (g_str_equal(item->name, name))
            return true;
    }
    return false;
}

static gint
compare(gconstpointer a, gconstpointer b)
{
    const FrostHookItem *const *one = a;
    const FrostHookItem *const *other = b;

    return strcmp((*one)->name, (*other)->name);
}

static bool
add_folder(GPtrArray *list, const FrostHookSource *source, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(source->source, 0, error);
    g_autofree char *why = NULL;
    const char *name;

    if (!folder)
        return false;
    while ((name = g_dir_read_name(folder)))
        check_file(add(list, source, name), source);
    /* If anyone but root can add files to the folder, no hook in it is trusted. */
    if (source->trust)
        why = frost_hook_distrust(source->source);
    for (guint i = 0; why && i < list->len; i++) {
        FrostHookItem *item = g_ptr_array_index(list, i);

        if (item->verdict == FROST_HOOK_RUNS)
            refuse(item, g_strdup(why));
    }
    for (size_t i = 0; source->required && source->required[i]; i++) {
        if (!has(list, source->required[i]))
            refuse(add(list, source, source->required[i]),
                   g_strdup("it is required, but not there"));
    }
    g_ptr_array_sort(list, compare);
    return true;
}

/* Anyone who can put a link to /dev/null in the place of the hooks can put a program there. So such
 * a link does not switch hooks off unless it is trusted; the hook is then refused. */
static bool
is_switched_off(const FrostHookSource *source)
{
    if (!frost_hook_is_off(source->source))
        return false;
    if (!source->trust || !g_path_is_absolute(source->source))
        return true;
    g_autofree char *folder = g_path_get_dirname(source->source);
    g_autofree char *why = frost_hook_distrust(folder);
    return !why;
}

GPtrArray *
frost_hook_list(const FrostHookSource *source, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(item_free);

    if (!source->source || is_switched_off(source))
        return g_steal_pointer(&list);
    if (frost_hook_is_folder(source->source)) {
        if (!add_folder(list, source, error))
            return NULL;
    } else {
        FrostHookItem *item = add(list, source, "");

        item->is_hold = false;
        check_trust(item, source);
    }
    return g_steal_pointer(&list);
}
