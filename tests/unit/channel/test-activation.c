/* SPDX-License-Identifier: MIT */
#include "activation.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "recorder.h"

/* Descriptor 3 is what activation hands over; the test program may need its own meanwhile. */
typedef struct {
    int kept;
    char *dir;
    char *path;
} Place;

static int
setup(void **state)
{
    Place *place = g_new0(Place, 1);

    place->kept = fcntl(3, F_DUPFD_CLOEXEC, 10);
    place->dir = test_make_dir();
    place->path = g_build_filename(place->dir, "socket", NULL);
    *state = place;
    return 0;
}

static int
teardown(void **state)
{
    Place *place = *state;

    close(3);
    if (place->kept >= 0) {
        dup2(place->kept, 3);
        close(place->kept);
    }
    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");
    test_remove_dir(place->dir);
    g_free(place->path);
    g_free(place);
    return 0;
}

static void
announce(const char *pid, const char *fds)
{
    g_autofree char *own = g_strdup_printf("%d", (int)getpid());

    g_setenv("LISTEN_PID", pid ? pid : own, TRUE);
    g_setenv("LISTEN_FDS", fds, TRUE);
    g_setenv("LISTEN_FDNAMES", "agent", TRUE);
}

static struct sockaddr_un
address_of(const Place *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    g_strlcpy(address.sun_path, place->path, sizeof(address.sun_path));
    return address;
}

static void
hand_over(int fd)
{
    assert_true(fd >= 0);
    if (fd != 3) {
        assert_int_equal(dup2(fd, 3), 3);
        close(fd);
    }
}

static void
a_socket_that_is_handed_over_is_served(void **state)
{
    Place *place = *state;
    struct sockaddr_un address = address_of(place);
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(GError) error = NULL;
    int fd = -2;

    hand_over(socket(AF_UNIX, SOCK_STREAM, 0));
    assert_int_equal(bind(3, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(3, 1), 0);
    announce(NULL, "1");
    assert_true(frost_activation_take(&fd, &error));
    assert_no_error(error);
    assert_int_equal(fd, 3);
    assert_true(fcntl(3, F_GETFD) & FD_CLOEXEC);
    assert_null(g_getenv("LISTEN_PID"));
    assert_null(g_getenv("LISTEN_FDS"));
    assert_null(g_getenv("LISTEN_FDNAMES"));

    FrostChannel *channel = frost_channel_adopt(fd, NULL, &recorder_events, recorder, &error);
    assert_no_error(error);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(write(client, "hello", 5), 5);
    recorder_expect(recorder, "hello");
    send_text(channel, "answer\n");
    test_expect_read(client, "answer\n");
    close(client);
    recorder_expect(recorder, "hello<departed>");
    frost_channel_free(channel);
}

static void
sockets_for_another_process_are_left_alone(void **state)
{
    static const struct {
        const char *pid;
        const char *fds;
    } rows[] = {{"1", "1"}, {"x", "1"}, {"", "1"}, {NULL, "0"}, {NULL, "-1"}, {NULL, "one"}};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        int fd = -2;

        announce(rows[i].pid, rows[i].fds);
        assert_true(frost_activation_take(&fd, &error));
        assert_no_error(error);
        assert_int_equal(fd, -1);
        assert_null(g_getenv("LISTEN_FDS"));
    }
}

static void
only_one_socket_is_taken(void **state)
{
    g_autoptr(GError) error = NULL;
    int fd = -2;

    announce(NULL, "2");
    assert_false(frost_activation_take(&fd, &error));

    assert_error(error, FROST_ACTIVATION_ERROR, FROST_ACTIVATION_ERROR_COUNT,
                 "qemu-ga only supports listening on one socket");
    assert_int_equal(fd, -2);
}

static void
a_number_that_is_no_open_descriptor_is_refused(void **state)
{
    g_autoptr(GError) error = NULL;
    int fd = -2;

    close(3);
    announce(NULL, "1");
    assert_false(frost_activation_take(&fd, &error));

    assert_error(error, FROST_ACTIVATION_ERROR, FROST_ACTIVATION_ERROR_DESCRIPTOR,
                 "Socket activation failed: invalid file descriptor fd = 3: Bad file descriptor");
}

static void
is_refused(int fd)
{
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(GError) error = NULL;

    assert_true(fd >= 0);
    assert_null(frost_channel_adopt(fd, NULL, &recorder_events, recorder, &error));
    assert_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                 "unsupported listen fd type");
    assert_int_equal(close(fd), 0);
}

static void
a_descriptor_that_is_no_listening_socket_is_refused(void **state)
{
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int pair[2];

    assert_int_equal(listen(tcp, 1), 0);
    is_refused(tcp);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    is_refused(pair[0]);
    close(pair[1]);
    is_refused(open("/dev/null", O_RDWR | O_CLOEXEC));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_socket_that_is_handed_over_is_served),
        TEST(sockets_for_another_process_are_left_alone),
        TEST(only_one_socket_is_taken),
        TEST(a_number_that_is_no_open_descriptor_is_refused),
        TEST(a_descriptor_that_is_no_listening_socket_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
