/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * frame.h - byte stream in, complete requests out
 *
 * The framer is a complete lexer and grammar of qemu-ga's JSON dialect and the only judge of what
 * is valid (protocol 2.2 to 2.5). What it accepts it hands on as one clean JSON text; what it
 * refuses becomes one error, worded as qemu-ga 10.0 words it.
 *
 * In the text handed on, strings are double-quoted UTF-8 and U+0000 is the two bytes C0 80, which
 * keeps a NUL inside keys and values apart from the end of a C string.
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct QgaFrame QgaFrame;

typedef struct {
    /* One valid JSON text, of any kind; @text is NUL-terminated and only lent. */
    void (*message)(void *user, const char *text, size_t length);
    /* One refusal: the `desc` of a GenericError. */
    void (*error)(void *user, const char *desc);
} QgaFrameEvents;

/**
 * qga_frame_new:
 * @max_bytes: bounds the tokens of one request, taken together; what is kept of a request never
 *   exceeds a small multiple of it. What is left of a request beyond any limit is swallowed, up to
 *   its end.
 * @events: copied
 */
QgaFrame *qga_frame_new(size_t max_bytes, const QgaFrameEvents *events, void *user);
void qga_frame_free(QgaFrame *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QgaFrame, qga_frame_free)

/* Feeds bytes; calls the events, in order, before it returns. The events may not call back into
 * the framer. */
void qga_frame_feed(QgaFrame *self, const uint8_t *bytes, size_t length);

/* Forgets a half-received request, silently: its client has gone. */
void qga_frame_reset(QgaFrame *self);
