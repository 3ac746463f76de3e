/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * reply.h - a callback that is always called from the main loop, never from inside the request
 */

#include <glib.h>

/* @error: (nullable): borrowed. The callback may clear and free the reply. */
typedef void (*FrostReplyDone)(void *user, const GError *error);

/* Part of another struct. All fields 0: nobody waits for a reply. */
typedef struct {
    FrostReplyDone done;
    void *user;
    GError *error; /* owned; given to done. It may still be set while the reply is due */
    GSource *due;  /* NULL: not due */
} FrostReply;

/* Has done called once from @context, before sources of the default priority, with the error that
 * the reply has by then. Does nothing if it is due already. */
void frost_reply_send(FrostReply *self, GMainContext *context);
/* Cancels the call, and frees the error. */
void frost_reply_clear(FrostReply *self);
