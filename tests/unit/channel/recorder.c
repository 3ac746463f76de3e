/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#define LIMIT_US (10 * G_USEC_PER_SEC)

static void
received(void *user, const uint8_t *bytes, size_t length)
{
    Recorder *self = user;

    self->received += length;
    if (!self->counting)
        g_string_append_len(self->journal, (const char *)bytes, (gssize)length);
    if (self->pause_on_bytes)
        frost_channel_pause(*self->pause_on_bytes, true);
    if (self->free_on_bytes)
        g_clear_pointer(self->free_on_bytes, frost_channel_free);
}

static void
departed(void *user)
{
    Recorder *self = user;

    g_string_append(self->journal, "<departed>");
}

static void
ended(void *user)
{
    Recorder *self = user;

    g_string_append(self->journal, "<ended>");
}

static void
failed(void *user, const GError *error)
{
    Recorder *self = user;

    g_string_append_printf(self->journal, "<failed: %s>", error->message);
}

const FrostChannelEvents recorder_events = {
    .received = received,
    .departed = departed,
    .failed = failed,
    .ended = ended,
};

Recorder *
recorder_new(void)
{
    Recorder *self = g_new0(Recorder, 1);

    self->journal = g_string_new(NULL);
    return self;
}

void
recorder_free(Recorder *self)
{
    g_string_free(self->journal, TRUE);
    g_free(self);
}

void
recorder_expect(Recorder *self, const char *journal)
{
    gint64 deadline_us = g_get_monotonic_time() + LIMIT_US;

    while (strcmp(self->journal->str, journal) != 0 && test_turn(deadline_us))
        continue;
    assert_string_equal(self->journal->str, journal);
}

void
recorder_expect_count(Recorder *self, size_t bytes)
{
    gint64 deadline_us = g_get_monotonic_time() + LIMIT_US;

    while (self->received < bytes && test_turn(deadline_us))
        continue;
    assert_int_equal(self->received, bytes);
}

void
expect_quiet(void)
{
    int turns = 0;

    while (g_main_context_iteration(NULL, FALSE) && turns < 20)
        turns++;
    assert_uint_in_range(turns, 0, 8);
}

void
send_text(FrostChannel *channel, const char *text)
{
    g_autoptr(GBytes) line = g_bytes_new(text, strlen(text));

    frost_channel_send(channel, line);
}
