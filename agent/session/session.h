/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * session.h - one channel, one frame, one dispatch: strictly first in, first out
 *
 * A request is carried out when all before it are answered; so are the error lines of malformed
 * input. A client that leaves takes its half request with it; what it asked for in full is still
 * done, in order, and only its answers are dropped (design 4, clients.md part 0).
 */

#include <glib.h>

#include "channel.h"
#include "dispatch.h"

typedef struct FrostSession FrostSession;

/* How a session's channel is to be had, and had again. */
typedef struct {
    const char *method;
    const char *path;
    int listen_fd; /* >= 0: socket activation; method and path are ignored */
    bool retry;    /* --retry-path: wait for a port that is missing or goes away */
    size_t max_request_bytes;
} FrostSessionConfig;

/* The port is gone for good (no retry): the process should end. */
typedef void (*FrostSessionLost)(void *user, const GError *error);

/**
 * frost_session_new:
 * @dispatch: borrowed; outlives the session
 *
 * Fails if the channel cannot be opened, unless @config asks to retry: then it waits, without
 * polling, until the path can be opened.
 */
FrostSession *frost_session_new(const FrostSessionConfig *config, QgaDispatch *dispatch,
                                GMainContext *context, FrostSessionLost lost, void *user,
                                GError **error);
void frost_session_free(FrostSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostSession, frost_session_free)

/* Carries out no request any more that has not been begun; before exit. */
void frost_session_stop(FrostSession *self);
/* Whether a request is being carried out or waits. */
bool frost_session_is_busy(const FrostSession *self);
/* Writes out the answers given so far, for at most @limit_ms. */
void frost_session_drain(FrostSession *self, unsigned limit_ms);
