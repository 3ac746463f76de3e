/* SPDX-License-Identifier: MIT */
#include "path-walk.h"

#include <errno.h>
#include <string.h>

#define LINKS_MAX 40

struct FrostPathWalk {
    GString *here; /* "" is the root */
    GString *rest;
    unsigned links; /* how many were followed so far */
};

FrostPathWalk *
frost_path_walk_new(const char *path)
{
    FrostPathWalk *self = g_new0(FrostPathWalk, 1);

    self->here = g_string_new(NULL);
    self->rest = g_string_new(path);
    return self;
}

void
frost_path_walk_free(FrostPathWalk *self)
{
    if (!self)
        return;
    g_string_free(self->here, TRUE);
    g_string_free(self->rest, TRUE);
    g_free(self);
}

const char *
frost_path_walk_here(const FrostPathWalk *self)
{
    return self->here->len > 0 ? self->here->str : "/";
}

bool
frost_path_walk_has_more(const FrostPathWalk *self)
{
    return self->rest->len > 0;
}

bool
frost_path_walk_goes_on(const FrostPathWalk *self)
{
    const char *rest = self->rest->str;
    size_t length;

    do {
        rest += strspn(rest, "/");
        length = strcspn(rest, "/");
        if (length > 1 || (length == 1 && rest[0] != '.'))
            return true;
        rest += length;
    } while (length > 0);
    return false;
}

static void
go_up(FrostPathWalk *self)
{
    const char *slash = strrchr(self->here->str, '/');

    g_string_truncate(self->here, slash ? (gsize)(slash - self->here->str) : 0);
}

char *
frost_path_walk_next(FrostPathWalk *self)
{
    for (;;) {
        size_t start = strspn(self->rest->str, "/");
        size_t length = strcspn(self->rest->str + start, "/");
        g_autofree char *name = g_strndup(self->rest->str + start, length);

        g_string_erase(self->rest, 0, (gssize)(start + length));
        if (length == 0)
            return NULL;
        if (strcmp(name, "..") == 0)
            go_up(self);
        else if (strcmp(name, ".") != 0)
            return g_steal_pointer(&name);
    }
}

int
frost_path_walk_enter(FrostPathWalk *self, const char *name, struct stat *out)
{
    g_string_append_printf(self->here, "/%s", name);
    return lstat(self->here->str, out) < 0 ? -errno : 0;
}

bool
frost_path_walk_follow(FrostPathWalk *self)
{
    g_autofree char *target = g_file_read_link(self->here->str, NULL);

    if (!target || ++self->links > LINKS_MAX)
        return false;
    if (target[0] == '/')
        g_string_truncate(self->here, 0);
    else
        go_up(self);
    if (self->rest->len > 0)
        g_string_prepend(self->rest, "/");
    g_string_prepend(self->rest, target);
    return true;
}
