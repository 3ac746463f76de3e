/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * parser-wire.h - what agent and parser say to each other, over a pair of stream sockets
 *
 *   agent    FEED: bytes of the host    RESET: the client has gone, its rest is to be dropped
 *            PLACE: the processor on which the agent waits for the parser
 *   parser   READY, once                PARCEL or REFUSAL for each request, then one DONE, for
 *                                       each FEED; nothing for a RESET or PLACE
 *
 * A message is a head and as many bytes as the head says. The agent sends no FEED before the DONE
 * of the one before, so what it sends always fits into the socket.
 */

#include <stdint.h>

/* The longest FEED. */
#define FROST_PARSER_FEED_MAX 16384u

typedef enum {
    FROST_PARSER_FEED = 1,
    FROST_PARSER_RESET,
    FROST_PARSER_PLACE,        /* int32_t: the number of a processor */
    FROST_PARSER_READY,        /* FrostParserLacks: it has sealed itself */
    FROST_PARSER_PARCEL,       /* a request: parcel.h */
    FROST_PARSER_REFUSAL,      /* the desc of the error for what is no request */
    FROST_PARSER_DONE_AT_REST, /* all was parsed; no further request has begun */
    FROST_PARSER_DONE_INSIDE,  /* the rest has begun one */
} FrostParserKind;

typedef struct {
    uint32_t kind;
    uint32_t length; /* of what follows */
} FrostParserHead;

/* The parts of the seal (parser-seal.h). */
typedef enum {
    FROST_PARSER_LACK_USER,
    FROST_PARSER_LACK_RIGHTS,
    FROST_PARSER_LACK_FILES,
    FROST_PARSER_LACK_CALLS,
    FROST_PARSER_LACK_COUNT,
} FrostParserLack;

typedef struct {
    int32_t why[FROST_PARSER_LACK_COUNT]; /* an errno: why the part is missing; 0: it is not */
} FrostParserLacks;
