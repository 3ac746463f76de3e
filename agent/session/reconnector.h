/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * reconnector.h - a channel that is opened again if its port is missing or goes away (--retry-path)
 *
 *   OPEN --the port goes away--> WAITING --its path can be opened--> OPEN
 *     |
 *     +-- without --retry-path: failed(), and no further event
 */

#include <glib.h>
#include <stdbool.h>

#include "channel.h"
#include "session.h"

typedef struct FrostReconnector FrostReconnector;

/**
 * frost_reconnector_new:
 * @events: those of the channel; if the port goes away and is waited for, departed() is called
 *
 * Fails as frost_session_new() does.
 */
FrostReconnector *frost_reconnector_new(const FrostSessionConfig *config, GMainContext *context,
                                        const FrostChannelEvents *events, void *user,
                                        GError **error);
void frost_reconnector_free(FrostReconnector *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostReconnector, frost_reconnector_free)

/* As the functions of the channel; without effect while the port is waited for. */
void frost_reconnector_send(FrostReconnector *self, GBytes *line);
void frost_reconnector_part(FrostReconnector *self);
void frost_reconnector_dismiss(FrostReconnector *self);
bool frost_reconnector_has_client(const FrostReconnector *self);
void frost_reconnector_pause(FrostReconnector *self, bool paused);
void frost_reconnector_drain(FrostReconnector *self, unsigned limit_ms);

/* Does not wait for a port any more, and calls failed() no more. */
void frost_reconnector_stop(FrostReconnector *self);
