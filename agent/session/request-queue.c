/* SPDX-License-Identifier: MIT */
#include "request-queue.h"

#include <string.h>

#define FULL_COUNT 1024u
#define FULL_BYTES (1024u * 1024)

/*
 * The last bytes of a client, a MiB at most, can have 43,690 of the shortest requests that do
 * something. These bounds never refuse those of the first client that leaves a full queue.
 */
#define LIMIT_COUNT (64u * 1024)
#define LIMIT_BYTES (4u * 1024 * 1024)

struct FrostRequestQueue {
    GQueue requests;
    size_t bytes;
    size_t limit_bytes;
};

FrostRequestQueue *
frost_request_queue_new(size_t max_request_bytes)
{
    FrostRequestQueue *self = g_new0(FrostRequestQueue, 1);

    g_queue_init(&self->requests);
    /* A request can take a few times as much memory as it had bytes on the wire. */
    self->limit_bytes = LIMIT_BYTES + 4 * MIN(max_request_bytes, G_MAXSIZE / 16);
    return self;
}

void
frost_request_queue_free(FrostRequestQueue *self)
{
    if (!self)
        return;
    frost_request_queue_clear(self);
    g_free(self);
}

static size_t
size_of(size_t length)
{
    return sizeof(FrostRequest) + length + 1;
}

bool
frost_request_queue_push(FrostRequestQueue *self, uint64_t client, bool refusal, const char *text,
                         size_t length)
{
    if (self->requests.length >= LIMIT_COUNT || self->bytes >= self->limit_bytes)
        return false;

    FrostRequest *request = g_malloc(size_of(length));
    request->client = client;
    request->refusal = refusal;
    request->length = length;
    memcpy(request->text, text, length);
    request->text[length] = '\0';
    g_queue_push_tail(&self->requests, request);
    self->bytes += size_of(length);
    return true;
}

FrostRequest *
frost_request_queue_pop(FrostRequestQueue *self)
{
    FrostRequest *request = g_queue_pop_head(&self->requests);

    if (request)
        self->bytes -= size_of(request->length);
    return request;
}

void
frost_request_queue_clear(FrostRequestQueue *self)
{
    g_queue_clear_full(&self->requests, g_free);
    self->bytes = 0;
}

void
frost_request_queue_foreach(const FrostRequestQueue *self,
                            void (*visit)(void *user, const FrostRequest *request), void *user)
{
    for (const GList *link = self->requests.head; link; link = link->next)
        visit(user, link->data);
}

bool
frost_request_queue_is_empty(const FrostRequestQueue *self)
{
    return self->requests.length == 0;
}

bool
frost_request_queue_is_full(const FrostRequestQueue *self)
{
    return self->requests.length >= FULL_COUNT || self->bytes >= FULL_BYTES;
}

bool
frost_request_queue_is_half_empty(const FrostRequestQueue *self)
{
    return self->requests.length < FULL_COUNT / 2 && self->bytes < FULL_BYTES / 2;
}
