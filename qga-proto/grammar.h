/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * grammar.h - parses the tokens of one message into clean JSON text, up to the first error; private
 * to the framer
 *
 * Each token is checked when it comes, and appended to the text. The nesting is kept in a stack.
 */

#include <stddef.h>

#include "lexer.h"

typedef struct QgaGrammar QgaGrammar;

QgaGrammar *qga_grammar_new(void);
void qga_grammar_free(QgaGrammar *self);

/* Takes the next token. Not to be called for QGA_TOKEN_STRAY and QGA_TOKEN_OVERLONG, which are not
 * tokens of a message, nor after a problem. */
void qga_grammar_take(QgaGrammar *self, QgaToken token, const char *text, size_t length);

/* What is wrong with the last token, without a prefix, borrowed; NULL: nothing so far. */
const char *qga_grammar_problem(const QgaGrammar *self);

/* The clean text of a complete message without a problem; borrowed. */
const char *qga_grammar_text(const QgaGrammar *self, size_t *out_length);

/* Begins a new message. */
void qga_grammar_reset(QgaGrammar *self);
