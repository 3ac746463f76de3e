/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "method.h"
#include "recorder.h"

typedef struct {
    char *dir;
    char *path;
    Recorder *recorder;
    FrostChannel *channel;
} Port;

static int
setup(void **state)
{
    g_autoptr(GError) error = NULL;
    Port *port = g_new0(Port, 1);

    port->dir = test_make_dir();
    port->path = g_build_filename(port->dir, "socket", NULL);
    port->recorder = recorder_new();
    port->channel = frost_channel_open("unix-listen", port->path, NULL, &recorder_events,
                                       port->recorder, &error);
    assert_no_error(error);
    *state = port;
    return 0;
}

static int
teardown(void **state)
{
    Port *port = *state;

    frost_channel_free(port->channel);
    recorder_free(port->recorder);
    test_remove_dir(port->dir);
    g_free(port->path);
    g_free(port);
    return 0;
}

static int
dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path));
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, length), 0);
    return fd;
}

static void
say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void
clients_are_served_one_after_the_other(void **state)
{
    Port *port = *state;
    int first = dial(port->path);

    say(first, "one");
    recorder_expect(port->recorder, "one");
    int second = dial(port->path);
    say(second, "two");
    expect_quiet();
    recorder_expect(port->recorder, "one");

    send_text(port->channel, "answer to one\n");
    test_expect_read(first, "answer to one\n");
    close(first);
    recorder_expect(port->recorder, "one<departed>two");
    send_text(port->channel, "answer to two\n");
    test_expect_read(second, "answer to two\n");
    close(second);
    recorder_expect(port->recorder, "one<departed>two<departed>");
    expect_quiet();
}

static void
a_dismissed_client_gets_what_was_sent_and_makes_room(void **state)
{
    Port *port = *state;
    int fd = dial(port->path);

    say(fd, "asked");
    recorder_expect(port->recorder, "asked");
    send_text(port->channel, "answer\n");
    frost_channel_dismiss(port->channel);
    test_expect_read(fd, "answer\n");
    recorder_expect(port->recorder, "asked<departed>");
    int next = dial(port->path);
    say(next, "next");
    recorder_expect(port->recorder, "asked<departed>next");
    close(fd);
    close(next);
}

static void
a_half_closed_client_still_gets_its_answers(void **state)
{
    Port *port = *state;
    int fd = dial(port->path);

    say(fd, "asked");
    shutdown(fd, SHUT_WR);
    recorder_expect(port->recorder, "asked<ended>");
    expect_quiet();
    send_text(port->channel, "answer\n");
    test_expect_read(fd, "answer\n");
    frost_channel_part(port->channel);

    test_expect_eof(fd);
    recorder_expect(port->recorder, "asked<ended><departed>");
    close(fd);
}

static void
parting_waits_until_all_is_written(void **state)
{
    Port *port = *state;
    int fd = dial(port->path);
    g_autofree char *line = g_strnfill(4 * 1024 * 1024, 'b');

    line[4 * 1024 * 1024 - 1] = '\n';
    say(fd, "asked");
    shutdown(fd, SHUT_WR);
    recorder_expect(port->recorder, "asked<ended>");
    send_text(port->channel, line);
    frost_channel_part(port->channel);
    expect_quiet();
    recorder_expect(port->recorder, "asked<ended>");

    test_expect_read(fd, line);
    test_expect_eof(fd);
    recorder_expect(port->recorder, "asked<ended><departed>");
    close(fd);
}

static void
a_half_closed_client_may_still_leave(void **state)
{
    Port *port = *state;
    int fd = dial(port->path);

    say(fd, "asked");
    shutdown(fd, SHUT_WR);
    recorder_expect(port->recorder, "asked<ended>");
    close(fd);

    recorder_expect(port->recorder, "asked<ended><departed>");
    frost_channel_part(port->channel);
    expect_quiet();
}

static void
without_a_handler_the_end_is_the_departure(void **state)
{
    Port *port = *state;
    FrostChannelEvents events = recorder_events;

    events.ended = NULL;
    frost_channel_free(port->channel);
    port->channel =
        frost_channel_open("unix-listen", port->path, NULL, &events, port->recorder, NULL);
    int fd = dial(port->path);
    say(fd, "asked");
    shutdown(fd, SHUT_WR);

    recorder_expect(port->recorder, "asked<departed>");
    test_expect_eof(fd);
    close(fd);
}

static void
a_client_that_leaves_answers_unread_harms_nobody(void **state)
{
    Port *port = *state;
    int fd = dial(port->path);

    say(fd, "asked");
    recorder_expect(port->recorder, "asked");
    send_text(port->channel, "never read\n");
    close(fd); /* the agent's end sees ECONNRESET */
    recorder_expect(port->recorder, "asked<departed>");

    fd = dial(port->path);
    say(fd, "next");
    recorder_expect(port->recorder, "asked<departed>next");
    send_text(port->channel, "answer\n");
    test_expect_read(fd, "answer\n");
    close(fd);
}

static void
a_client_that_has_gone_is_not_written_to(void **state)
{
    Port *port = *state;
    int fd = dial(port->path);

    say(fd, "asked");
    recorder_expect(port->recorder, "asked");
    close(fd);
    send_text(port->channel, "into the void\n"); /* EPIPE, and no SIGPIPE */
    send_text(port->channel, "into the void\n");

    recorder_expect(port->recorder, "asked<departed>");
}

static void
a_client_that_does_not_read_may_still_send_requests(void **state)
{
    Port *port = *state;
    int fd = dial(port->path);

    say(fd, "one");
    recorder_expect(port->recorder, "one");
    shutdown(fd, SHUT_RD);
    send_text(port->channel, "unheard\n");
    expect_quiet();
    say(fd, " two");

    recorder_expect(port->recorder, "one two");
    close(fd);
    recorder_expect(port->recorder, "one two<departed>");
}

static void
a_client_that_never_reads_does_not_spin(void **state)
{
    Port *port = *state;
    g_autofree char *line = g_strnfill(1024 * 1024, 'a');
    int fd = dial(port->path);

    line[1024 * 1024 - 1] = '\n';
    say(fd, "x");
    recorder_expect(port->recorder, "x");
    for (int i = 0; i < 80; i++)
        send_text(port->channel, line);
    expect_quiet();

    say(fd, "y");
    recorder_expect(port->recorder, "xy");
    close(fd);
    recorder_expect(port->recorder, "xy<departed>");
}

static void
while_paused_nobody_is_let_in(void **state)
{
    Port *port = *state;

    expect_quiet();
    frost_channel_pause(port->channel, true);
    int fd = dial(port->path);
    say(fd, "asked");
    expect_quiet();
    recorder_expect(port->recorder, "");

    frost_channel_pause(port->channel, false);
    recorder_expect(port->recorder, "asked");
    close(fd);
}

static void
a_client_that_leaves_during_a_pause_is_told(void **state)
{
    Port *port = *state;
    int fd = dial(port->path);

    say(fd, "asked");
    recorder_expect(port->recorder, "asked");
    frost_channel_pause(port->channel, true);
    expect_quiet();
    say(fd, " and gone");
    close(fd);

    recorder_expect(port->recorder, "asked and gone<departed>");
    expect_quiet();
}

static void
want_of_descriptors_is_waited_out_without_spinning(void **state)
{
    Port *port = *state;
    struct rlimit old;
    int fd = dial(port->path);
    int probe = dup(fd);

    close(probe);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    struct rlimit none_left = {.rlim_cur = (rlim_t)probe, .rlim_max = old.rlim_max};
    say(fd, "patience");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none_left), 0);
    expect_quiet();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);

    recorder_expect(port->recorder, "patience");
    close(fd);
}

static void
whatever_lies_at_the_path_gives_way(void **state)
{
    g_autofree char *dir = test_make_dir();
    g_autofree char *path = g_build_filename(dir, "file", NULL);
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(GError) error = NULL;
    struct stat st;

    assert_true(g_file_set_contents(path, "precious", -1, NULL));
    FrostChannel *channel =
        frost_channel_open("unix-listen", path, NULL, &recorder_events, recorder, &error);
    assert_no_error(error);
    frost_channel_free(channel);

    /* The socket stays when its channel goes. */
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    test_remove_dir(g_steal_pointer(&dir));
}

static void
open_fails(const char *method, const char *path, int code, const char *message)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(GError) error = NULL;

    assert_null(frost_channel_open(method, path, NULL, &recorder_events, recorder, &error));
    assert_error(error, FROST_CHANNEL_ERROR, code, message);
    assert_string_equal(error->message, message);
}

/* bind() would make up a name that every process of the machine may connect to. */
static void
an_empty_path_is_no_abstract_socket(void **state)
{
    open_fails("unix-listen", "", FROST_CHANNEL_ERROR_METHOD,
               "must specify a path for this channel");
}

static void
a_path_has_its_longest_length(void **state)
{
    Port *port = *state;
    g_autofree char *cwd = g_get_current_dir();
    g_autofree char *fits = g_strnfill(108, 'x');
    g_autofree char *too_long = g_strnfill(109, 'x');
    g_autofree char *message = g_strdup_printf("UNIX socket path '%s' is too long", too_long);

    assert_int_equal(chdir(port->dir), 0);
    open_fails("unix-listen", too_long, FROST_CHANNEL_ERROR_METHOD, message);
    FrostChannel *channel =
        frost_channel_open("unix-listen", fits, NULL, &recorder_events, port->recorder, NULL);
    assert_non_null(channel);
    int fd = dial(fits);
    say(fd, "x");
    recorder_expect(port->recorder, "x");

    frost_channel_free(channel);
    close(fd);
    assert_int_equal(chdir(cwd), 0);
}

static void
a_path_that_cannot_be_opened_is_named(void **state)
{
    open_fails("foo", "/x", FROST_CHANNEL_ERROR_METHOD, "unsupported channel method/type: foo");
    open_fails("unix-listen", NULL, FROST_CHANNEL_ERROR_METHOD,
               "must specify a path for this channel");
    open_fails("vsock-listen", NULL, FROST_CHANNEL_ERROR_METHOD,
               "must specify a path for this channel");
    open_fails("unix-listen", "/nowhere/socket", FROST_CHANNEL_ERROR_OPEN,
               "error opening channel '/nowhere/socket': No such file or directory");
    open_fails("virtio-serial", "/nowhere/port", FROST_CHANNEL_ERROR_OPEN,
               "error opening channel '/nowhere/port': No such file or directory");
    open_fails("isa-serial", "/nowhere/ttyS0", FROST_CHANNEL_ERROR_OPEN,
               "error opening channel '/nowhere/ttyS0': No such file or directory");
}

static void
vsock_addresses_are_two_decimal_numbers(void **state)
{
    static const struct {
        const char *path;
        const char *message; /* NULL: valid */
        unsigned cid;
        unsigned port;
    } rows[] = {
        {"3:1234", NULL, 3, 1234},
        {"4294967295:0", NULL, 4294967295u, 0},
        {"zz", "error parsing address 'zz'"},
        {"", "error parsing address ''"},
        {":5", "error parsing address ':5'"},
        {"5:", "error parsing address '5:'"},
        {"any:1024", "Failed to parse cid 'any'"},
        {"-1:1024", "Failed to parse cid '-1'"},
        {"4294967296:1", "Failed to parse cid '4294967296'"},
        {"1:x", "Failed to parse port 'x'"},
        {"1:2:3", "Failed to parse port '2:3'"},
        {"1: 2", "Failed to parse port ' 2'"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        unsigned cid = 7;
        unsigned number = 7;

        if (frost_vsock_parse(rows[i].path, &cid, &number, &error) != !rows[i].message)
            print_error("in row \"%s\"\n", rows[i].path);
        assert_string_equal(error ? error->message : "valid",
                            rows[i].message ? rows[i].message : "valid");
        assert_int_equal(cid, error ? 7 : rows[i].cid);
        assert_int_equal(number, error ? 7 : rows[i].port);
    }
}

static void
a_vsock_that_cannot_be_had_says_why(void **state)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(GError) error = NULL;
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const char *message = fd >= 0 ? "Failed to bind socket: Cannot assign requested address"
                                  : "Failed to create socket: ";

    if (fd >= 0)
        close(fd);
    assert_null(
        frost_channel_open("vsock-listen", "77777:5", NULL, &recorder_events, recorder, &error));
    assert_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_OPEN, message);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clients_are_served_one_after_the_other),
        TEST(a_dismissed_client_gets_what_was_sent_and_makes_room),
        TEST(a_half_closed_client_still_gets_its_answers),
        TEST(parting_waits_until_all_is_written),
        TEST(a_half_closed_client_may_still_leave),
        TEST(without_a_handler_the_end_is_the_departure),
        TEST(a_client_that_leaves_answers_unread_harms_nobody),
        TEST(a_client_that_has_gone_is_not_written_to),
        TEST(a_client_that_does_not_read_may_still_send_requests),
        TEST(a_client_that_never_reads_does_not_spin),
        TEST(while_paused_nobody_is_let_in),
        TEST(a_client_that_leaves_during_a_pause_is_told),
        TEST(want_of_descriptors_is_waited_out_without_spinning),
        TEST(an_empty_path_is_no_abstract_socket),
        TEST(a_path_has_its_longest_length),
        cmocka_unit_test(whatever_lies_at_the_path_gives_way),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_named),
        cmocka_unit_test(vsock_addresses_are_two_decimal_numbers),
        cmocka_unit_test(a_vsock_that_cannot_be_had_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
