/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <string.h>

#include "frame.h"
#include "path-watch.h"
#include "request-queue.h"
#include "response.h"

/* How long requests are carried out in one go, before others in the main loop have their turn. */
#define TURN_US 2000

/* A request under way. It outlives the session if that is freed first; then nobody hears. */
typedef struct {
    FrostSession *session; /* NULL: gone */
    uint64_t client;
} Call;

struct FrostSession {
    char *method;
    char *path;
    int listen_fd;
    bool retry;
    QgaDispatch *dispatch;
    GMainContext *context;
    FrostSessionLost lost;
    void *user;

    unsigned references;   /* one for the owner, one while requests are carried out */
    FrostChannel *channel; /* NULL: the port is waited for */
    FrostPathWatch *watch; /* NULL unless it is */
    QgaFrame *frame;
    FrostRequestQueue *queue;
    GSource *pump; /* carries out what is queued */
    Call *call;    /* NULL: none under way */

    uint64_t client; /* counts clients: an answer goes to the one that asked, or to nobody */
    bool ended;      /* the client says no more, and may wait for answers */
    bool full;       /* the channel is paused */
    bool pumping;
    bool stopped;
    bool closed; /* freed, but for the references */
};

static void
session_unref(FrostSession *self)
{
    if (--self->references > 0)
        return;
    qga_frame_free(self->frame);
    frost_request_queue_free(self->queue);
    g_main_context_unref(self->context);
    g_free(self->method);
    g_free(self->path);
    g_free(self);
}

bool
frost_session_is_busy(const FrostSession *self)
{
    return self->call || !frost_request_queue_is_empty(self->queue);
}

/* Whatever changed: is the channel to be paused, is the client to be parted from, is there work? */
static void
settle(FrostSession *self)
{
    if (!self->full && frost_request_queue_is_full(self->queue))
        self->full = true;
    else if (self->full && frost_request_queue_is_half_empty(self->queue))
        self->full = false;
    if (self->channel)
        frost_channel_pause(self->channel, self->full || self->stopped);
    if (self->channel && self->ended && !frost_session_is_busy(self))
        frost_channel_finish(self->channel);
    if (!self->call && !frost_request_queue_is_empty(self->queue))
        g_source_set_ready_time(self->pump, 0);
}

static void
answer(FrostSession *self, uint64_t client, GBytes *line)
{
    if (line && self->channel && client == self->client)
        frost_channel_send(self->channel, line);
}

static void
answered(void *user, GBytes *line)
{
    Call *call = user;
    FrostSession *self = call->session;

    if (self) {
        self->call = NULL;
        answer(self, call->client, line);
        if (!self->pumping)
            settle(self);
    }
    g_free(call);
}

static void
carry_out(FrostSession *self, const FrostRequest *request)
{
    if (request->refusal) {
        g_autoptr(GBytes) line = qga_response_refusal(request->text);

        answer(self, request->client, line);
        return;
    }
    self->call = g_new(Call, 1);
    self->call->session = self;
    self->call->client = request->client;
    qga_dispatch_run(self->dispatch, request->text, request->length, answered, self->call);
}

/*
 * In a loop, not one out of the other's answer: a thousand requests that are answered at once
 * need no deeper stack than one.
 */
static void
pump(FrostSession *self)
{
    gint64 until_us = g_get_monotonic_time() + TURN_US;

    self->references++;
    self->pumping = true;
    while (!self->closed && !self->call && g_get_monotonic_time() < until_us) {
        g_autofree FrostRequest *request = frost_request_queue_pop(self->queue);

        if (!request)
            break;
        carry_out(self, request);
    }
    self->pumping = false;
    if (!self->closed)
        settle(self);
    session_unref(self);
}

static gboolean
pump_turn(gpointer user)
{
    pump(user);
    return G_SOURCE_CONTINUE;
}

static gboolean
pump_dispatch(GSource *source, GSourceFunc turn, gpointer user)
{
    g_source_set_ready_time(source, -1);
    return turn(user);
}

static GSourceFuncs pump_funcs = {.dispatch = pump_dispatch};

/* Events of the framer --------------------------------------------------------------------------
 */

static void
push(FrostSession *self, bool refusal, const char *text, size_t length)
{
    if (!frost_request_queue_push(self->queue, self->client, refusal, text, length))
        g_debug("a client that has left asked for more than is kept");
}

static void
on_message(void *user, const char *text, size_t length)
{
    push(user, false, text, length);
}

static void
on_refusal(void *user, const char *desc)
{
    push(user, true, desc, strlen(desc));
}

static const QgaFrameEvents frame_events = {.message = on_message, .error = on_refusal};

/* Events of the channel -------------------------------------------------------------------------
 */

static void
on_received(void *user, const uint8_t *bytes, size_t length)
{
    FrostSession *self = user;

    if (self->stopped)
        return;
    self->ended = false;
    qga_frame_feed(self->frame, bytes, length);
    pump(self);
}

static void
forget_client(FrostSession *self)
{
    qga_frame_reset(self->frame);
    self->client++;
    self->ended = false;
}

static void
on_departed(void *user)
{
    forget_client(user);
}

static void
on_ended(void *user)
{
    FrostSession *self = user;

    qga_frame_reset(self->frame);
    self->ended = true;
    settle(self);
}

static void on_failed(void *user, const GError *error);

static const FrostChannelEvents channel_events = {
    .received = on_received,
    .departed = on_departed,
    .failed = on_failed,
    .ended = on_ended,
};

static bool
open_channel(FrostSession *self, GError **error)
{
    if (self->listen_fd >= 0)
        self->channel =
            frost_channel_adopt(self->listen_fd, self->context, &channel_events, self, error);
    else
        self->channel = frost_channel_open(self->method, self->path, self->context, &channel_events,
                                           self, error);
    if (self->channel)
        settle(self);
    return self->channel != NULL;
}

/* A port that is missing ------------------------------------------------------------------------
 */

static void
try_again(void *user)
{
    FrostSession *self = user;
    g_autoptr(GError) error = NULL;

    if (!open_channel(self, &error)) {
        g_debug("%s", error->message);
        return;
    }
    g_info("channel opened");
    g_clear_pointer(&self->watch, frost_path_watch_free);
}

static void
wait_for_port(FrostSession *self)
{
    g_autofree char *path = frost_channel_awaited_path(self->method, self->path);

    g_warning("waiting for channel path...");
    self->watch = frost_path_watch_new(path, self->context, try_again, self);
}

static void
on_failed(void *user, const GError *error)
{
    FrostSession *self = user;

    forget_client(self);
    g_clear_pointer(&self->channel, frost_channel_free);
    if (self->stopped)
        return;
    if (!self->retry) {
        self->lost(self->user, error);
        return;
    }
    /* Not opened at once, though its path may still be there: it has just failed. */
    g_warning("%s", error->message);
    g_warning("agent stopped unexpectedly, restarting...");
    wait_for_port(self);
}

/* Opens the channel, or begins to wait for it. */
static bool
start(FrostSession *self, GError **error)
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
    /* It may have come between the first attempt and the watch. */
    try_again(self);
    return true;
}

/* The public face -------------------------------------------------------------------------------
 */

FrostSession *
frost_session_new(const FrostSessionConfig *config, QgaDispatch *dispatch, GMainContext *context,
                  FrostSessionLost lost, void *user, GError **error)
{
    FrostSession *self = g_new0(FrostSession, 1);

    self->references = 1;
    self->method = g_strdup(config->method);
    self->path = g_strdup(config->path);
    self->listen_fd = config->listen_fd;
    self->retry = config->retry && config->listen_fd < 0;
    self->dispatch = dispatch;
    self->context = g_main_context_ref(context ? context : g_main_context_default());
    self->lost = lost;
    self->user = user;
    self->frame = qga_frame_new(config->max_request_bytes, &frame_events, self);
    self->queue = frost_request_queue_new(config->max_request_bytes);
    self->pump = g_source_new(&pump_funcs, sizeof(GSource));
    g_source_set_name(self->pump, "session");
    g_source_set_callback(self->pump, pump_turn, self, NULL);
    g_source_attach(self->pump, self->context);

    if (!start(self, error)) {
        frost_session_free(self);
        return NULL;
    }
    return self;
}

void
frost_session_free(FrostSession *self)
{
    if (!self)
        return;
    self->closed = true;
    if (self->call)
        self->call->session = NULL;
    self->call = NULL;
    g_clear_pointer(&self->watch, frost_path_watch_free);
    g_clear_pointer(&self->channel, frost_channel_free);
    g_source_destroy(self->pump);
    g_clear_pointer(&self->pump, g_source_unref);
    session_unref(self);
}

void
frost_session_stop(FrostSession *self)
{
    self->stopped = true;
    g_clear_pointer(&self->watch, frost_path_watch_free);
    frost_request_queue_clear(self->queue);
    settle(self);
}

void
frost_session_drain(FrostSession *self, unsigned limit_ms)
{
    if (self->channel)
        frost_channel_drain(self->channel, limit_ms);
}
