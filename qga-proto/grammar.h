/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * grammar.h - tokens of one message in, clean JSON text or the first error out; private to the
 * framer
 *
 * Every token is judged when it comes, with a stack of its own for the nesting, and what it
 * means is appended to the text. After the first error nothing more is kept.
 */

#include <stddef.h>

#include "lexer.h"

typedef struct QgaGrammar QgaGrammar;

QgaGrammar *qga_grammar_new(void);
void qga_grammar_free(QgaGrammar *self);

/* Not for QGA_TOKEN_STRAY and QGA_TOKEN_OVERLONG, which are no tokens of a message. */
void qga_grammar_take(QgaGrammar *self, QgaToken token, const char *text, size_t length);

/* What was wrong first, without a prefix; NULL if all was well so far. Borrowed. */
const char *qga_grammar_problem(const QgaGrammar *self);

/* The text of a message that is complete and has no problem. Borrowed. */
const char *qga_grammar_text(const QgaGrammar *self, size_t *out_length);

/* Begins a new message. */
void qga_grammar_reset(QgaGrammar *self);
