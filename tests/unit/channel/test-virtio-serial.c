/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake-port.h"

static void
bytes_arrive_and_answers_leave(void **state)
{
    Port *port = *state;

    host_write(port->host, "ping\n");
    recorder_expect(port->recorder, "ping\n");
    send_text(port->channel, "pong\n");

    test_expect_read(port->host, "pong\n");
    expect_quiet();
}

static void
an_unplugged_port_is_lost(void **state)
{
    Port *port = *state;

    host_write(port->host, "x");
    fake_port.read_failure = ENODEV;
    recorder_expect(port->recorder, "<failed: error reading channel: No such device>");

    expect_quiet();
    send_text(port->channel, "to nobody\n");
    frost_channel_pause(port->channel, true);
    frost_channel_pause(port->channel, false);
    frost_channel_drain(port->channel, 1000);
    expect_quiet();
}

static void
an_unplugged_port_is_noticed_when_writing(void **state)
{
    Port *port = *state;

    host_write(port->host, "x");
    recorder_expect(port->recorder, "x");
    fake_port.read_failure = ENODEV;
    fake_port.write_failure = ENODEV;
    send_text(port->channel, "answer\n");

    recorder_expect(port->recorder, "x<failed: error reading channel: No such device>");
}

static void
a_write_that_fails_for_a_while_costs_answers_only(void **state)
{
    Port *port = *state;

    host_write(port->host, "x");
    recorder_expect(port->recorder, "x");
    fake_port.write_failure = ENOMEM;
    send_text(port->channel, "lost\n");
    expect_quiet();
    fake_port.write_failure = 0;
    send_text(port->channel, "lost as well: this flushes\n");
    send_text(port->channel, "heard\n");

    test_expect_read(port->host, "heard\n");
    recorder_expect(port->recorder, "x");
}

static void
while_paused_nothing_is_read_and_nothing_forgotten(void **state)
{
    Port *port = *state;

    frost_channel_pause(port->channel, true);
    host_write(port->host, "waits");
    expect_quiet();
    recorder_expect(port->recorder, "");

    /* The edge is spent long since: resuming has to look by itself. */
    frost_channel_pause(port->channel, false);
    recorder_expect(port->recorder, "waits");
}

static void
pausing_between_two_reads_leaves_the_rest(void **state)
{
    Port *port = *state;
    g_autofree char *block = g_strnfill(40000, 'a');

    port->recorder->counting = true;
    port->recorder->pause_on_bytes = &port->channel;
    host_write(port->host, block);
    expect_quiet();
    size_t first = port->recorder->received;
    assert_uint_in_range(first, 1, 39999);

    port->recorder->pause_on_bytes = NULL;
    frost_channel_pause(port->channel, false);
    recorder_expect_count(port->recorder, 40000);
}

static gboolean
count_turn(gpointer user)
{
    unsigned *turns = user;

    (*turns)++;
    return G_SOURCE_CONTINUE;
}

static gpointer
flood(gpointer user)
{
    int fd = GPOINTER_TO_INT(user);
    g_autofree char *block = g_strnfill(65536, 'a');

    fcntl(fd, F_SETFL, 0);
    for (int i = 0; i < 64; i++) {
        size_t done = 0;

        while (done < 65536) {
            ssize_t n = send(fd, block + done, 65536 - done, MSG_NOSIGNAL);
            if (n <= 0)
                return NULL;
            done += (size_t)n;
        }
    }
    return NULL;
}

static void
a_flood_does_not_starve_the_loop(void **state)
{
    Port *port = *state;
    unsigned turns = 0;
    guint other = g_idle_add_full(G_PRIORITY_DEFAULT, count_turn, &turns, NULL);
    GThread *flooder = g_thread_new("flood", flood, GINT_TO_POINTER(port->host));

    port->recorder->counting = true;
    gint64 deadline_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (port->recorder->received < 64 * 65536 && g_get_monotonic_time() < deadline_us) {
        size_t before = port->recorder->received;
        unsigned turns_before = turns;

        g_main_context_iteration(NULL, TRUE);
        if (port->recorder->received - before > 65536 || turns != turns_before + 1)
            break;
    }
    shutdown(port->host, SHUT_RDWR); /* lets a flooder go that nobody reads any more */
    g_thread_join(flooder);
    g_source_remove(other);

    assert_int_equal(port->recorder->received, 64 * 65536);
}

static void
a_host_that_does_not_read_is_answered_no_more(void **state)
{
    Port *port = *state;
    g_autofree char *line = g_strnfill(1024 * 1024, 'a');
    char *buffer = g_malloc(1024 * 1024);
    size_t total = 0;
    char last = 0;

    line[1024 * 1024 - 1] = '\n';
    host_write(port->host, "x");
    recorder_expect(port->recorder, "x");
    for (int i = 0; i < 80; i++) {
        g_autoptr(GBytes) bytes = g_bytes_new_static(line, 1024 * 1024);

        frost_channel_send(port->channel, bytes);
    }
    expect_quiet();

    /* It reads at last: the line that was begun is whole, and then answers come again. */
    do {
        ssize_t n = read(port->host, buffer, 1024 * 1024);
        if (n > 0) {
            total += (size_t)n;
            last = buffer[n - 1];
        }
    } while (g_main_context_iteration(NULL, FALSE));
    assert_int_equal(total, 1024 * 1024);
    assert_int_equal(last, '\n');
    send_text(port->channel, "again\n");
    test_expect_read(port->host, "again\n");
    g_free(buffer);
}

static void
a_line_that_cannot_be_written_waits_until_the_port_is_writable(void **state)
{
    Port *port = *state;
    g_autofree char *line = g_strnfill(4 * 1024 * 1024, 'b');

    line[4 * 1024 * 1024 - 1] = '\n';
    host_write(port->host, "x");
    recorder_expect(port->recorder, "x");
    send_text(port->channel, line);
    expect_quiet();

    test_expect_read(port->host, line);
    expect_quiet();
}

static void
a_channel_may_be_freed_out_of_its_own_event(void **state)
{
    Port *port = *state;

    port->recorder->free_on_bytes = &port->channel;
    host_write(port->host, "x");
    recorder_expect(port->recorder, "x");

    assert_null(port->channel);
    expect_quiet();
    test_expect_eof(port->host);
}

static gpointer
read_all(gpointer user)
{
    int fd = GPOINTER_TO_INT(user);
    GString *got = g_string_new(NULL);
    char buffer[65536];
    struct pollfd now = {.fd = fd, .events = POLLIN};

    while (got->len < 4 * 1024 * 1024 && poll(&now, 1, 10000) > 0) {
        ssize_t n = read(fd, buffer, sizeof(buffer));
        if (n <= 0)
            break;
        g_string_append_len(got, buffer, n);
    }
    return got;
}

static void
draining_writes_out_what_is_queued(void **state)
{
    Port *port = *state;
    g_autofree char *line = g_strnfill(4 * 1024 * 1024, 'b');

    line[4 * 1024 * 1024 - 1] = '\n';
    host_write(port->host, "x");
    recorder_expect(port->recorder, "x");
    send_text(port->channel, line);
    GThread *reader = g_thread_new("reader", read_all, GINT_TO_POINTER(port->host));
    frost_channel_drain(port->channel, 10000);

    GString *got = g_thread_join(reader);
    assert_int_equal(got->len, strlen(line));
    g_string_free(got, TRUE);
}

static void
draining_ends_at_its_limit(void **state)
{
    Port *port = *state;
    g_autofree char *line = g_strnfill(4 * 1024 * 1024, 'b');
    gint64 start_us;

    line[4 * 1024 * 1024 - 1] = '\n';
    host_write(port->host, "x");
    recorder_expect(port->recorder, "x");
    send_text(port->channel, line);
    start_us = g_get_monotonic_time();
    frost_channel_drain(port->channel, 30);

    assert_true(g_get_monotonic_time() - start_us >= 30 * 1000);
}

#define PAIR(name) cmocka_unit_test_setup_teardown(name, setup_pair, teardown_port)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR(bytes_arrive_and_answers_leave),
        PAIR(an_unplugged_port_is_lost),
        PAIR(an_unplugged_port_is_noticed_when_writing),
        PAIR(a_write_that_fails_for_a_while_costs_answers_only),
        PAIR(while_paused_nothing_is_read_and_nothing_forgotten),
        PAIR(pausing_between_two_reads_leaves_the_rest),
        PAIR(a_flood_does_not_starve_the_loop),
        PAIR(a_host_that_does_not_read_is_answered_no_more),
        PAIR(a_line_that_cannot_be_written_waits_until_the_port_is_writable),
        PAIR(a_channel_may_be_freed_out_of_its_own_event),
        PAIR(draining_writes_out_what_is_queued),
        PAIR(draining_ends_at_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
