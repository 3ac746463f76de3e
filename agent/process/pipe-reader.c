/* SPDX-License-Identifier: MIT */
#include "pipe-reader.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

#include "source.h"

/* The most bytes that are read in one turn of the main loop, and by a drain: as much as the largest
 * pipe can hold. */
#define TURN_BYTES (64u * 1024)
#define DRAIN_BYTES (1024u * 1024)

struct FrostPipeBudget {
    size_t room;
    GQueue abandoned; /* of FrostPipeReader */
};

struct FrostPipeReader {
    int fd;
    FrostPipeBudget *budget;
    GByteArray *kept;
    bool truncated;
    bool abandoned;
    GSource *source; /* NULL: the pipe has ended */
};

/* Once bytes were dropped nothing more is kept, even if there is room again: what is kept is the
 * beginning of the stream, without a gap. */
static void
keep(FrostPipeReader *self, const guint8 *bytes, size_t length)
{
    size_t room = MIN(FROST_PIPE_READER_MAX - self->kept->len, self->budget->room);
    size_t kept = self->truncated ? 0 : MIN(length, room);

    self->truncated |= kept < length;
    self->budget->room -= kept;
    g_byte_array_append(self->kept, bytes, (guint)kept);
}

/* False at the end of the pipe. */
static bool
read_some(FrostPipeReader *self, size_t limit)
{
    guint8 buffer[16384];

    for (size_t done = 0; done < limit;) {
        ssize_t n = read(self->fd, buffer, sizeof buffer);

        if (n == 0)
            return false;
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        if (!self->abandoned)
            keep(self, buffer, (size_t)n);
        done += (size_t)n;
    }
    return true;
}

static void
reader_free(FrostPipeReader *self)
{
    if (self->abandoned)
        g_queue_remove(&self->budget->abandoned, self);
    frost_source_drop(&self->source);
    close(self->fd);
    g_byte_array_unref(self->kept);
    g_free(self);
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
    FrostPipeReader *self = user;

    if (read_some(self, TURN_BYTES))
        return G_SOURCE_CONTINUE;
    if (self->abandoned)
        reader_free(self);
    else
        frost_source_drop(&self->source);
    return G_SOURCE_REMOVE;
}

FrostPipeBudget *
frost_pipe_budget_new(size_t bytes)
{
    FrostPipeBudget *self = g_new0(FrostPipeBudget, 1);

    self->room = bytes;
    g_queue_init(&self->abandoned);
    return self;
}

void
frost_pipe_budget_free(FrostPipeBudget *self)
{
    if (!self)
        return;
    while (!g_queue_is_empty(&self->abandoned))
        reader_free(g_queue_peek_head(&self->abandoned));
    g_free(self);
}

FrostPipeReader *
frost_pipe_reader_new(int fd, GMainContext *context, FrostPipeBudget *budget)
{
    FrostPipeReader *self = g_new0(FrostPipeReader, 1);

    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    self->fd = fd;
    self->budget = budget;
    self->kept = g_byte_array_new();
    self->source = frost_source_attach(g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR),
                                       context, G_SOURCE_FUNC(on_readable), self);
    return self;
}

void
frost_pipe_reader_abandon(FrostPipeReader *self)
{
    if (!self)
        return;
    self->budget->room += self->kept->len;
    g_byte_array_set_size(self->kept, 0);
    if (!self->source || self->budget->abandoned.length >= FROST_PIPE_READER_ABANDONED_MAX) {
        reader_free(self);
        return;
    }
    self->abandoned = true;
    g_queue_push_tail(&self->budget->abandoned, self);
    g_byte_array_unref(self->kept);
    self->kept = g_byte_array_new();
}

void
frost_pipe_reader_drain(FrostPipeReader *self)
{
    if (self->source && !read_some(self, DRAIN_BYTES))
        frost_source_drop(&self->source);
}

const GByteArray *
frost_pipe_reader_bytes(const FrostPipeReader *self)
{
    return self->kept;
}

bool
frost_pipe_reader_is_truncated(const FrostPipeReader *self)
{
    return self->truncated;
}
