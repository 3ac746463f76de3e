/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * reopener.h - opens filesystems that an earlier agent left frozen, beside the main loop
 *
 * A mount point may lie below a mount whose server is gone, as in planner.h. Each filesystem is
 * opened by a thread of its own, which passes the descriptor over.
 */

#include <glib.h>
#include <sys/types.h>

#include "sys.h"

/* How long opening one filesystem may take, seconds; and how long once another one has hung. */
#define FROST_REOPENER_LIMIT_S 10u
#define FROST_REOPENER_SHORT_LIMIT_S 2u

/* Names a filesystem, as the ledger does. */
typedef struct {
    dev_t mount_dev;
    dev_t device;
    const char *fs_type; /* lent */
} FrostReopenerWish;

/* @fd: taken, or a negative errno. -ETIMEDOUT: it hangs, and is left to itself. -ESTALE: the kernel
 * has no such filesystem any more. */
typedef void (*FrostReopened)(void *user, int fd);

typedef struct FrostReopener FrostReopener;

/* @sys: copied for each filesystem. */
FrostReopener *frost_reopener_new(const FrostSys *sys, GMainContext *context);
/* No call of @reopened begins any more. */
void frost_reopener_free(FrostReopener *self);

/* One at a time. @reopened comes once, from the main loop, never from inside this. */
void frost_reopener_open(FrostReopener *self, const FrostReopenerWish *wish, unsigned limit_s,
                         FrostReopened reopened, void *user);
/* reopened() does not come any more for what was asked last. */
void frost_reopener_give_up(FrostReopener *self);
