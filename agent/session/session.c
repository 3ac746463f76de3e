/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <string.h>

#include "frame.h"
#include "keeper.h"
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
    QgaDispatch *dispatch;
    FrostSessionLost lost;
    void *user;

    unsigned references; /* one for the owner, one while requests are carried out */
    FrostKeeper *keeper; /* NULL: not had yet, or freed */
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
    frost_keeper_pause(self->keeper, self->full || self->stopped);
    if (self->ended && !frost_session_is_busy(self))
        frost_keeper_finish(self->keeper);
    if (!self->call && !frost_request_queue_is_empty(self->queue))
        g_source_set_ready_time(self->pump, 0);
}

static void
answer(FrostSession *self, uint64_t client, GBytes *line)
{
    if (line && client == self->client)
        frost_keeper_send(self->keeper, line);
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

/* Events of the framer ------------------------------------------------------------------------- */

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

/* Events of the channel ------------------------------------------------------------------------ */

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

static void
on_failed(void *user, const GError *error)
{
    FrostSession *self = user;

    forget_client(self);
    self->lost(self->user, error);
}

static const FrostChannelEvents channel_events = {
    .received = on_received,
    .departed = on_departed,
    .failed = on_failed,
    .ended = on_ended,
};

/* The public face ------------------------------------------------------------------------------ */

FrostSession *
frost_session_new(const FrostSessionConfig *config, QgaDispatch *dispatch, GMainContext *context,
                  FrostSessionLost lost, void *user, GError **error)
{
    FrostSession *self = g_new0(FrostSession, 1);

    self->references = 1;
    self->dispatch = dispatch;
    self->lost = lost;
    self->user = user;
    self->frame = qga_frame_new(config->max_request_bytes, &frame_events, self);
    self->queue = frost_request_queue_new(config->max_request_bytes);
    self->pump = g_source_new(&pump_funcs, sizeof(GSource));
    g_source_set_name(self->pump, "session");
    g_source_set_callback(self->pump, pump_turn, self, NULL);
    g_source_attach(self->pump, context);

    self->keeper = frost_keeper_new(config, context, &channel_events, self, error);
    if (!self->keeper) {
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
    g_clear_pointer(&self->keeper, frost_keeper_free);
    g_source_destroy(self->pump);
    g_clear_pointer(&self->pump, g_source_unref);
    session_unref(self);
}

void
frost_session_stop(FrostSession *self)
{
    self->stopped = true;
    frost_keeper_stop(self->keeper);
    frost_request_queue_clear(self->queue);
    settle(self);
}

void
frost_session_drain(FrostSession *self, unsigned limit_ms)
{
    frost_keeper_drain(self->keeper, limit_ms);
}
