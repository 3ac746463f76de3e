/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

static const char *const commands[] = {"guest-sync", "guest-ping", "guest-info", NULL};

/* A standard stream that goes to a file for a while. */
typedef struct {
    FILE *stream;
    FILE *file;
    int saved;
} Capture;

static void
capture_begin(Capture *capture, FILE *stream)
{
    fflush(stream);
    capture->stream = stream;
    capture->file = tmpfile();
    capture->saved = dup(fileno(stream));
    dup2(fileno(capture->file), fileno(stream));
}

static char *
capture_end(Capture *capture)
{
    fflush(capture->stream);
    dup2(capture->saved, fileno(capture->stream));
    close(capture->saved);

    GString *text = g_string_new(NULL);
    int c;
    rewind(capture->file);
    while ((c = getc(capture->file)) != EOF)
        g_string_append_c(text, (char)c);
    fclose(capture->file);
    return g_string_free(text, FALSE);
}

static void
record(const char *domain, GLogLevelFlags level, const char *message, gpointer user)
{
    g_string_append_printf(user, "%s\n", message);
}

Loaded *
load_path(const char *path, const char *options)
{
    Loaded *self = g_new0(Loaded, 1);
    g_autofree char *line = g_strdup_printf("'" PROGRAM "' %s", options);
    g_auto(GStrv) argv = NULL;
    GString *warnings = g_string_new(NULL);
    Capture out, err;
    int argc;

    assert_true(g_shell_parse_argv(line, &argc, &argv, NULL));
    g_setenv("QGA_CONF", path, TRUE);
    self->config = frost_config_new();

    capture_begin(&out, stdout);
    capture_begin(&err, stderr);
    GLogFunc before = g_log_set_default_handler(record, warnings);
    self->ok = frost_config_load(self->config, argc, argv, commands, &self->action, &self->error);
    g_log_set_default_handler(before, NULL);
    self->err = capture_end(&err);
    self->out = capture_end(&out);

    self->warnings = g_string_free(warnings, FALSE);
    return self;
}

Loaded *
load(const char *file, const char *options)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("frost-config-XXXXXX", &path, &error);

    assert_no_error(error);
    close(fd);
    if (file)
        assert_true(g_file_set_contents(path, file, -1, NULL));
    else
        g_unlink(path);

    Loaded *self = load_path(path, options);
    g_unlink(path);
    return self;
}

void
loaded_free(Loaded *self)
{
    frost_config_free(self->config);
    g_clear_error(&self->error);
    g_free(self->out);
    g_free(self->err);
    g_free(self->warnings);
    g_free(self);
}

char *
changes(const Loaded *self)
{
    g_autoptr(Loaded) plain = load(NULL, "");
    g_autofree char *dump = frost_config_dump(self->config);
    g_autofree char *plain_dump = frost_config_dump(plain->config);
    g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);
    g_auto(GStrv) plain_lines = g_strsplit(plain_dump, "\n", -1);
    GString *text = g_string_new(NULL);

    for (size_t i = 0; lines[i]; i++) {
        if (!g_strv_contains((const char *const *)plain_lines, lines[i]))
            g_string_append_printf(text, "%s|", lines[i]);
    }
    return g_string_free(text, FALSE);
}
