/* SPDX-License-Identifier: MIT */
#include "edge-poll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

struct FrostEdgePoll {
    GSource base;
    int epoll_fd;
    FrostEdgePollFunc func;
    void *user;
};

static gboolean
dispatch(GSource *source, GSourceFunc unused, gpointer unused_too)
{
    FrostEdgePoll *self = (FrostEdgePoll *)source;
    struct epoll_event events[FROST_EDGE_COUNT];
    uint32_t seen[FROST_EDGE_COUNT] = {0};

    g_source_set_ready_time(source, -1);
    int n = epoll_wait(self->epoll_fd, events, FROST_EDGE_COUNT, 0);
    for (int i = 0; i < n; i++)
        seen[events[i].data.u32] |= events[i].events;
    self->func(self->user, seen);
    return G_SOURCE_CONTINUE;
}

static void
finalize(GSource *source)
{
    FrostEdgePoll *self = (FrostEdgePoll *)source;

    if (self->epoll_fd >= 0)
        close(self->epoll_fd);
}

/* Without prepare and check, GLib itself checks the descriptor and the ready time. */
static GSourceFuncs edges_funcs = {.dispatch = dispatch, .finalize = finalize};

FrostEdgePoll *
frost_edge_poll_new(GMainContext *context, FrostEdgePollFunc func, void *user)
{
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        return NULL;

    GSource *source = g_source_new(&edges_funcs, sizeof(FrostEdgePoll));
    FrostEdgePoll *self = (FrostEdgePoll *)source;
    self->epoll_fd = epoll_fd;
    self->func = func;
    self->user = user;
    g_source_set_name(source, "channel");
    /* Otherwise, for each dispatch, GLib removes the descriptor from its set and adds it again, and
     * wakes itself each time by its eventfd: three more system calls, and one more turn. */
    g_source_set_can_recurse(source, TRUE);
    g_source_add_unix_fd(source, epoll_fd, G_IO_IN);
    g_source_attach(source, context);
    return self;
}

void
frost_edge_poll_free(FrostEdgePoll *self)
{
    if (!self)
        return;
    g_source_destroy(&self->base);
    g_source_unref(&self->base);
}

int
frost_edge_poll_watch(FrostEdgePoll *self, FrostEdge which, int fd, uint32_t events)
{
    struct epoll_event event = {
        .events = events | (which == FROST_EDGE_STREAM ? (uint32_t)EPOLLET : EPOLLONESHOT),
        .data.u32 = which,
    };

    if (epoll_ctl(self->epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    if (errno == ENOENT && epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    return -errno;
}

void
frost_edge_poll_unwatch(FrostEdgePoll *self, int fd)
{
    epoll_ctl(self->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void
frost_edge_poll_wake(FrostEdgePoll *self, gint64 delay_us)
{
    g_source_set_ready_time(&self->base, delay_us ? g_get_monotonic_time() + delay_us : 0);
}
