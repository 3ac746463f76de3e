/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * child-watch.h - when a child of ours ends, by its pidfd: no SIGCHLD, no thread
 */

#include <glib.h>
#include <sys/types.h>

typedef struct FrostChildWatch FrostChildWatch;

/* The child is still a zombie: its pid and group can be nobody else's. It is reaped by
 * frost_child_watch_free(), which the callback may call. */
typedef void (*FrostChildEnded)(void *user, FrostChildWatch *child);

/* NULL, with errno set, where the kernel has no descriptor for it. Then the child is not reaped. */
FrostChildWatch *frost_child_watch_new(pid_t pid, GMainContext *context, FrostChildEnded ended,
                                       void *user);
pid_t frost_child_watch_pid(const FrostChildWatch *self);
/* Reaps the child if it has ended; a running one is left to run, unwatched. */
void frost_child_watch_free(FrostChildWatch *self);
/* Its wait status, after it has ended. */
int frost_child_watch_status(FrostChildWatch *self);
