/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "text.h"

struct FrostNotes {
    GPtrArray *notes;
    GLogFunc before;
};

bool
frost_output_is_colourful(void)
{
    const char *term = g_getenv("TERM");

    return isatty(STDOUT_FILENO) && !g_getenv("NO_COLOR") && term && !g_str_equal(term, "dumb");
}

char *
frost_output_json(const QgaValue *value)
{
    GString *text = g_string_new(NULL);

    qga_value_print(value, text);
    g_string_append_c(text, '\n');
    return g_string_free(text, FALSE);
}

bool
frost_output_print(const char *command, const char *text)
{
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return true;
    frost_output_complain(command, "%s", g_strerror(errno));
    return false;
}

void
frost_output_complain(const char *command, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *message = g_strdup_vprintf(format, args);
    va_end(args);
    char *clean = frost_text_clean(message);
    fprintf(stderr, "%s: %s\n", command, clean);
    g_free(clean);
    g_free(message);
}

int
frost_output_help(const char *command, const char *help)
{
    return frost_output_print(command, help) ? FROST_CLI_OK : FROST_CLI_ERROR;
}

int
frost_output_hint(const char *command)
{
    fprintf(stderr, "Try 'frost-ga %s --help'.\n", command);
    return FROST_CLI_ERROR;
}

static void
keep(const char *domain, GLogLevelFlags level, const char *message, gpointer user)
{
    FrostNotes *self = user;

    if ((level & G_LOG_LEVEL_MASK) <= G_LOG_LEVEL_WARNING)
        g_ptr_array_add(self->notes, g_strdup(message));
}

FrostNotes *
frost_notes_begin(void)
{
    FrostNotes *self = g_new0(FrostNotes, 1);

    self->notes = g_ptr_array_new_with_free_func(g_free);
    self->before = g_log_set_default_handler(keep, self);
    return self;
}

GPtrArray *
frost_notes_end(FrostNotes *self)
{
    GPtrArray *notes = self->notes;

    g_log_set_default_handler(self->before, NULL);
    g_free(self);
    return notes;
}
