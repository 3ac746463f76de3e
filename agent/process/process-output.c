/* SPDX-License-Identifier: MIT */
#include "process-output.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

struct FrostProcessOutput {
    unsigned users; /* references: of its source, of the process, of frost_process_output_ref() */
    int fd;
    GString *kept;
    bool unwanted;    /* further output is dropped */
    char *ready_line; /* NULL: none, or it was seen */
    void (*ready)(void *user);
    void *user;
};

static void
output_unref(gpointer user)
{
    FrostProcessOutput *output = user;

    if (--output->users > 0)
        return;
    close(output->fd);
    g_string_free(output->kept, TRUE);
    g_free(output->ready_line);
    g_free(output);
}

/* Reads once. False at the end of the output. */
static bool
read_some(FrostProcessOutput *output)
{
    char buffer[4096];
    ssize_t n = read(output->fd, buffer, sizeof buffer);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n > 0 && !output->unwanted) {
        size_t room = FROST_PROCESS_OUTPUT_MAX - output->kept->len;

        g_string_append_len(output->kept, buffer, (gssize)MIN((size_t)n, room));
    }
    return n > 0;
}

static bool
has_line(const char *text, const char *wanted)
{
    size_t length = strlen(wanted);

    for (const char *line = text; *line; line++) {
        const char *end = strchr(line, '\n');

        if (!end)
            return false;
        if ((size_t)(end - line) == length && memcmp(line, wanted, length) == 0)
            return true;
        line = end;
    }
    return false;
}

/* Calls ready if the output has the ready line, and only once. */
static void
check_ready(FrostProcessOutput *output)
{
    if (!output->ready_line || !has_line(output->kept->str, output->ready_line))
        return;
    frost_process_output_forget_ready(output);
    output->ready(output->user);
}

static gboolean
on_output(gint fd, GIOCondition condition, gpointer user)
{
    FrostProcessOutput *output = user;
    bool more = read_some(output);

    check_ready(output);
    return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Reads what is in the pipe now, but no more than a pipe can hold: a child may write without end.
 */
static void
read_rest(FrostProcessOutput *output)
{
    for (unsigned i = 0; i < 16; i++) {
        struct pollfd pending = {.fd = output->fd, .events = POLLIN};

        if (poll(&pending, 1, 0) <= 0 || !read_some(output))
            return;
    }
}

const char *
frost_process_output_kept(const FrostProcessOutput *self)
{
    return self->kept->str;
}

void
frost_process_output_forget_ready(FrostProcessOutput *self)
{
    g_clear_pointer(&self->ready_line, g_free);
}

FrostProcessOutput *
frost_process_output_new(int fd, const char *ready_line, void (*ready)(void *user), void *user,
                         GMainContext *context)
{
    FrostProcessOutput *self = g_new0(FrostProcessOutput, 1);

    *self = (FrostProcessOutput){.users = 2,
                                 .fd = fd,
                                 .kept = g_string_new(NULL),
                                 .ready_line = g_strdup(ready_line),
                                 .ready = ready,
                                 .user = user};
    g_unix_set_fd_nonblocking(fd, TRUE, NULL);

    GSource *source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_callback(source, G_SOURCE_FUNC(on_output), self, output_unref);
    g_source_attach(source, context);
    g_source_unref(source);
    return self;
}

FrostProcessOutput *
frost_process_output_ref(FrostProcessOutput *self)
{
    self->users++;
    return self;
}

void
frost_process_output_unref(FrostProcessOutput *self)
{
    output_unref(self);
}

const char *
frost_process_output_take_rest(FrostProcessOutput *self, gsize *out_length)
{
    read_rest(self);
    *out_length = self->kept->len;
    return self->kept->str;
}

void
frost_process_output_free(FrostProcessOutput *self)
{
    self->unwanted = true;
    frost_process_output_forget_ready(self);
    output_unref(self);
}

char *
frost_process_last_line(const char *output)
{
    const char *end = output + strlen(output);

    while (end > output && g_ascii_isspace(end[-1]))
        end--;
    const char *begin = end;
    while (begin > output && begin[-1] != '\n')
        begin--;
    return end > begin ? g_strndup(begin, (gsize)(end - begin)) : NULL;
}
