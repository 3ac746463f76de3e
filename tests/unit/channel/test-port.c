/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "fake-port.h"

static void
a_host_end_that_was_never_open_tells_nothing(void **state)
{
    Port *port = *state;

    expect_quiet();
    send_text(port->channel, "to nobody\n");

    recorder_expect(port->recorder, "");
    assert_int_equal(fake_port.written->len, 0);
}

static void
a_closed_host_end_is_told_once_and_then_quiet(void **state)
{
    Port *port = *state;
    int host = host_connect(port);
    int probe = open(port->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct pollfd now = {.fd = probe, .events = POLLIN};

    host_write(host, "half a requ");
    close(host);
    recorder_expect(port->recorder, "half a requ<departed>");

    /* The kernel goes on saying HUP to whoever polls; the loop has nothing to do all the same. */
    assert_int_equal(poll(&now, 1, 0), 1);
    assert_true(now.revents & POLLHUP);
    expect_quiet();
    recorder_expect(port->recorder, "half a requ<departed>");
    close(probe);
}

static void
the_next_host_connection_is_heard(void **state)
{
    Port *port = *state;

    for (int i = 0; i < 3; i++) {
        int host = host_connect(port);

        host_write(host, "hello");
        close(host);
        g_string_truncate(port->recorder->journal, 0);
        recorder_expect(port->recorder, "hello<departed>");
        expect_quiet();
    }
}

static void
the_next_client_gets_no_answer_of_the_one_before(void **state)
{
    Port *port = *state;
    int host = host_connect(port);

    host_write(host, "first");
    recorder_expect(port->recorder, "first");
    fake_port.write_failure = EAGAIN;
    send_text(port->channel, "answer to the first\n");
    close(host);
    recorder_expect(port->recorder, "first<departed>");
    fake_port.write_failure = 0;
    send_text(port->channel, "late answer to the first\n");

    host = host_connect(port);
    host_write(host, "second");
    recorder_expect(port->recorder, "first<departed>second");
    send_text(port->channel, "answer to the second\n");
    assert_string_equal(fake_port.written->str, "answer to the second\n");
    close(host);
}

/* The port hands over its bytes, and says "closed" until the other queue is looked at. */
static void
bytes_that_precede_the_news_of_their_client_are_answered(void **state)
{
    Port *port = *state;
    int host = host_connect(port);

    port->method.linger_us = G_USEC_PER_SEC / 5;
    host_write(host, "asked");
    close(host);
    recorder_expect(port->recorder, "asked");
    fake_port.write_failure = EAGAIN;
    send_text(port->channel, "answer\n");
    expect_quiet();
    assert_int_equal(fake_port.written->len, 0);
    host = host_connect(port);
    fake_port.write_failure = 0;
    host_write(host, " more");

    recorder_expect(port->recorder, "asked more");
    assert_string_equal(fake_port.written->str, "answer\n");
    close(host);
}

static void
a_client_whose_opening_is_reported_late_is_answered(void **state)
{
    Port *port = *state;
    int host = host_connect(port);

    port->method.linger_us = G_USEC_PER_SEC;
    port->method.patience_us = 60 * G_USEC_PER_SEC;
    host_write(host, "asked");
    close(host);
    recorder_expect(port->recorder, "asked");
    fake_port.write_failure = EAGAIN;
    send_text(port->channel, "answer\n");
    gint64 late_us = g_get_monotonic_time() + port->method.linger_us * 3 / 2;
    while (g_get_monotonic_time() < late_us)
        g_main_context_iteration(NULL, FALSE);
    recorder_expect(port->recorder, "asked");
    host = host_connect(port);
    fake_port.write_failure = 0;
    host_write(host, " more");

    recorder_expect(port->recorder, "asked more");
    assert_string_equal(fake_port.written->str, "answer\n");
    close(host);
}

static void
an_opening_without_bytes_is_noticed_in_the_end(void **state)
{
    Port *port = *state;
    int host = host_connect(port);

    port->method.linger_us = G_USEC_PER_SEC / 50;
    host_write(host, "asked");
    close(host);
    recorder_expect(port->recorder, "asked");
    fake_port.write_failure = EAGAIN;
    send_text(port->channel, "answer\n");
    host = host_connect(port);
    fake_port.write_failure = 0;
    gint64 deadline_us = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    while (fake_port.written->len == 0 && g_get_monotonic_time() < deadline_us)
        g_main_context_iteration(NULL, FALSE);

    assert_string_equal(fake_port.written->str, "answer\n");
    expect_quiet();
    recorder_expect(port->recorder, "asked");
    close(host);
}

static void
a_client_that_closes_soon_after_its_request_lingers_and_then_departs(void **state)
{
    Port *port = *state;
    int host = host_connect(port);

    port->method.linger_us = G_USEC_PER_SEC / 50;
    host_write(host, "asked");
    recorder_expect(port->recorder, "asked");
    expect_quiet();
    close(host);
    recorder_expect(port->recorder, "asked<ended>");
    send_text(port->channel, "in vain\n");
    fake_port.write_failure = EAGAIN;
    send_text(port->channel, "in vain\n");

    recorder_expect(port->recorder, "asked<ended><departed>");
    expect_quiet();
}

static void
a_lingering_client_that_has_all_answers_departs_at_once(void **state)
{
    Port *port = *state;
    int host = host_connect(port);

    port->method.linger_us = 60 * G_USEC_PER_SEC;
    host_write(host, "asked");
    recorder_expect(port->recorder, "asked");
    expect_quiet();
    close(host);
    recorder_expect(port->recorder, "asked<ended>");
    frost_channel_part(port->channel);

    recorder_expect(port->recorder, "asked<ended><departed>");
    expect_quiet();
}

static void
a_doubt_without_ground_leaves_the_client_as_it_was(void **state)
{
    Port *port = *state;
    int host = host_connect(port);

    port->method.linger_us = 60 * G_USEC_PER_SEC;
    host_write(host, "asked");
    recorder_expect(port->recorder, "asked");
    expect_quiet();
    close(host);
    recorder_expect(port->recorder, "asked<ended>");
    host = host_connect(port);
    host_write(host, " more");
    recorder_expect(port->recorder, "asked<ended> more");
    frost_channel_part(port->channel);
    expect_quiet();
    send_text(port->channel, "answer\n");

    assert_string_equal(fake_port.written->str, "answer\n");
    recorder_expect(port->recorder, "asked<ended> more");
    close(host);
}

static void
a_departure_while_paused_is_told_after_what_was_left(void **state)
{
    Port *port = *state;
    int host = host_connect(port);

    host_write(host, "asked");
    recorder_expect(port->recorder, "asked");
    frost_channel_pause(port->channel, true);
    expect_quiet();
    host_write(host, " and gone");
    close(host);

    recorder_expect(port->recorder, "asked and gone<departed>");
    expect_quiet();

    host = host_connect(port);
    host_write(host, "next");
    expect_quiet();
    recorder_expect(port->recorder, "asked and gone<departed>");
    frost_channel_pause(port->channel, false);
    recorder_expect(port->recorder, "asked and gone<departed>next");
    close(host);
}

#define FIFO(name) cmocka_unit_test_setup_teardown(name, setup_fifo, teardown_port)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FIFO(a_host_end_that_was_never_open_tells_nothing),
        FIFO(a_closed_host_end_is_told_once_and_then_quiet),
        FIFO(the_next_host_connection_is_heard),
        FIFO(the_next_client_gets_no_answer_of_the_one_before),
        FIFO(bytes_that_precede_the_news_of_their_client_are_answered),
        FIFO(a_client_whose_opening_is_reported_late_is_answered),
        FIFO(an_opening_without_bytes_is_noticed_in_the_end),
        FIFO(a_client_that_closes_soon_after_its_request_lingers_and_then_departs),
        FIFO(a_lingering_client_that_has_all_answers_departs_at_once),
        FIFO(a_doubt_without_ground_leaves_the_client_as_it_was),
        FIFO(a_departure_while_paused_is_told_after_what_was_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
