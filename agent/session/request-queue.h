/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * request-queue.h - what was asked and is not answered yet, in its order, bounded
 *
 * Two bounds. Above the first one the queue is full: whoever feeds it is to be stopped, and may
 * go on once it is half empty. What arrives all the same is what a departed client left in the
 * kernel; above the second bound it is refused, so that coming and going again and again during a
 * long freeze fills no memory.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t client; /* who asked */
    bool refusal;    /* the text is the desc of an error, not a request */
    size_t length;
    char text[]; /* NUL-terminated */
} FrostRequest;

typedef struct FrostRequestQueue FrostRequestQueue;

/* @max_request_bytes: however full it is said to be, the queue has room for one such request. */
FrostRequestQueue *frost_request_queue_new(size_t max_request_bytes);
void frost_request_queue_free(FrostRequestQueue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostRequestQueue, frost_request_queue_free)

/* Takes a copy of @text; false: beyond the second bound, refused. */
bool frost_request_queue_push(FrostRequestQueue *self, uint64_t client, bool refusal,
                              const char *text, size_t length);
/* The oldest one, to be g_free()d; NULL: there is none. */
FrostRequest *frost_request_queue_pop(FrostRequestQueue *self);
void frost_request_queue_clear(FrostRequestQueue *self);

bool frost_request_queue_is_empty(const FrostRequestQueue *self);
bool frost_request_queue_is_full(const FrostRequestQueue *self);
bool frost_request_queue_is_half_empty(const FrostRequestQueue *self);
