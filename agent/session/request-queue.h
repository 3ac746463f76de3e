/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * request-queue.h - the requests that wait to be carried out: first in, first out, and bounded
 *
 * There are two bounds. Above the first one the queue is full: the session stops reading, and goes
 * on when the queue is half empty. Requests that a departed client has left in the kernel are still
 * taken, but refused above the second bound. So clients that come and go during a long freeze
 * cannot fill the memory.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t client; /* the number of the client that sent it */
    bool refusal;    /* text is not a request, but the desc of the error to answer with */
    size_t length;
    char text[]; /* NUL-terminated */
} FrostRequest;

typedef struct FrostRequestQueue FrostRequestQueue;

/* @max_request_bytes: the size of the largest request. Even a full queue has room for one. */
FrostRequestQueue *frost_request_queue_new(size_t max_request_bytes);
void frost_request_queue_free(FrostRequestQueue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostRequestQueue, frost_request_queue_free)

/* Copies @text. False: the second bound is reached, and it was refused. */
bool frost_request_queue_push(FrostRequestQueue *self, uint64_t client, bool refusal,
                              const char *text, size_t length);
/* Removes and returns the oldest request, g_free() it; NULL: there is none. */
FrostRequest *frost_request_queue_pop(FrostRequestQueue *self);
void frost_request_queue_clear(FrostRequestQueue *self);
/* Calls @visit for each request, the oldest first. @visit must not change the queue. */
void frost_request_queue_foreach(const FrostRequestQueue *self,
                                 void (*visit)(void *user, const FrostRequest *request),
                                 void *user);

bool frost_request_queue_is_empty(const FrostRequestQueue *self);
bool frost_request_queue_is_full(const FrostRequestQueue *self);
bool frost_request_queue_is_half_empty(const FrostRequestQueue *self);
