/* SPDX-License-Identifier: MIT */

#include "frame.h"

#include <glib.h>

#include "grammar.h"
#include "lexer.h"

/* How many braces and brackets may be open at a time. */
#define MAX_DEPTH 1024

/* qemu-ga allows 2^21 tokens in 64 MiB. The same ratio bounds the memory for the values of a
 * smaller request: an empty object has two bytes of text, but takes hundreds of bytes in memory. */
#define BYTES_FOR_TOKEN 32
#define LEAST_MAX_TOKENS 4096

#define TOO_LONG "JSON token size limit exceeded"

struct QgaFrame {
    QgaFrameEvents events;
    void *user;
    size_t max_bytes;
    size_t max_tokens;
    QgaLexer *lexer;
    QgaGrammar *grammar;

    /* The current message. Its end is found only by counting, even if it is invalid.
     */
    int64_t braces;
    int64_t brackets;
    size_t bytes;
    size_t tokens;
    bool refused; /* the error was reported; the rest of it is discarded */
};

static void
begin_message(QgaFrame *self)
{
    self->braces = 0;
    self->brackets = 0;
    self->bytes = 0;
    self->tokens = 0;
    self->refused = false;
    qga_grammar_reset(self->grammar);
    qga_lexer_set_room(self->lexer, self->max_bytes);
}

/* Reports one error for the whole message, at once, as qemu-ga 11.1 does. The rest of the message
 * is discarded when it comes, and is not taken for other messages. */
static void
refuse(QgaFrame *self, const char *desc)
{
    if (self->refused)
        return;
    self->refused = true;
    self->events.error(self->user, desc);
    qga_grammar_reset(self->grammar);
    qga_lexer_set_room(self->lexer, 0);
}

static void
refuse_for(QgaFrame *self, const char *problem)
{
    g_autofree char *desc = g_strconcat("JSON parse error, ", problem, NULL);

    refuse(self, desc);
}

/* A stray byte ends the current message. If that was refused already, nothing is reported. */
static void
take_stray(QgaFrame *self, const char *text)
{
    g_autofree char *problem = g_strdup_printf("stray '%s'", text);

    refuse_for(self, problem);
    begin_message(self);
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
end_message(QgaFrame *self)
{
    if (!self->refused) {
        size_t length;
        const char *text = qga_grammar_text(self->grammar, &length);

        self->events.message(self->user, text, length);
    }
    begin_message(self);
}

/* The error for a limit that the message exceeds with its last token; NULL: none. */
static const char *
passed_limit(const QgaFrame *self)
{
    if (self->bytes > self->max_bytes)
        return TOO_LONG;
    if (self->tokens > self->max_tokens)
        return "JSON token count limit exceeded";
    if (self->braces + self->brackets > MAX_DEPTH)
        return "JSON nesting depth limit exceeded";
    return NULL;
}

static void
check_token(QgaFrame *self, QgaToken token, const char *text, size_t length)
{
    const char *limit = passed_limit(self);

    if (limit) {
        refuse(self, limit);
        return;
    }
    qga_grammar_take(self->grammar, token, text, length);
    qga_lexer_set_room(self->lexer, self->max_bytes - self->bytes);

    const char *problem = qga_grammar_problem(self->grammar);
    if (problem)
        refuse_for(self, problem);
}

static void
take_token(QgaFrame *self, QgaToken token, const char *text, size_t length)
{
    count(self, token, length);
    if (!self->refused)
        check_token(self, token, text, length);
    if (is_complete(self))
        end_message(self);
}

static void
take(void *user, QgaToken token, const char *text, size_t length)
{
    QgaFrame *self = user;

    if (token == QGA_TOKEN_STRAY)
        take_stray(self, text);
    else if (token == QGA_TOKEN_OVERLONG)
        refuse(self, TOO_LONG);
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

bool
qga_frame_is_at_rest(const QgaFrame *self)
{
    return self->tokens == 0 && !self->refused && qga_lexer_is_at_rest(self->lexer);
}

void
qga_frame_reset(QgaFrame *self)
{
    qga_lexer_reset(self->lexer);
    begin_message(self);
}
