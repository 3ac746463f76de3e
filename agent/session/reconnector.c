/* SPDX-License-Identifier: MIT */
#include "reconnector.h"

#include "path-watch.h"

struct FrostReconnector {
    char *method;
    char *path;
    int listen_fd;
    bool retry;
    GMainContext *context;
    FrostChannelEvents events; /* those of our owner */
    void *user;

    FrostChannel *channel; /* NULL: the port is waited for, or lost */
    FrostPathWatch *watch; /* NULL unless the port is waited for */
    bool paused;
    bool stopped;
};

static void
on_received(void *user, const uint8_t *bytes, size_t length)
{
    FrostReconnector *self = user;

    self->events.received(self->user, bytes, length);
}

static void
on_departed(void *user)
{
    FrostReconnector *self = user;

    self->events.departed(self->user);
}

static void
on_ended(void *user)
{
    FrostReconnector *self = user;

    self->events.ended(self->user);
}

static void on_failed(void *user, const GError *error);

static const FrostChannelEvents channel_events = {
    .received = on_received,
    .departed = on_departed,
    .failed = on_failed,
    .ended = on_ended,
};

static bool
open_channel(FrostReconnector *self, GError **error)
{
    if (self->listen_fd >= 0)
        self->channel =
            frost_channel_adopt(self->listen_fd, self->context, &channel_events, self, error);
    else
        self->channel = frost_channel_open(self->method, self->path, self->context, &channel_events,
                                           self, error);
    if (self->channel)
        frost_channel_pause(self->channel, self->paused);
    return self->channel != NULL;
}

static void
try_again(void *user)
{
    FrostReconnector *self = user;
    g_autoptr(GError) error = NULL;

    if (!open_channel(self, &error)) {
        g_debug("%s", error->message);
        return;
    }
    g_info("channel opened");
    g_clear_pointer(&self->watch, frost_path_watch_free);
}

static void
wait_for_port(FrostReconnector *self)
{
    g_autofree char *path = frost_channel_awaited_path(self->method, self->path);

    g_warning("waiting for channel path...");
    self->watch = frost_path_watch_new(path, self->context, try_again, self);
}

static void
on_failed(void *user, const GError *error)
{
    FrostReconnector *self = user;

    g_clear_pointer(&self->channel, frost_channel_free);
    if (!self->retry && !self->stopped) {
        self->events.failed(self->user, error);
        return;
    }
    if (!self->stopped) {
        /* The path may still exist, but it has just failed, so it is not opened again at once. */
        g_warning("%s", error->message);
        g_warning("agent stopped unexpectedly, restarting...");
        wait_for_port(self);
    }
    self->events.departed(self->user);
}

/* Opens the channel, or begins to wait for its port. */
static bool
start(FrostReconnector *self, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (open_channel(self, &reason))
        return true;
    if (!self->retry || !g_error_matches(reason, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_OPEN)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return false;
    }
    g_warning("%s", reason->message);
    g_info("failed to initialize guest agent channel, will retry");
    wait_for_port(self);
    /* The port may have come between the first attempt and the watch. */
    try_again(self);
    return true;
}

FrostReconnector *
frost_reconnector_new(const FrostSessionConfig *config, GMainContext *context,
                      const FrostChannelEvents *events, void *user, GError **error)
{
    FrostReconnector *self = g_new0(FrostReconnector, 1);

    self->method = g_strdup(config->method);
    self->path = g_strdup(config->path);
    self->listen_fd = config->listen_fd;
    self->retry = config->retry && config->listen_fd < 0;
    self->context = g_main_context_ref(context ? context : g_main_context_default());
    self->events = *events;
    self->user = user;
    if (!start(self, error)) {
        frost_reconnector_free(self);
        return NULL;
    }
    return self;
}

void
frost_reconnector_free(FrostReconnector *self)
{
    if (!self)
        return;
    frost_path_watch_free(self->watch);
    frost_channel_free(self->channel);
    g_main_context_unref(self->context);
    g_free(self->method);
    g_free(self->path);
    g_free(self);
}

void
frost_reconnector_send(FrostReconnector *self, GBytes *line)
{
    if (self->channel)
        frost_channel_send(self->channel, line);
}

void
frost_reconnector_part(FrostReconnector *self)
{
    if (self->channel)
        frost_channel_part(self->channel);
}

void
frost_reconnector_dismiss(FrostReconnector *self)
{
    if (self->channel)
        frost_channel_dismiss(self->channel);
}

bool
frost_reconnector_has_client(const FrostReconnector *self)
{
    return self->channel && frost_channel_has_client(self->channel);
}

void
frost_reconnector_pause(FrostReconnector *self, bool paused)
{
    self->paused = paused;
    if (self->channel)
        frost_channel_pause(self->channel, paused);
}

void
frost_reconnector_drain(FrostReconnector *self, unsigned limit_ms)
{
    if (self->channel)
        frost_channel_drain(self->channel, limit_ms);
}

void
frost_reconnector_stop(FrostReconnector *self)
{
    self->stopped = true;
    g_clear_pointer(&self->watch, frost_path_watch_free);
}
