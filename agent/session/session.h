/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * session.h - carries out the requests of a channel, strictly one after the other
 *
 * A request is carried out once all before it are answered. Malformed input is answered with an
 * error in the same order. If a client leaves, an unfinished request is dropped with it; its
 * complete requests are still carried out in order, and only their answers are dropped. A call
 * under way is told of the requests that wait behind it (dispatch.h). The session's owner is told
 * if the client stays away (absent). If the parser dies in the middle of a request, the client is
 * answered with an error, and parted from.
 */

#include <glib.h>

#include "channel.h"
#include "dispatch.h"
#include "parser.h"

typedef struct FrostSession FrostSession;

/* The channel of a session. */
typedef struct {
    const char *method;
    const char *path;
    int listen_fd; /* >= 0: socket activation; method and path are ignored */
    bool retry;    /* --retry-path: wait for a port that is missing or goes away */
    size_t max_request_bytes;
    unsigned absence_s; /* how long until absent() is called; 0: never */
} FrostSessionConfig;

typedef struct {
    /* The port is gone for good (no retry): the process should end. */
    void (*lost)(void *user, const GError *error);
    /* (nullable): A client left while a request was under way, and for absence_s no client has
     * come. Called again after each further absence_s while that lasts, and at once for each call
     * that begins meanwhile. */
    void (*absent)(void *user);
} FrostSessionEvents;

/**
 * frost_session_new:
 * @dispatch: borrowed; has to outlive the session
 * @events: copied
 *
 * Fails with FROST_CHANNEL_ERROR if the channel cannot be opened. With retry it does not fail, but
 * waits until the path can be opened.
 */
FrostSession *frost_session_new(const FrostSessionConfig *config, QgaDispatch *dispatch,
                                GMainContext *context, const FrostSessionEvents *events, void *user,
                                GError **error);
void frost_session_free(FrostSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostSession, frost_session_free)

/* Has the requests parsed by a process without rights (parser.h). To be called before this process
 * has a second thread. Without it they are parsed here. */
void frost_session_start_parser(FrostSession *self, FrostParserMode mode);
/* To be called before exit: begins no further request. */
void frost_session_stop(FrostSession *self);
/* True if a request is being carried out, or waits. */
bool frost_session_is_busy(const FrostSession *self);
/* Writes the answers that wait to be written, for at most @limit_ms. */
void frost_session_drain(FrostSession *self, unsigned limit_ms);
