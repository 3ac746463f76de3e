/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * frame.h - the framer: finds the requests in a stream of bytes
 *
 * The framer is a complete lexer and parser for qemu-ga's dialect of JSON, and the only code that
 * decides what is valid. It turns a valid request into one clean JSON text.
 * For an invalid one it reports one error, at its first wrong token, in the words of qemu-ga 10.0.
 *
 * In the clean text, strings are double-quoted UTF-8. U+0000 is the two bytes C0 80, so that a NUL
 * in a key or value does not end the C string.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct QgaFrame QgaFrame;

typedef struct {
    /* One valid JSON text, of any kind. @text is NUL-terminated, and borrowed. */
    void (*message)(void *user, const char *text, size_t length);
    /* A request was refused. @desc: the `desc` of a GenericError. */
    void (*error)(void *user, const char *desc);
} QgaFrameEvents;

/**
 * qga_frame_new:
 * @max_bytes: a bound on the size of all tokens of a request together. The memory that a request
 * takes is at most a few times that. The rest of a request that exceeds a limit is discarded.
 * @events: copied
 */
QgaFrame *qga_frame_new(size_t max_bytes, const QgaFrameEvents *events, void *user);
void qga_frame_free(QgaFrame *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QgaFrame, qga_frame_free)

/* Takes bytes, and calls the events, in order, before it returns. The events must not call the
 * framer.
 */
void qga_frame_feed(QgaFrame *self, const uint8_t *bytes, size_t length);

/* True if no request has begun: nothing of what came is kept. */
bool qga_frame_is_at_rest(const QgaFrame *self);

/* Silently drops an incomplete request. To be called when its client has gone. */
void qga_frame_reset(QgaFrame *self);
