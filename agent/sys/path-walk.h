/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * path-walk.h - looks a path up name by name, through symbolic links, as the kernel does
 *
 *   while ((name = frost_path_walk_next(walk))) {        (here: check or watch the directory)
 *       frost_path_walk_enter(walk, name, &st);          (here: check what was entered)
 *       if (S_ISLNK(st.st_mode))
 *           frost_path_walk_follow(walk);
 *   }
 *
 * The part that was walked never has symbolic links, "." or ".."; the part that follows may have
 * them. A path that does not begin with a slash is walked from the root, too.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>

typedef struct FrostPathWalk FrostPathWalk;

/* A walk along @path that stands at the root. */
FrostPathWalk *frost_path_walk_new(const char *path);
void frost_path_walk_free(FrostPathWalk *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostPathWalk, frost_path_walk_free)

/* Where the walk stands; borrowed until the next call. */
const char *frost_path_walk_here(const FrostPathWalk *self);
/* True if names follow, even if only "." or "..". */
bool frost_path_walk_has_more(const FrostPathWalk *self);
/* True if a name other than "." follows. */
bool frost_path_walk_goes_on(const FrostPathWalk *self);

/* The next name to enter, g_free() it; NULL at the end of the path. Any "." and ".." before it have
 * been walked. */
char *frost_path_walk_next(FrostPathWalk *self);
/* Enters @name, without following it. @out: its lstat(2). 0, or the negative errno of that. */
int frost_path_walk_enter(FrostPathWalk *self, const char *name, struct stat *out);
/* Replaces the symbolic link at which the walk stands by its target. False: it cannot be read, or
 * the path has more than the 40 links that the kernel follows. */
bool frost_path_walk_follow(FrostPathWalk *self);
