/* SPDX-License-Identifier: MIT */

#include "frame.h"

#include <glib.h>
#include <string.h>

#include "grammar.h"
#include "lexer.h"

/* Braces and brackets that may be open together (protocol 1.7). */
#define MAX_DEPTH 1024

/* qemu-ga allows 2^21 tokens in 64 MiB. The same measure for a smaller request keeps the values
 * made of it in proportion: the cheapest object is two bytes of text, but hundreds in memory. */
#define BYTES_FOR_TOKEN 32
#define LEAST_MAX_TOKENS 4096

struct QgaFrame {
    QgaFrameEvents events;
    void *user;
    size_t max_bytes;
    size_t max_tokens;
    QgaLexer *lexer;
    QgaGrammar *grammar;

    /* The message under way. Its end is found by counting only, right or wrong (protocol 2.4). */
    int64_t braces;
    int64_t brackets;
    size_t bytes;
    size_t tokens;
    bool swallowing; /* a limit was passed, and this was said */
};

static void
begin_message(QgaFrame *self)
{
    self->braces = 0;
    self->brackets = 0;
    self->bytes = 0;
    self->tokens = 0;
    self->swallowing = false;
    qga_grammar_reset(self->grammar);
    qga_lexer_set_room(self->lexer, self->max_bytes);
}

static void
refuse(QgaFrame *self, const char *problem)
{
    g_autofree char *desc = g_strconcat("JSON parse error, ", problem, NULL);

    self->events.error(self->user, desc);
}

/* One answer for the whole message, as newer versions of qemu-ga do it: what is left of it is
 * swallowed instead of being taken for messages of its own. */
static void
exceed(QgaFrame *self, const char *limit)
{
    if (self->swallowing)
        return;
    self->swallowing = true;
    qga_grammar_reset(self->grammar);
    qga_lexer_set_room(self->lexer, 0);
    self->events.error(self->user, limit);
}

/* At once, and with it goes what was pending, even if that was wrong in itself. */
static void
take_stray(QgaFrame *self, const char *text)
{
    g_autofree char *problem = g_strdup_printf("stray '%s'", text);

    begin_message(self);
    refuse(self, problem);
}

static void
count(QgaFrame *self, QgaToken token, size_t length)
{
    switch (token) {
    case QGA_TOKEN_OPEN_BRACE:
        self->braces++;
        break;
    case QGA_TOKEN_CLOSE_BRACE:
        self->braces--;
        break;
    case QGA_TOKEN_OPEN_BRACKET:
        self->brackets++;
        break;
    case QGA_TOKEN_CLOSE_BRACKET:
        self->brackets--;
        break;
    case QGA_TOKEN_COLON:
    case QGA_TOKEN_COMMA:
    case QGA_TOKEN_STRING:
    case QGA_TOKEN_INTEGER:
    case QGA_TOKEN_NUMBER:
    case QGA_TOKEN_KEYWORD:
    case QGA_TOKEN_STRAY:
    case QGA_TOKEN_OVERLONG:
        break;
    }
    self->tokens++;
    self->bytes += length;
}

static bool
is_complete(const QgaFrame *self)
{
    return self->braces < 0 || self->brackets < 0 || (self->braces == 0 && self->brackets == 0);
}

static void
finish_message(QgaFrame *self)
{
    const char *problem = qga_grammar_problem(self->grammar);

    if (problem) {
        refuse(self, problem);
    } else if (!self->swallowing) {
        size_t length;
        const char *text = qga_grammar_text(self->grammar, &length);

        self->events.message(self->user, text, length);
    }
    begin_message(self);
}

static void
take_token(QgaFrame *self, QgaToken token, const char *text, size_t length)
{
    count(self, token, length);
    if (self->bytes > self->max_bytes)
        exceed(self, "JSON token size limit exceeded");
    else if (self->tokens > self->max_tokens)
        exceed(self, "JSON token count limit exceeded");
    else if (self->braces + self->brackets > MAX_DEPTH)
        exceed(self, "JSON nesting depth limit exceeded");

    if (!self->swallowing) {
        qga_grammar_take(self->grammar, token, text, length);
        qga_lexer_set_room(self->lexer, self->max_bytes - self->bytes);
    }
    if (is_complete(self))
        finish_message(self);
}

static void
take(void *user, QgaToken token, const char *text, size_t length)
{
    QgaFrame *self = user;

    if (token == QGA_TOKEN_STRAY)
        take_stray(self, text);
    else if (token == QGA_TOKEN_OVERLONG)
        exceed(self, "JSON token size limit exceeded");
    else
        take_token(self, token, text, length);
}

QgaFrame *
qga_frame_new(size_t max_bytes, const QgaFrameEvents *events, void *user)
{
    QgaFrame *self = g_new0(QgaFrame, 1);

    self->events = *events;
    self->user = user;
    self->max_bytes = max_bytes;
    self->max_tokens = MAX(max_bytes / BYTES_FOR_TOKEN, LEAST_MAX_TOKENS);
    self->lexer = qga_lexer_new(take, self);
    self->grammar = qga_grammar_new();
    begin_message(self);
    return self;
}

void
qga_frame_free(QgaFrame *self)
{
    if (!self)
        return;
    qga_lexer_free(self->lexer);
    qga_grammar_free(self->grammar);
    g_free(self);
}

void
qga_frame_feed(QgaFrame *self, const uint8_t *bytes, size_t length)
{
    qga_lexer_feed(self->lexer, bytes, length);
}

void
qga_frame_reset(QgaFrame *self)
{
    qga_lexer_reset(self->lexer);
    begin_message(self);
}
