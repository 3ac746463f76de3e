/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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

static gboolean
nudge(gpointer user)
{
    return G_SOURCE_CONTINUE;
}

/* One turn of the loop, which ends after a while even if nothing happens. */
static bool
turn(gint64 deadline_us)
{
    guint timer = g_timeout_add(100, nudge, NULL);

    g_main_context_iteration(NULL, TRUE);
    g_source_remove(timer);
    return g_get_monotonic_time() < deadline_us;
}

void
recorder_expect(Recorder *self, const char *journal)
{
    gint64 deadline_us = g_get_monotonic_time() + LIMIT_US;

    while (strcmp(self->journal->str, journal) != 0 && turn(deadline_us))
        continue;
    assert_string_equal(self->journal->str, journal);
}

void
recorder_expect_count(Recorder *self, size_t bytes)
{
    gint64 deadline_us = g_get_monotonic_time() + LIMIT_US;

    while (self->received < bytes && turn(deadline_us))
        continue;
    assert_int_equal(self->received, bytes);
}

void
expect_quiet(void)
{
    int turns = 0;

    while (g_main_context_iteration(NULL, FALSE) && turns < 20)
        turns++;
    assert_in_range(turns, 0, 8);
}

void
send_text(FrostChannel *channel, const char *text)
{
    g_autoptr(GBytes) line = g_bytes_new(text, strlen(text));

    frost_channel_send(channel, line);
}

void
expect_read(int fd, const char *text)
{
    gint64 deadline_us = g_get_monotonic_time() + LIMIT_US;
    g_autoptr(GString) got = g_string_new(NULL);
    char buffer[256];

    while (got->len < strlen(text)) {
        struct pollfd now = {.fd = fd, .events = POLLIN};

        if (poll(&now, 1, 0) > 0) {
            ssize_t n = read(fd, buffer, sizeof(buffer));
            if (n <= 0)
                break;
            g_string_append_len(got, buffer, n);
        } else if (!turn(deadline_us)) {
            break;
        }
    }
    assert_string_equal(got->str, text);
}

void
expect_eof(int fd)
{
    gint64 deadline_us = g_get_monotonic_time() + LIMIT_US;
    struct pollfd now = {.fd = fd, .events = POLLIN};
    char byte;

    while (poll(&now, 1, 0) == 0 && turn(deadline_us))
        continue;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
}
