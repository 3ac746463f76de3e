/* SPDX-License-Identifier: MIT */

#include "lexer.h"

#include <glib.h>
#include <string.h>

/* A larger buffer is freed when its token is done. */
#define KEPT_CAPACITY 65536

typedef enum {
    STATE_START,
    STATE_SKIPPING, /* after a stray byte */
    STATE_DOUBLE,
    STATE_DOUBLE_ESCAPE,
    STATE_SINGLE,
    STATE_SINGLE_ESCAPE,
    STATE_MINUS,
    STATE_ZERO,
    STATE_DIGITS,
    STATE_POINT,
    STATE_FRACTION,
    STATE_EXPONENT,
    STATE_EXPONENT_SIGN,
    STATE_EXPONENT_DIGITS,
    STATE_KEYWORD,
    /* Results of a step that are not states */
    STATE_END,        /* the token ends with this byte */
    STATE_END_BEFORE, /* the token has ended before this byte, which is still to be taken */
    STATE_STRAY,
} State;

struct QgaLexer {
    QgaLexed lexed;
    void *user;
    State state;
    GString *text;
    size_t room;
    bool cut;
};

/* Brackets, colon and comma: tokens of one byte, in the order of QgaToken. */
static const char marks[] = "{}[]:,";

static bool
is_mark(uint8_t c)
{
    return c != '\0' && strchr(marks, c);
}

static QgaToken
mark_of(uint8_t c)
{
    return (QgaToken)(strchr(marks, c) - marks);
}

static State
step_start(uint8_t c)
{
    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return STATE_START;
    case '"':
        return STATE_DOUBLE;
    case '\'':
        return STATE_SINGLE;
    case '-':
        return STATE_MINUS;
    case '0':
        return STATE_ZERO;
    default:
        if (g_ascii_isdigit(c))
            return STATE_DIGITS;
        if (g_ascii_islower(c))
            return STATE_KEYWORD;
        return is_mark(c) ? STATE_END : STATE_STRAY;
    }
}

static State
step_string(State state, uint8_t c)
{
    bool is_double = state == STATE_DOUBLE || state == STATE_DOUBLE_ESCAPE;
    State inside = is_double ? STATE_DOUBLE : STATE_SINGLE;

    /* literal.h checks UTF-8. The bytes 0xFE and 0xFF, which reset the parser, are legal nowhere.
     */
    if (c < 0x20 || c >= 0xFE)
        return STATE_STRAY;
    if (state != inside)
        return inside;
    if (c == '\\')
        return is_double ? STATE_DOUBLE_ESCAPE : STATE_SINGLE_ESCAPE;
    return c == (is_double ? '"' : '\'') ? STATE_END : inside;
}

static State
step_exponent(State state, uint8_t c)
{
    if (g_ascii_isdigit(c))
        return STATE_EXPONENT_DIGITS;
    if (state == STATE_EXPONENT_DIGITS)
        return STATE_END_BEFORE;
    return state == STATE_EXPONENT && (c == '+' || c == '-') ? STATE_EXPONENT_SIGN : STATE_STRAY;
}

static State
step_integer(State state, uint8_t c)
{
    if (state == STATE_MINUS)
        return c == '0' ? STATE_ZERO : g_ascii_isdigit(c) ? STATE_DIGITS : STATE_STRAY;
    if (c == '.')
        return STATE_POINT;
    if (g_ascii_isdigit(c))
        return state == STATE_DIGITS ? STATE_DIGITS : STATE_STRAY;
    /* No exponent after a bare 0: "0e5" is three tokens. */
    return state == STATE_DIGITS && (c == 'e' || c == 'E') ? STATE_EXPONENT : STATE_END_BEFORE;
}

static State
step_fraction(State state, uint8_t c)
{
    if (g_ascii_isdigit(c))
        return STATE_FRACTION;
    if (state == STATE_POINT)
        return STATE_STRAY;
    return c == 'e' || c == 'E' ? STATE_EXPONENT : STATE_END_BEFORE;
}

static State
step(State state, uint8_t c)
{
    switch (state) {
    case STATE_DOUBLE:
    case STATE_DOUBLE_ESCAPE:
    case STATE_SINGLE:
    case STATE_SINGLE_ESCAPE:
        return step_string(state, c);
    case STATE_MINUS:
    case STATE_ZERO:
    case STATE_DIGITS:
        return step_integer(state, c);
    case STATE_POINT:
    case STATE_FRACTION:
        return step_fraction(state, c);
    case STATE_EXPONENT:
    case STATE_EXPONENT_SIGN:
    case STATE_EXPONENT_DIGITS:
        return step_exponent(state, c);
    case STATE_KEYWORD:
        return g_ascii_islower(c) ? STATE_KEYWORD : STATE_END_BEFORE;
    case STATE_START:
    case STATE_SKIPPING:
    case STATE_END:
    case STATE_END_BEFORE:
    case STATE_STRAY:
        break;
    }
    return step_start(c);
}

/* True for the bytes at which skipping ends after a stray byte. */
static bool
is_landmark(uint8_t c)
{
    if (c < 0x20)
        return c != '\t';
    return c >= 0xFE || is_mark(c);
}

/* Appends a byte to the token's text, or reports that there is no room for it. */
static void
keep(QgaLexer *self, uint8_t c)
{
    if (self->cut)
        return;
    if (self->text->len < self->room) {
        g_string_append_c(self->text, (char)c);
        return;
    }
    self->cut = true;
    self->lexed(self->user, QGA_TOKEN_OVERLONG, self->text->str, self->text->len);
}

static void
forget_text(QgaLexer *self)
{
    self->cut = false;
    if (self->text->allocated_len > KEPT_CAPACITY) {
        g_string_free(self->text, TRUE);
        self->text = g_string_new(NULL);
    }
    g_string_truncate(self->text, 0);
}

/* Leaves the state before it calls back, as the callback may set the room of the next token. */
static void
hand_over(QgaLexer *self, QgaToken token, State next)
{
    self->state = next;
    self->lexed(self->user, token, self->text->str, self->text->len);
    forget_text(self);
}

/* The stray byte is always part of the text, unless the token was cut off before it. */
static void
hand_over_stray(QgaLexer *self, uint8_t c)
{
    if (!self->cut)
        g_string_append_c(self->text, (char)c);
    hand_over(self, QGA_TOKEN_STRAY, STATE_SKIPPING);
}

/* The kind of the token that ends when the lexer leaves @state. */
static QgaToken
kind_of(State state)
{
    static const QgaToken kinds[] = {
        [STATE_DOUBLE] = QGA_TOKEN_STRING,   [STATE_SINGLE] = QGA_TOKEN_STRING,
        [STATE_ZERO] = QGA_TOKEN_INTEGER,    [STATE_DIGITS] = QGA_TOKEN_INTEGER,
        [STATE_FRACTION] = QGA_TOKEN_NUMBER, [STATE_EXPONENT_DIGITS] = QGA_TOKEN_NUMBER,
        [STATE_KEYWORD] = QGA_TOKEN_KEYWORD,
    };

    return kinds[state];
}

static void
feed_byte(QgaLexer *self, uint8_t c)
{
    if (self->state == STATE_SKIPPING) {
        if (!is_landmark(c))
            return;
        self->state = STATE_START;
    }

    State next = step(self->state, c);
    if (next == STATE_END_BEFORE) {
        hand_over(self, kind_of(self->state), STATE_START);
        next = step_start(c);
    }

    if (next == STATE_START)
        return;
    if (next == STATE_STRAY) {
        hand_over_stray(self, c);
        return;
    }
    keep(self, c);
    if (next == STATE_END)
        hand_over(self, self->state == STATE_START ? mark_of(c) : kind_of(self->state),
                  STATE_START);
    else
        self->state = next;
}

QgaLexer *
qga_lexer_new(QgaLexed lexed, void *user)
{
    QgaLexer *self = g_new0(QgaLexer, 1);

    self->lexed = lexed;
    self->user = user;
    self->text = g_string_new(NULL);
    self->room = SIZE_MAX;
    return self;
}

void
qga_lexer_free(QgaLexer *self)
{
    if (!self)
        return;
    g_string_free(self->text, TRUE);
    g_free(self);
}

void
qga_lexer_feed(QgaLexer *self, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        feed_byte(self, bytes[i]);
}

void
qga_lexer_set_room(QgaLexer *self, size_t room)
{
    self->room = room;
}

bool
qga_lexer_is_at_rest(const QgaLexer *self)
{
    return self->state == STATE_START;
}

void
qga_lexer_reset(QgaLexer *self)
{
    self->state = STATE_START;
    forget_text(self);
}
