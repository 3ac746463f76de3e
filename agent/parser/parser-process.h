/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * parser-process.h - the agent's end of a parser process: starts it, has it parse, ends it
 *
 *   SEALING  -> AT_REST   it is READY
 *            -> INSIDE    the same, and it was fed before
 *            -> LOST      it has ended, is silent, or lies
 *   AT_REST  -> INSIDE    it is fed
 *            -> LOST
 *   INSIDE   -> AT_REST   it is DONE with all requests, or its client has gone
 *            -> LOST
 *   LOST     -> SEALING   it is freed, and another one is started
 *
 * The parser may have been broken into, so nothing that it says is believed (parcel.h): it is LOST
 * if it says what no parser says, or more than its bytes can have meant.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "parser-wire.h"

typedef struct FrostParserProcess FrostParserProcess;

typedef struct {
    /* A sound parcel: a request; or the desc of an error, for what is none. Both borrowed. */
    void (*parcel)(void *user, const uint8_t *bytes, size_t length);
    void (*refusal)(void *user, const char *desc);
    /* Once: the parser has sealed itself, but for what it lacks. */
    void (*ready)(void *user, const FrostParserLacks *lacks);
    /* It has ended by itself. Only from the main loop. */
    void (*ended)(void *user);
} FrostParserProcessEvents;

typedef struct {
    size_t max_bytes; /* of a request: frame.h */
    bool seals;
    bool as_program; /* started anew from its file; else a copy of this process, which is smaller,
                        and only safe while this process has one thread */
} FrostParserProcessConfig;

typedef enum {
    FROST_PARSED,
    FROST_PARSER_DEAD,
    FROST_PARSER_SILENT, /* it has not answered in its time */
    FROST_PARSER_LIES,
} FrostParsed;

/**
 * frost_parser_process_new:
 * @events: copied
 *
 * Does not wait for it. NULL, with errno set, if no process can be started; that a program cannot
 * be executed shows as FROST_PARSER_DEAD.
 */
FrostParserProcess *frost_parser_process_new(const FrostParserProcessConfig *config,
                                             GMainContext *context,
                                             const FrostParserProcessEvents *events, void *user);
/* The same with a test in the parser's place, at the other end of @link, which is owned. */
FrostParserProcess *frost_parser_process_adopt(int link, size_t max_bytes,
                                               const FrostParserProcessEvents *events, void *user);
/* Kills it, and does not wait for its end. Not from inside its events. */
void frost_parser_process_free(FrostParserProcess *self);

pid_t frost_parser_process_pid(const FrostParserProcess *self);
/* True if it has sealed itself. Before that it has read nothing. */
bool frost_parser_process_is_ready(const FrostParserProcess *self);
/* True if it has no part of a request. */
bool frost_parser_process_is_at_rest(const FrostParserProcess *self);

/**
 * frost_parser_process_feed: has it parse bytes of the host, and waits for that
 *
 * The events come before this returns. It takes some 20 us. If the parser is stopped, this waits
 * for three seconds, and one more for each MiB of the request: time in which this machine stands
 * still does not count.
 */
FrostParsed frost_parser_process_feed(FrostParserProcess *self, const uint8_t *bytes,
                                      size_t length);
/* The client has gone. */
void frost_parser_process_reset(FrostParserProcess *self);
