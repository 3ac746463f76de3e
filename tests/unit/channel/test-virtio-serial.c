/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "method.h"
#include "recorder.h"

/*
 * Two stand-ins for a virtio port. The reading end of a FIFO: poll() says HUP for ever while no
 * writer is there and read() returns 0, exactly as a port whose host end is closed; what is
 * written goes to a string. A socket pair: for flow control with real edges.
 */
static int given_fd;     /* what the fake open hands out; -1: open the path as a FIFO */
static int read_failure; /* errno of every read, when set */
static int write_failure;
static GString *written;

static int
fake_open(const char *path, GError **error)
{
    return given_fd >= 0 ? given_fd : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static ssize_t
fake_read(int fd, void *buffer, size_t length)
{
    if (read_failure) {
        errno = read_failure;
        return -1;
    }
    return read(fd, buffer, length);
}

static ssize_t
fake_write(int fd, const void *bytes, size_t length)
{
    if (write_failure) {
        errno = write_failure;
        return -1;
    }
    if (given_fd >= 0)
        return write(fd, bytes, length);
    g_string_append_len(written, bytes, (gssize)length);
    return (ssize_t)length;
}

static const FrostChannelMethod fake = {
    .name = "fake-virtio",
    .open = fake_open,
    .read = fake_read,
    .write = fake_write,
};

typedef struct {
    char *dir;
    char *path;
    int host; /* the host's end of the socket pair */
    Recorder *recorder;
    FrostChannel *channel;
} Port;

static Port *
port_new(void)
{
    Port *port = g_new0(Port, 1);

    read_failure = 0;
    write_failure = 0;
    given_fd = -1;
    written = g_string_new(NULL);
    port->host = -1;
    port->dir = test_make_dir();
    port->path = g_build_filename(port->dir, "port", NULL);
    port->recorder = recorder_new();
    return port;
}

static void
port_open(Port *port)
{
    g_autoptr(GError) error = NULL;

    port->channel = frost_channel_open_method(&fake, port->path, NULL, &recorder_events,
                                              port->recorder, &error);
    assert_no_error(error);
}

static int
setup_fifo(void **state)
{
    Port *port = port_new();

    assert_int_equal(mkfifo(port->path, 0600), 0);
    port_open(port);
    *state = port;
    return 0;
}

static int
setup_pair(void **state)
{
    Port *port = port_new();
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    given_fd = pair[0];
    port->host = pair[1];
    port_open(port);
    *state = port;
    return 0;
}

static int
teardown(void **state)
{
    Port *port = *state;

    frost_channel_free(port->channel);
    recorder_free(port->recorder);
    if (port->host >= 0)
        close(port->host);
    test_remove_dir(port->dir);
    g_free(port->path);
    g_free(port);
    g_string_free(written, TRUE);
    return 0;
}

static int
host_connect(const Port *port)
{
    int fd = open(port->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void
host_write(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void
bytes_arrive_and_answers_leave(void **state)
{
    Port *port = *state;

    host_write(port->host, "ping\n");
    recorder_expect(port->recorder, "ping\n");
    send_text(port->channel, "pong\n");

    expect_read(port->host, "pong\n");
    expect_quiet();
}

static void
a_host_end_that_was_never_open_tells_nothing(void **state)
{
    Port *port = *state;

    expect_quiet();
    send_text(port->channel, "to nobody\n");

    recorder_expect(port->recorder, "");
    assert_int_equal(written->len, 0);
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
    write_failure = EAGAIN;
    send_text(port->channel, "answer to the first\n");
    close(host);
    recorder_expect(port->recorder, "first<departed>");
    write_failure = 0;
    send_text(port->channel, "late answer to the first\n");

    host = host_connect(port);
    host_write(host, "second");
    recorder_expect(port->recorder, "first<departed>second");
    send_text(port->channel, "answer to the second\n");
    assert_string_equal(written->str, "answer to the second\n");
    close(host);
}

static void
an_unplugged_port_is_lost(void **state)
{
    Port *port = *state;

    host_write(port->host, "x");
    read_failure = ENODEV;
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
    read_failure = ENODEV;
    write_failure = ENODEV;
    send_text(port->channel, "answer\n");

    recorder_expect(port->recorder, "x<failed: error reading channel: No such device>");
}

static void
a_write_that_fails_for_a_while_costs_answers_only(void **state)
{
    Port *port = *state;

    host_write(port->host, "x");
    recorder_expect(port->recorder, "x");
    write_failure = ENOMEM;
    send_text(port->channel, "lost\n");
    expect_quiet();
    write_failure = 0;
    send_text(port->channel, "lost as well: this flushes\n");
    send_text(port->channel, "heard\n");

    expect_read(port->host, "heard\n");
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
    assert_in_range(first, 1, 39999);

    port->recorder->pause_on_bytes = NULL;
    frost_channel_pause(port->channel, false);
    recorder_expect_count(port->recorder, 40000);
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
            ssize_t n = write(fd, block + done, 65536 - done);
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
    while (port->recorder->received < 64 * 65536) {
        size_t before = port->recorder->received;
        unsigned turns_before = turns;

        g_main_context_iteration(NULL, TRUE);
        if (port->recorder->received - before > 65536 || turns != turns_before + 1)
            break;
    }
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
    expect_read(port->host, "again\n");
    g_free(buffer);
}

static void
what_cannot_be_written_waits_for_writability(void **state)
{
    Port *port = *state;
    g_autofree char *line = g_strnfill(4 * 1024 * 1024, 'b');

    line[4 * 1024 * 1024 - 1] = '\n';
    host_write(port->host, "x");
    recorder_expect(port->recorder, "x");
    send_text(port->channel, line);
    expect_quiet();

    expect_read(port->host, line);
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
    expect_eof(port->host);
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

#define FIFO(name) cmocka_unit_test_setup_teardown(name, setup_fifo, teardown)
#define PAIR(name) cmocka_unit_test_setup_teardown(name, setup_pair, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR(bytes_arrive_and_answers_leave),
        FIFO(a_host_end_that_was_never_open_tells_nothing),
        FIFO(a_closed_host_end_is_told_once_and_then_quiet),
        FIFO(the_next_host_connection_is_heard),
        FIFO(the_next_client_gets_no_answer_of_the_one_before),
        PAIR(an_unplugged_port_is_lost),
        PAIR(an_unplugged_port_is_noticed_when_writing),
        PAIR(a_write_that_fails_for_a_while_costs_answers_only),
        PAIR(while_paused_nothing_is_read_and_nothing_forgotten),
        PAIR(pausing_between_two_reads_leaves_the_rest),
        FIFO(a_departure_while_paused_is_told_after_what_was_left),
        PAIR(a_flood_does_not_starve_the_loop),
        PAIR(a_host_that_does_not_read_is_answered_no_more),
        PAIR(what_cannot_be_written_waits_for_writability),
        PAIR(a_channel_may_be_freed_out_of_its_own_event),
        PAIR(draining_writes_out_what_is_queued),
        PAIR(draining_ends_at_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
