/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <string.h>

#include "parcel.h"
#include "parser.h"
#include "reconnector.h"
#include "request-queue.h"
#include "response.h"
#include "source.h"

/* How long requests are carried out before other sources of the main loop get their turn. */
#define TURN_US 2000

/* A request under way. If the session is freed first, this stays until the call is answered, and
 * the answer is dropped. */
typedef struct {
    FrostSession *session; /* NULL: freed */
    uint64_t client;
} Call;

struct FrostSession {
    QgaDispatch *dispatch;
    GMainContext *context; /* borrowed; NULL: the default one */
    FrostSessionEvents events;
    void *user;
    unsigned absence_s;

    unsigned references;           /* one of the owner, one while requests are carried out */
    FrostReconnector *reconnector; /* NULL: not made yet, or freed */
    FrostParser *parser;
    FrostRequestQueue *queue;
    GSource *pump;    /* carries out the queued requests */
    Call *call;       /* NULL: none under way */
    GSource *absence; /* runs if a client has left while a request was under way; else NULL */
    gint64 left_us;   /* when the last client left; 0: there is one, as far as is known */

    uint64_t client; /* counts clients: an answer goes only to the client that asked */
    bool ended;      /* the client sends no more, but may wait for answers */
    bool full;       /* the channel is paused */
    bool pumping;
    bool stopped;
    bool closed; /* freed by its owner */
};

static void
session_unref(FrostSession *self)
{
    if (--self->references > 0)
        return;
    frost_parser_free(self->parser);
    frost_request_queue_free(self->queue);
    g_free(self);
}

bool
frost_session_is_busy(const FrostSession *self)
{
    return self->call || !frost_request_queue_is_empty(self->queue);
}

/* To be called after any change: pauses or resumes the channel, parts from a client that has ended
 * and has its answers, and starts the pump. */
static void
settle(FrostSession *self)
{
    if (!self->full && frost_request_queue_is_full(self->queue))
        self->full = true;
    else if (self->full && frost_request_queue_is_half_empty(self->queue))
        self->full = false;
    frost_reconnector_pause(self->reconnector, self->full || self->stopped);
    if (self->ended && !frost_session_is_busy(self))
        frost_reconnector_part(self->reconnector);
    if (!self->call && !frost_request_queue_is_empty(self->queue))
        g_source_set_ready_time(self->pump, 0);
}

static void
answer(FrostSession *self, uint64_t client, GBytes *line)
{
    if (line && client == self->client)
        frost_reconnector_send(self->reconnector, line);
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
        g_debug("the host has sent what cannot be read"); /* not the text: it may have a password */
        g_autoptr(GBytes) line = qga_response_refusal(request->text);

        answer(self, request->client, line);
        return;
    }
    self->call = g_new(Call, 1);
    self->call->session = self;
    self->call->client = request->client;
    g_autoptr(QgaValue) value = qga_parcel_read((const uint8_t *)request->text, request->length);
    qga_dispatch_run(self->dispatch, value, answered, self->call);
}

static void
announce_parcel(const FrostSession *self, const uint8_t *bytes, size_t length)
{
    if (!qga_dispatch_gives_way(self->dispatch))
        return;
    g_autoptr(QgaValue) value = qga_parcel_read(bytes, length);
    qga_dispatch_announce(self->dispatch, value);
}

static void
announce(void *user, const FrostRequest *request)
{
    if (!request->refusal)
        announce_parcel(user, (const uint8_t *)request->text, request->length);
}

/* True if there has been no client for absence_s. */
static bool
is_absent(const FrostSession *self)
{
    gint64 limit_us = (gint64)self->absence_s * G_USEC_PER_SEC;

    return self->events.absent && limit_us > 0 && self->left_us != 0 &&
           g_get_monotonic_time() - self->left_us >= limit_us &&
           !frost_reconnector_has_client(self->reconnector);
}

/* Tells a call that has just begun of all requests that wait already. */
static void
announce_queued(FrostSession *self)
{
    frost_request_queue_foreach(self->queue, announce, self);
    if (is_absent(self))
        self->events.absent(self->user);
}

/*
 * A loop, rather than beginning each request from the answer to the one before: so a thousand
 * requests that are answered at once take no more stack than one.
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
        if (!self->closed && self->call)
            announce_queued(self);
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

/* Events of the parser ------------------------------------------------------------------------- */

static void
forget_client(FrostSession *self)
{
    frost_parser_reset(self->parser);
    self->client++;
    self->ended = false;
}

static void
push(FrostSession *self, bool refusal, const char *text, size_t length)
{
    if (!frost_request_queue_push(self->queue, self->client, refusal, text, length))
        g_debug("a client that has left asked for more than is kept");
}

static void
on_parcel(void *user, const uint8_t *bytes, size_t length)
{
    const FrostSession *self = user;

    push(user, false, (const char *)bytes, length);
    if (self->call)
        announce_parcel(self, bytes, length);
}

static void
on_refusal(void *user, const char *desc)
{
    push(user, true, desc, strlen(desc));
}

/* Where the answer to the first request that was lost would come, there is an error; then the
 * client is parted from, as it cannot know where the others would have been. */
static void
on_lost(void *user, const char *desc)
{
    FrostSession *self = user;
    g_autoptr(GBytes) line = qga_response_refusal(desc);

    frost_reconnector_send(self->reconnector, line);
    forget_client(self);
    frost_reconnector_dismiss(self->reconnector);
}

static const FrostParserEvents parser_events = {
    .parcel = on_parcel, .refusal = on_refusal, .lost = on_lost};

/* Events of the channel ------------------------------------------------------------------------ */

static void
on_received(void *user, const uint8_t *bytes, size_t length)
{
    FrostSession *self = user;

    if (self->stopped)
        return;
    self->ended = false;
    self->left_us = 0;
    frost_source_drop(&self->absence);
    frost_parser_feed(self->parser, bytes, length);
    pump(self);
}

static gboolean
on_still_absent(gpointer user)
{
    FrostSession *self = user;

    if (!frost_session_is_busy(self) || !is_absent(self)) {
        frost_source_drop(&self->absence);
        return G_SOURCE_REMOVE;
    }
    self->events.absent(self->user);
    return G_SOURCE_CONTINUE;
}

static void
on_departed(void *user)
{
    FrostSession *self = user;

    forget_client(self);
    self->left_us = g_get_monotonic_time();
    if (!self->events.absent || self->absence_s == 0 || !frost_session_is_busy(self))
        return;
    frost_source_drop(&self->absence);
    self->absence = frost_source_attach(g_timeout_source_new(self->absence_s * 1000u),
                                        self->context, on_still_absent, self);
}

static void
on_ended(void *user)
{
    FrostSession *self = user;

    frost_parser_reset(self->parser);
    self->ended = true;
    settle(self);
}

static void
on_failed(void *user, const GError *error)
{
    FrostSession *self = user;

    forget_client(self);
    self->events.lost(self->user, error);
}

static const FrostChannelEvents channel_events = {
    .received = on_received,
    .departed = on_departed,
    .failed = on_failed,
    .ended = on_ended,
};

/* Public functions ----------------------------------------------------------------------------- */

FrostSession *
frost_session_new(const FrostSessionConfig *config, QgaDispatch *dispatch, GMainContext *context,
                  const FrostSessionEvents *events, void *user, GError **error)
{
    FrostSession *self = g_new0(FrostSession, 1);

    self->references = 1;
    self->dispatch = dispatch;
    self->context = context;
    self->events = *events;
    self->user = user;
    self->absence_s = config->absence_s;
    self->parser = frost_parser_new(config->max_request_bytes, context, &parser_events, self);
    self->queue = frost_request_queue_new(config->max_request_bytes);
    self->pump = g_source_new(&pump_funcs, sizeof(GSource));
    g_source_set_name(self->pump, "session");
    g_source_set_callback(self->pump, pump_turn, self, NULL);
    g_source_attach(self->pump, context);

    self->reconnector = frost_reconnector_new(config, context, &channel_events, self, error);
    if (!self->reconnector) {
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
    frost_source_drop(&self->absence);
    g_clear_pointer(&self->reconnector, frost_reconnector_free);
    g_source_destroy(self->pump);
    g_clear_pointer(&self->pump, g_source_unref);
    session_unref(self);
}

void
frost_session_start_parser(FrostSession *self, FrostParserMode mode)
{
    frost_parser_start(self->parser, mode);
}

void
frost_session_stop(FrostSession *self)
{
    self->stopped = true;
    frost_reconnector_stop(self->reconnector);
    frost_request_queue_clear(self->queue);
    settle(self);
}

void
frost_session_drain(FrostSession *self, unsigned limit_ms)
{
    frost_reconnector_drain(self->reconnector, limit_ms);
}
