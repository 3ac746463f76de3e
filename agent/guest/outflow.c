/* SPDX-License-Identifier: MIT */
#include "outflow.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

#include "source.h"

/* In one turn of the main loop; a drain reads at most what the largest pipe can hold. */
#define TURN_BYTES (64u * 1024)
#define DRAIN_BYTES (1024u * 1024)

struct FrostOutflowBudget {
    size_t room;
    GQueue abandoned; /* of FrostOutflow */
};

struct FrostOutflow {
    int fd;
    FrostOutflowBudget *budget;
    GByteArray *kept;
    bool truncated;
    bool abandoned;
    GSource *source; /* NULL: the pipe has ended */
};

/* Nothing after what is cut off, though others may have given back their room since: what is kept
 * is a beginning, without a hole. */
static void
keep(FrostOutflow *self, const guint8 *bytes, size_t length)
{
    size_t room = MIN(FROST_OUTFLOW_MAX - self->kept->len, self->budget->room);
    size_t kept = self->truncated ? 0 : MIN(length, room);

    self->truncated |= kept < length;
    self->budget->room -= kept;
    g_byte_array_append(self->kept, bytes, (guint)kept);
}

/* False at the end of the pipe. */
static bool
read_some(FrostOutflow *self, size_t limit)
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
outflow_free(FrostOutflow *self)
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
    FrostOutflow *self = user;

    if (read_some(self, TURN_BYTES))
        return G_SOURCE_CONTINUE;
    if (self->abandoned)
        outflow_free(self);
    else
        frost_source_drop(&self->source);
    return G_SOURCE_REMOVE;
}

FrostOutflowBudget *
frost_outflow_budget_new(size_t bytes)
{
    FrostOutflowBudget *self = g_new0(FrostOutflowBudget, 1);

    self->room = bytes;
    g_queue_init(&self->abandoned);
    return self;
}

void
frost_outflow_budget_free(FrostOutflowBudget *self)
{
    if (!self)
        return;
    while (!g_queue_is_empty(&self->abandoned))
        outflow_free(g_queue_peek_head(&self->abandoned));
    g_free(self);
}

unsigned
frost_outflow_budget_abandoned(const FrostOutflowBudget *self)
{
    return g_queue_get_length((GQueue *)&self->abandoned);
}

FrostOutflow *
frost_outflow_new(int fd, GMainContext *context, FrostOutflowBudget *budget)
{
    FrostOutflow *self = g_new0(FrostOutflow, 1);

    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    self->fd = fd;
    self->budget = budget;
    self->kept = g_byte_array_new();
    self->source = frost_source_attach(g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR),
                                       context, G_SOURCE_FUNC(on_readable), self);
    return self;
}

void
frost_outflow_abandon(FrostOutflow *self)
{
    if (!self)
        return;
    self->budget->room += self->kept->len;
    g_byte_array_set_size(self->kept, 0);
    if (!self->source ||
        g_queue_get_length(&self->budget->abandoned) >= FROST_OUTFLOW_ABANDONED_MAX) {
        outflow_free(self);
        return;
    }
    self->abandoned = true;
    g_queue_push_tail(&self->budget->abandoned, self);
    g_byte_array_unref(self->kept);
    self->kept = g_byte_array_new();
}

void
frost_outflow_drain(FrostOutflow *self)
{
    if (self->source && !read_some(self, DRAIN_BYTES))
        frost_source_drop(&self->source);
}

const GByteArray *
frost_outflow_bytes(const FrostOutflow *self)
{
    return self->kept;
}

bool
frost_outflow_is_truncated(const FrostOutflow *self)
{
    return self->truncated;
}
