/* SPDX-License-Identifier: MIT */
#include "hook-trust.h"

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many as the kernel follows. */
#define LINKS_MAX 40

typedef struct {
    GString *path;   /* looked at and trusted so far; "" is the root */
    GQueue todo;     /* of char *: the components that follow */
    unsigned links;  /* followed so far */
    bool is_missing; /* nothing to be said about it */
    char *reason;    /* NULL: trusted until now */
} Walk;

static void
walk_clear(Walk *self)
{
    g_string_free(self->path, TRUE);
    g_queue_clear_full(&self->todo, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Walk, walk_clear)

static const char *
shown(const Walk *self)
{
    return self->path->len > 0 ? self->path->str : "/";
}

static bool
is_over(const Walk *self)
{
    return self->is_missing || self->reason;
}

/* The mode of a link means nothing; an ACL shows as a right of the group. */
static void
judge(Walk *self, const struct stat *st)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        self->reason = g_strdup_printf("%s belongs to user %u, not to root", shown(self),
                                       (unsigned)st->st_uid);
    else if (!S_ISLNK(st->st_mode) && (st->st_mode & (S_IWGRP | S_IWOTH)))
        self->reason = g_strdup_printf("%s can be changed by others than root (mode %04o)",
                                       shown(self), (unsigned)st->st_mode & 07777);
}

static void
look(Walk *self, struct stat *out)
{
    if (lstat(shown(self), out) < 0)
        self->is_missing = true;
    else
        judge(self, out);
}

/* @text comes before what is to do already. */
static void
put_first(Walk *self, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", -1);

    for (guint i = g_strv_length(parts); i > 0; i--)
        g_queue_push_head(&self->todo, g_strdup(parts[i - 1]));
}

static void
go_up(Walk *self)
{
    const char *slash = g_strrstr(self->path->str, "/");

    if (slash)
        g_string_truncate(self->path, (gsize)(slash - self->path->str));
}

/* From the directory that the link is in, or from the root. */
static void
follow(Walk *self)
{
    g_autofree char *target = g_file_read_link(self->path->str, NULL);

    if (!target || ++self->links > LINKS_MAX) {
        self->is_missing = true;
        return;
    }
    if (g_path_is_absolute(target))
        g_string_truncate(self->path, 0);
    else
        go_up(self);
    put_first(self, target);
}

static void
advance(Walk *self, const char *component)
{
    struct stat st;

    if (*component == '\0' || g_str_equal(component, "."))
        return;
    if (g_str_equal(component, "..")) {
        go_up(self);
        return;
    }
    g_string_append_printf(self->path, "/%s", component);
    look(self, &st);
    if (!is_over(self) && S_ISLNK(st.st_mode))
        follow(self);
}

char *
frost_hook_distrust(const char *path)
{
    g_auto(Walk) walk = {.path = g_string_new(NULL), .todo = G_QUEUE_INIT};
    struct stat root;

    put_first(&walk, path);
    look(&walk, &root);
    while (!is_over(&walk) && !g_queue_is_empty(&walk.todo)) {
        g_autofree char *component = g_queue_pop_head(&walk.todo);

        advance(&walk, component);
    }
    return walk.reason;
}
