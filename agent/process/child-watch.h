/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * child-watch.h - calls back when a child ends, by its pidfd: without SIGCHLD, without a thread
 */

#include <glib.h>
#include <sys/types.h>

typedef struct FrostChildWatch FrostChildWatch;

/* The child is still a zombie, so its pid and group cannot have been reused. The callback may call
 * frost_child_watch_free(), which reaps it. */
typedef void (*FrostChildEnded)(void *user, FrostChildWatch *child);

/* NULL, with errno set, if no pidfd can be opened. The child is then not reaped. */
FrostChildWatch *frost_child_watch_new(pid_t pid, GMainContext *context, FrostChildEnded ended,
                                       void *user);
pid_t frost_child_watch_pid(const FrostChildWatch *self);
/* Reaps the child if it has ended. A running child goes on, and is not watched any more. */
void frost_child_watch_free(FrostChildWatch *self);
/* The child's wait status, once it has ended. */
int frost_child_watch_status(FrostChildWatch *self);
