/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * parser.h - turns the bytes of the host into parcels of requests, in a process without rights
 *
 *   HERE  -> AWAY   a process was started: at first, or ten seconds after none could be
 *   AWAY  -> AWAY   the process was lost, and another one has taken its place
 *         -> HERE   the same, but none can be started
 *
 * HERE: this process parses, as one without a sandbox does. AWAY: a process does that has no rights
 * (parser-seal.h); what it hands over is checked (parcel.h), and no text is parsed here. If a
 * process is lost with nothing begun, the next one takes its place and no client notices.
 * Otherwise lost() is called: what the client has sent, and was not told by parcel() or refusal(),
 * is gone, and so the client has to begin anew. The same is so if nobody may parse it.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct FrostParser FrostParser;

typedef enum {
    FROST_PARSER_SEALED, /* as far as the kernel lets it; HERE if there can be no process */
    FROST_PARSER_STRICT, /* never HERE: without a process, all is lost() */
    FROST_PARSER_OPEN,   /* a process that keeps all rights */
} FrostParserMode;

/* The events must not call the parser. */
typedef struct {
    /* A request; both are borrowed. */
    void (*parcel)(void *user, const uint8_t *bytes, size_t length);
    /* The desc of the error for what is no request. */
    void (*refusal)(void *user, const char *desc);
    /* The desc of an error that says why. From frost_parser_feed(), or from the main loop. */
    void (*lost)(void *user, const char *desc);
} FrostParserEvents;

/* @max_bytes: see frame.h. @events: copied. */
FrostParser *frost_parser_new(size_t max_bytes, GMainContext *context,
                              const FrostParserEvents *events, void *user);
void frost_parser_free(FrostParser *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostParser, frost_parser_free)

/* To be called before this process has a second thread, and before the first bytes. */
void frost_parser_start(FrostParser *self, FrostParserMode mode);

/* Takes bytes, and calls the events, in order, before it returns. */
void frost_parser_feed(FrostParser *self, const uint8_t *bytes, size_t length);
/* Drops an incomplete request. To be called when its client has gone. */
void frost_parser_reset(FrostParser *self);
