/* SPDX-License-Identifier: MIT */
#include "pipe-writer.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdbool.h>
#include <unistd.h>

#include "source.h"

struct FrostPipeWriter {
    int fd; /* -1: ended */
    GBytes *bytes;
    size_t written;
    GSource *source;
};

static void
end(FrostPipeWriter *self)
{
    frost_source_drop(&self->source);
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
    g_clear_pointer(&self->bytes, g_bytes_unref);
}

/* False when there is nothing more to write, or nobody to read it. */
static bool
write_some(FrostPipeWriter *self)
{
    size_t length;
    const char *data = g_bytes_get_data(self->bytes, &length);

    while (self->written < length) {
        ssize_t n = write(self->fd, data + self->written, length - self->written);

        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        self->written += (size_t)n;
    }
    return false;
}

static gboolean
on_writable(gint fd, GIOCondition condition, gpointer user)
{
    FrostPipeWriter *self = user;

    if (write_some(self))
        return G_SOURCE_CONTINUE;
    end(self);
    return G_SOURCE_REMOVE;
}

FrostPipeWriter *
frost_pipe_writer_new(int fd, GMainContext *context, GBytes *bytes)
{
    FrostPipeWriter *self = g_new0(FrostPipeWriter, 1);

    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    self->fd = fd;
    self->bytes = g_bytes_ref(bytes);
    self->source = frost_source_attach(g_unix_fd_source_new(fd, G_IO_OUT | G_IO_ERR), context,
                                       G_SOURCE_FUNC(on_writable), self);
    return self;
}

void
frost_pipe_writer_free(FrostPipeWriter *self)
{
    if (!self)
        return;
    end(self);
    g_free(self);
}
