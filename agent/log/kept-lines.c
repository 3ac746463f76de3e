/* SPDX-License-Identifier: MIT */
#include "kept-lines.h"

typedef struct {
    GLogLevelFlags level;
    char *text;
} Line;

struct FrostKeptLines {
    GArray *lines; /* of Line */
};

static void
free_value(gpointer data)
{
    frost_kept_lines_free(data);
}

/* The lines of the calling thread; NULL: they are not kept. */
static GPrivate keeping = G_PRIVATE_INIT(free_value);

static void
clear_line(gpointer data)
{
    Line *line = data;

    g_free(line->text);
}

void
frost_kept_lines_begin(void)
{
    FrostKeptLines *self = g_new0(FrostKeptLines, 1);

    self->lines = g_array_new(FALSE, FALSE, sizeof(Line));
    g_array_set_clear_func(self->lines, clear_line);
    g_private_replace(&keeping, self);
}

FrostKeptLines *
frost_kept_lines_end(void)
{
    FrostKeptLines *self = g_private_get(&keeping);

    g_private_set(&keeping, NULL);
    return self;
}

void
frost_kept_lines_free(FrostKeptLines *self)
{
    if (!self)
        return;
    g_array_unref(self->lines);
    g_free(self);
}

bool
frost_kept_lines_add(GLogLevelFlags level, const char *text)
{
    const FrostKeptLines *self = g_private_get(&keeping);
    Line line = {.level = level};

    if (!self)
        return false;
    line.text = g_strdup(text);
    g_array_append_val(self->lines, line);
    return true;
}

void
frost_kept_lines_log(const FrostKeptLines *self)
{
    for (guint i = 0; i < self->lines->len; i++) {
        const Line *line = &g_array_index(self->lines, Line, i);

        g_log_structured(G_LOG_DOMAIN, line->level, "MESSAGE", "%s", line->text);
    }
}
