/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * recorder.h - what a channel told, as one line of text
 *
 * Bytes stand as they are; `<departed>`, `<ended>` and `<failed: message>` between them.
 */

#include "channel.h"
#include "test-support.h"

typedef struct {
    GString *journal;
    size_t received; /* counts bytes when @counting, instead of writing them down */
    bool counting;
    FrostChannel **pause_on_bytes; /* paused as soon as bytes arrive */
    FrostChannel **free_on_bytes;  /* freed as soon as bytes arrive */
} Recorder;

extern const FrostChannelEvents recorder_events;

Recorder *recorder_new(void);
void recorder_free(Recorder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recorder, recorder_free)

/* Runs the main loop until the journal reads exactly so. */
void recorder_expect(Recorder *self, const char *journal);
/* Runs the main loop until so many bytes were counted. */
void recorder_expect_count(Recorder *self, size_t bytes);
/* Lets the loop do what is due, which must come to an end within a few turns: who spins fails. */
void expect_quiet(void);

void send_text(FrostChannel *channel, const char *text);
