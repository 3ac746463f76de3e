/* SPDX-License-Identifier: MIT */

#include "grammar.h"

#include <glib.h>

#include "keys.h"
#include "literal.h"

/* A larger buffer is freed when its message is done. */
#define KEPT_CAPACITY 65536

typedef enum {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* after '[' */
    EXPECT_KEY,
    EXPECT_KEY_OR_END, /* after '{' */
    EXPECT_COLON,
    EXPECT_SEPARATOR,
} Expect;

/* An open array or object; the outermost level is the message itself. */
typedef struct {
    Expect expect;
    bool is_object;
    bool is_duplicate;  /* the object has the last key already */
    unsigned object_id; /* a number that no other object of the message has */
} Level;

struct QgaGrammar {
    GArray *levels; /* of Level */
    GString *text;
    char *problem;
    QgaKeys *keys;
    unsigned objects;
};

static Level *
innermost(QgaGrammar *self)
{
    return &g_array_index(self->levels, Level, self->levels->len - 1);
}

static void
set_problem(QgaGrammar *self, const char *problem)
{
    self->problem = g_strdup(problem);
}

static void
push(QgaGrammar *self, bool is_object)
{
    Level level = {
        .expect = is_object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END,
        .is_object = is_object,
        .object_id = is_object ? self->objects++ : 0,
    };

    g_array_append_val(self->levels, level);
}

/* A value is complete; sets what the level that contains it expects next. */
static void
value_done(QgaGrammar *self)
{
    Level *level = innermost(self);

    if (level->is_duplicate)
        set_problem(self, "duplicate key");
    else
        level->expect = EXPECT_SEPARATOR;
}

static void
close_level(QgaGrammar *self)
{
    g_array_set_size(self->levels, self->levels->len - 1);
    value_done(self);
}

static bool
closes(const Level *level, QgaToken token)
{
    return token == (level->is_object ? QGA_TOKEN_CLOSE_BRACE : QGA_TOKEN_CLOSE_BRACKET);
}

/* True for the three keywords that have a meaning. */
static bool
is_known(QgaGrammar *self, const char *keyword)
{
    static const char *const known[] = {"true", "false", "null", NULL};

    if (g_strv_contains(known, keyword))
        return true;
    self->problem = g_strdup_printf("invalid keyword '%s'", keyword);
    return false;
}

static void
take_value(QgaGrammar *self, QgaToken token, const char *text, size_t length)
{
    switch (token) {
    case QGA_TOKEN_OPEN_BRACE:
    case QGA_TOKEN_OPEN_BRACKET:
        push(self, token == QGA_TOKEN_OPEN_BRACE);
        g_string_append(self->text, text);
        break;
    case QGA_TOKEN_STRING:
        if (qga_literal_string(text, length, self->text, &self->problem))
            value_done(self);
        break;
    case QGA_TOKEN_INTEGER:
    case QGA_TOKEN_NUMBER:
        qga_literal_number(text, token == QGA_TOKEN_INTEGER, self->text);
        value_done(self);
        break;
    case QGA_TOKEN_KEYWORD:
        if (is_known(self, text)) {
            g_string_append(self->text, text);
            value_done(self);
        }
        break;
    case QGA_TOKEN_CLOSE_BRACE:
    case QGA_TOKEN_CLOSE_BRACKET:
    case QGA_TOKEN_COLON:
    case QGA_TOKEN_COMMA:
    case QGA_TOKEN_STRAY:
    case QGA_TOKEN_OVERLONG:
        set_problem(self, "expecting value");
        break;
    }
}

static bool
begins_value(QgaToken token)
{
    return token == QGA_TOKEN_OPEN_BRACE || token == QGA_TOKEN_OPEN_BRACKET ||
           token == QGA_TOKEN_INTEGER || token == QGA_TOKEN_NUMBER || token == QGA_TOKEN_KEYWORD;
}

/* The errors are those of qemu-ga 10.0, which parses any value in the place of a key, and then
 * checks its type. */
static void
refuse_key(QgaGrammar *self, QgaToken token, const char *text)
{
    if (token == QGA_TOKEN_KEYWORD && !is_known(self, text))
        return;
    set_problem(self, begins_value(token) ? "key is not a string in object" : "expecting value");
}

static void
take_key(QgaGrammar *self, Level *level, QgaToken token, const char *text, size_t length)
{
    size_t begin = self->text->len;

    if (token != QGA_TOKEN_STRING) {
        refuse_key(self, token, text);
        return;
    }
    if (!qga_literal_string(text, length, self->text, &self->problem))
        return;
    /* A duplicate key is reported when its value is complete, as errors in the value come first. */
    level->is_duplicate = !qga_keys_add(self->keys, self->text, level->object_id, begin);
    level->expect = EXPECT_COLON;
}

static void
take_separator(QgaGrammar *self, Level *level, QgaToken token, const char *text)
{
    if (token == QGA_TOKEN_COMMA) {
        g_string_append(self->text, text);
        level->expect = level->is_object ? EXPECT_KEY : EXPECT_VALUE;
    } else if (closes(level, token)) {
        g_string_append(self->text, text);
        close_level(self);
    } else {
        set_problem(self,
                    level->is_object ? "expected separator in dict" : "expected separator in list");
    }
}

static void
take_colon(QgaGrammar *self, Level *level, QgaToken token, const char *text)
{
    if (token != QGA_TOKEN_COLON) {
        set_problem(self, "missing : in object pair");
        return;
    }
    g_string_append(self->text, text);
    level->expect = EXPECT_VALUE;
}

void
qga_grammar_take(QgaGrammar *self, QgaToken token, const char *text, size_t length)
{
    Level *level = innermost(self);

    if ((level->expect == EXPECT_VALUE_OR_END || level->expect == EXPECT_KEY_OR_END) &&
        closes(level, token)) {
        g_string_append(self->text, text);
        close_level(self);
        return;
    }

    switch (level->expect) {
    case EXPECT_VALUE:
    case EXPECT_VALUE_OR_END:
        take_value(self, token, text, length);
        break;
    case EXPECT_KEY:
    case EXPECT_KEY_OR_END:
        take_key(self, level, token, text, length);
        break;
    case EXPECT_COLON:
        take_colon(self, level, token, text);
        break;
    case EXPECT_SEPARATOR:
        take_separator(self, level, token, text);
        break;
    }
}

const char *
qga_grammar_problem(const QgaGrammar *self)
{
    return self->problem;
}

const char *
qga_grammar_text(const QgaGrammar *self, size_t *out_length)
{
    *out_length = self->text->len;
    return self->text->str;
}

void
qga_grammar_reset(QgaGrammar *self)
{
    static const Level outermost = {.expect = EXPECT_VALUE};

    g_array_set_size(self->levels, 0);
    g_array_append_val(self->levels, outermost);
    if (self->text->allocated_len > KEPT_CAPACITY) {
        g_string_free(self->text, TRUE);
        self->text = g_string_new(NULL);
    }
    g_string_truncate(self->text, 0);
    g_clear_pointer(&self->problem, g_free);
    qga_keys_clear(self->keys);
    self->objects = 0;
}

QgaGrammar *
qga_grammar_new(void)
{
    QgaGrammar *self = g_new0(QgaGrammar, 1);

    self->levels = g_array_new(FALSE, FALSE, sizeof(Level));
    self->text = g_string_new(NULL);
    self->keys = qga_keys_new();
    qga_grammar_reset(self);
    return self;
}

void
qga_grammar_free(QgaGrammar *self)
{
    if (!self)
        return;
    g_array_unref(self->levels);
    g_string_free(self->text, TRUE);
    g_free(self->problem);
    qga_keys_free(self->keys);
    g_free(self);
}
