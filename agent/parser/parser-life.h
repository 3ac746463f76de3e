/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * parser-life.h - the parser process: turns bytes of the host into parcels, and can do nothing else
 *
 *   starts --seals itself--> READY --FEED--> parses --> READY       ends with the link
 *
 * It has one descriptor, the link (parser-wire.h), and blocks on it. It is sealed (parser-seal.h)
 * before it reads from it.
 */

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    int link;
    size_t max_bytes; /* of a request: frame.h */
    bool seals;
} FrostParserTerms;

/* The arguments of a parser that is started as a program: --parser LINK MAX_BYTES SEALS */
#define FROST_PARSER_OPTION "--parser"

/* False if these are not the arguments of a parser. */
bool frost_parser_terms_parse(FrostParserTerms *out, int argc, char *const *argv);
/* The rest of the process. Closes all descriptors but the link. */
_Noreturn void frost_parser_live(const FrostParserTerms *terms);
