/* SPDX-License-Identifier: MIT */
#include "inflow.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdbool.h>
#include <unistd.h>

#include "source.h"

struct FrostInflow {
    int fd; /* -1: ended */
    GBytes *bytes;
    size_t written;
    GSource *source;
};

static void
end(FrostInflow *self)
{
    frost_source_drop(&self->source);
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
    g_clear_pointer(&self->bytes, g_bytes_unref);
}

/* False when there is nothing more to write, or nobody to read it. */
static bool
write_some(FrostInflow *self)
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
    FrostInflow *self = user;

    if (write_some(self))
        return G_SOURCE_CONTINUE;
    end(self);
    return G_SOURCE_REMOVE;
}

FrostInflow *
frost_inflow_new(int fd, GMainContext *context, GBytes *bytes)
{
    FrostInflow *self = g_new0(FrostInflow, 1);

    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    self->fd = fd;
    self->bytes = g_bytes_ref(bytes);
    self->source = frost_source_attach(g_unix_fd_source_new(fd, G_IO_OUT | G_IO_ERR), context,
                                       G_SOURCE_FUNC(on_writable), self);
    return self;
}

void
frost_inflow_free(FrostInflow *self)
{
    if (!self)
        return;
    end(self);
    g_free(self);
}
