/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lexer.h - splits bytes into tokens; private to the framer
 *
 * It knows neither nesting nor the meaning of tokens: a string is any text between two quotes.
 * After a stray byte it skips to the next byte at which a message can begin.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    QGA_TOKEN_OPEN_BRACE,
    QGA_TOKEN_CLOSE_BRACE,
    QGA_TOKEN_OPEN_BRACKET,
    QGA_TOKEN_CLOSE_BRACKET,
    QGA_TOKEN_COLON,
    QGA_TOKEN_COMMA,
    QGA_TOKEN_STRING, /* with its quotes, of either kind */
    QGA_TOKEN_INTEGER,
    QGA_TOKEN_NUMBER,   /* with a point or an exponent */
    QGA_TOKEN_KEYWORD,  /* any word of lower-case letters */
    QGA_TOKEN_STRAY,    /* an incomplete token, and the stray byte after it */
    QGA_TOKEN_OVERLONG, /* the current token has exceeded its room, and has not ended yet */
} QgaToken;

/* @text is NUL-terminated, and borrowed. Only that of QGA_TOKEN_STRAY may contain a NUL. */
typedef void (*QgaLexed)(void *user, QgaToken token, const char *text, size_t length);

typedef struct QgaLexer QgaLexer;

QgaLexer *qga_lexer_new(QgaLexed lexed, void *user);
void qga_lexer_free(QgaLexer *self);

void qga_lexer_feed(QgaLexer *self, const uint8_t *bytes, size_t length);

/* Sets how many bytes a token may have from now on. A longer one is reported once as
 * QGA_TOKEN_OVERLONG, and its text is cut off. */
void qga_lexer_set_room(QgaLexer *self, size_t room);

/* True if no token has begun. */
bool qga_lexer_is_at_rest(const QgaLexer *self);
/* Drops an incomplete token. */
void qga_lexer_reset(QgaLexer *self);
