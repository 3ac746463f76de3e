/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel-private.h"
#include "client.h"
#include "listener.h"
#include "port.h"
#include "stream.h"

static const FrostChannelMethod *const methods[] = {
    &frost_virtio_serial,
    &frost_isa_serial,
    &frost_unix_listen,
    &frost_vsock_listen,
};

static const FrostChannelMethod *
find_method(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (strcmp(methods[i]->name, name) == 0)
            return methods[i];
    }
    return NULL;
}

char *
frost_channel_awaited_path(const char *method, const char *path)
{
    const FrostChannelMethod *found = find_method(method);

    return found && found->awaited_path ? found->awaited_path(path) : NULL;
}

static void
unref(FrostChannel *self)
{
    if (--self->references > 0)
        return;
    frost_outbox_free(self->outbox);
    g_free(self->path);
    g_free(self);
}

/* Handles events: writes what waits, reads what came, accepts the next client. */
static void
step(void *user, const uint32_t seen[FROST_EDGE_COUNT])
{
    FrostChannel *self = user;
    uint32_t stream = seen[FROST_EDGE_STREAM];

    if (self->closed)
        return;
    self->references++;
    if (self->fd >= 0 && stream != 0)
        self->hung_up = (stream & (EPOLLHUP | EPOLLERR)) != 0;
    if (self->lingers && (stream & EPOLLOUT) && !self->hung_up)
        frost_port_note_open(self);
    if (self->fd >= 0 && self->blocked)
        frost_stream_flush(self);
    if (self->fd >= 0 && !self->dismissed)
        frost_client_read(self);
    if (!self->closed && self->fd >= 0)
        frost_client_part(self);
    if (!self->closed && self->listen_fd >= 0 && self->fd < 0 && !self->paused)
        frost_listener_accept(self);
    unref(self);
}

static FrostChannel *
channel_new(const FrostChannelMethod *method, const char *path, GMainContext *context,
            const FrostChannelEvents *events, void *user)
{
    FrostChannel *self = g_new0(FrostChannel, 1);

    self->edge_poll = frost_edge_poll_new(context, step, self);
    if (!self->edge_poll) {
        g_free(self);
        return NULL;
    }
    self->references = 1;
    self->outbox = frost_outbox_new(FROST_CHANNEL_BACKLOG);
    self->method = method;
    self->path = g_strdup(path);
    self->events = *events;
    self->user = user;
    self->listen_fd = -1;
    self->fd = -1;
    return self;
}

/* Takes ownership of @fd on success. On failure returns NULL and sets errno. */
static FrostChannel *
start(const FrostChannelMethod *method, const char *path, int fd, GMainContext *context,
      const FrostChannelEvents *events, void *user)
{
    FrostChannel *self = channel_new(method, path, context, events, user);
    int r = self ? 0 : -errno;

    if (self && method->listens) {
        self->listen_fd = fd;
        frost_edge_poll_wake(self->edge_poll, 0);
    } else if (self) {
        r = frost_stream_take(self, fd);
    }
    if (r < 0) {
        frost_channel_free(self);
        errno = -r;
        return NULL;
    }
    return self;
}

FrostChannel *
frost_channel_open_method(const FrostChannelMethod *method, const char *path, GMainContext *context,
                          const FrostChannelEvents *events, void *user, GError **error)
{
    int fd = method->open(path, error);
    if (fd < 0)
        return NULL;

    FrostChannel *self = start(method, path, fd, context, events, user);
    if (!self) {
        frost_channel_set_open_error(error, path, errno);
        close(fd);
    }
    return self;
}

FrostChannel *
frost_channel_open(const char *method, const char *path, GMainContext *context,
                   const FrostChannelEvents *events, void *user, GError **error)
{
    const FrostChannelMethod *found = find_method(method);

    if (!found) {
        g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                    "unsupported channel method/type: %s", method);
        return NULL;
    }
    if (!path) {
        g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                    "must specify a path for this channel");
        return NULL;
    }
    return frost_channel_open_method(found, path, context, events, user, error);
}

/* NULL if @fd is not a listening socket, or not of a family that we know. */
static const FrostChannelMethod *
method_of_socket(int fd)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof(address);
    int listening = 0;
    socklen_t size = sizeof(listening);

    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0 || !listening)
        return NULL;
    if (address.ss_family == AF_UNIX)
        return &frost_unix_listen;
    return address.ss_family == AF_VSOCK ? &frost_vsock_listen : NULL;
}

FrostChannel *
frost_channel_adopt(int listen_fd, GMainContext *context, const FrostChannelEvents *events,
                    void *user, GError **error)
{
    const FrostChannelMethod *method = method_of_socket(listen_fd);
    if (!method) {
        g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                    "unsupported listen fd type");
        return NULL;
    }
    int flags = fcntl(listen_fd, F_GETFL);
    FrostChannel *self = NULL;
    if (flags >= 0 && fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
        fcntl(listen_fd, F_SETFD, FD_CLOEXEC) == 0)
        self = start(method, NULL, listen_fd, context, events, user);
    if (!self)
        frost_channel_set_open_error(error, "socket activation", errno);
    return self;
}

void
frost_channel_free(FrostChannel *self)
{
    if (!self)
        return;
    self->closed = true;
    g_clear_pointer(&self->edge_poll, frost_edge_poll_free);
    if (self->fd >= 0)
        close(self->fd);
    if (self->listen_fd >= 0)
        close(self->listen_fd);
    self->fd = self->listen_fd = -1;
    unref(self);
}

void
frost_channel_send(FrostChannel *self, GBytes *line)
{
    size_t length;
    const void *bytes = g_bytes_get_data(line, &length);

    /* A failed write to a socket is final; on a port it may have been a lack of memory. */
    if (!self->present || (self->write_failed && self->method->listens))
        return;
    if (!frost_outbox_push(self->outbox, bytes, length))
        g_debug("the client does not read: an answer is dropped");
    if (!self->blocked && !self->corked)
        frost_stream_flush(self);
}

void
frost_channel_part(FrostChannel *self)
{
    if (!self->ended || self->finishing)
        return;
    self->finishing = true;
    frost_edge_poll_wake(self->edge_poll, 0);
}

void
frost_channel_dismiss(FrostChannel *self)
{
    if (self->closed || self->fd < 0)
        return;
    self->dismissed = true;
    frost_edge_poll_wake(self->edge_poll, 0);
}

void
frost_channel_pause(FrostChannel *self, bool paused)
{
    if (self->paused == paused || self->closed)
        return;
    self->paused = paused;
    if (!paused)
        frost_edge_poll_wake(self->edge_poll, 0);
}

bool
frost_channel_has_client(const FrostChannel *self)
{
    struct pollfd now = {.fd = self->fd, .events = POLLOUT};

    if (self->fd < 0)
        return false;
    return poll(&now, 1, 0) >= 0 && !(now.revents & (POLLHUP | POLLERR | POLLNVAL));
}

void
frost_channel_drain(FrostChannel *self, unsigned limit_ms)
{
    gint64 deadline_us = g_get_monotonic_time() + (gint64)limit_ms * 1000;

    while (self->fd >= 0 && frost_outbox_size(self->outbox) > 0) {
        if (frost_outbox_flush(self->outbox, self->method->write, self->fd) != -EAGAIN)
            return;
        gint64 left_us = deadline_us - g_get_monotonic_time();
        if (left_us <= 0)
            return;
        struct pollfd now = {.fd = self->fd, .events = POLLOUT};
        int n = poll(&now, 1, (int)MIN((left_us + 999) / 1000, G_MAXINT));
        /* POLLHUP: the other end is closed. A virtio port then reports it again and again. */
        if (n > 0 && now.revents != POLLOUT)
            return;
    }
}
