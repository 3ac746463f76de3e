/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * lexer.h - bytes to tokens; private to the framer
 *
 * Knows no nesting and no meaning: a string is whatever stands between two quotes. After a byte
 * that fits nowhere the lexer skips to the next one at which a message may begin (protocol 2.3).
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
    QGA_TOKEN_STRING, /* with its quotes, either kind */
    QGA_TOKEN_INTEGER,
    QGA_TOKEN_NUMBER,   /* with a point or an exponent */
    QGA_TOKEN_KEYWORD,  /* lower-case letters, any */
    QGA_TOKEN_STRAY,    /* what was begun, and the byte that does not fit */
    QGA_TOKEN_OVERLONG, /* the token under way has outgrown its room; its end is still to come */
} QgaToken;

/* @text is NUL-terminated and only lent; it may contain NUL only in QGA_TOKEN_STRAY. */
typedef void (*QgaLexed)(void *user, QgaToken token, const char *text, size_t length);

typedef struct QgaLexer QgaLexer;

QgaLexer *qga_lexer_new(QgaLexed lexed, void *user);
void qga_lexer_free(QgaLexer *self);

void qga_lexer_feed(QgaLexer *self, const uint8_t *bytes, size_t length);

/* Bounds the text that tokens may have from now on. Where there is no room for a token, it is
 * announced once as QGA_TOKEN_OVERLONG, and its text is cut. */
void qga_lexer_set_room(QgaLexer *self, size_t room);

/* Forgets what was begun. */
void qga_lexer_reset(QgaLexer *self);
