/* SPDX-License-Identifier: MIT */
#include "syslog-socket.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "syslog-daemon.h"
#include "test-support.h"

typedef struct {
    char *dir;
    char *path;
    FrostSyslog *syslog;
} Bench;

static int
setup(void **state)
{
    Bench *bench = g_new0(Bench, 1);

    g_setenv("TZ", "UTC0", TRUE);
    tzset();
    bench->dir = test_make_dir();
    bench->path = g_build_filename(bench->dir, "log", NULL);
    bench->syslog = frost_syslog_new(bench->path, "qemu-ga");
    *state = bench;
    return 0;
}

static int
teardown(void **state)
{
    Bench *bench = *state;

    frost_syslog_free(bench->syslog);
    test_remove_dir(bench->dir);
    g_free(bench->path);
    g_free(bench);
    return 0;
}

static void
a_line_has_the_time_of_its_event(void **state)
{
    Bench *bench = *state;
    int daemon = syslog_daemon_start(bench->path, SOCK_DGRAM);

    frost_syslog_send(bench->syslog, 0, "info: guest-ping called");
    frost_syslog_send(bench->syslog, G_GINT64_CONSTANT(1795380945746131), "100 %s");

    g_autofree char *text = syslog_daemon_read(daemon);
    assert_string_equal(text, "<14>Jan  1 00:00:00 qemu-ga: info: guest-ping called\n"
                              "<14>Nov 22 20:55:45 qemu-ga: 100 %s\n");
    close(daemon);
}

static void
without_a_log_daemon_lines_are_lost_silently(void **state)
{
    Bench *bench = *state;

    frost_syslog_send(bench->syslog, 0, "lost");
    int daemon = syslog_daemon_start(bench->path, SOCK_DGRAM);
    frost_syslog_send(bench->syslog, 0, "seen");

    g_autofree char *text = syslog_daemon_read(daemon);
    assert_string_equal(text, "<14>Jan  1 00:00:00 qemu-ga: seen\n");
    close(daemon);
}

static void
a_restarted_log_daemon_gets_the_next_line(void **state)
{
    Bench *bench = *state;
    int first = syslog_daemon_start(bench->path, SOCK_DGRAM);

    frost_syslog_send(bench->syslog, 0, "one");
    close(first);
    int second = syslog_daemon_start(bench->path, SOCK_DGRAM);
    frost_syslog_send(bench->syslog, 0, "two");

    g_autofree char *text = syslog_daemon_read(second);
    assert_string_equal(text, "<14>Jan  1 00:00:00 qemu-ga: two\n");
    close(second);
}

static void
a_log_daemon_that_does_not_read_is_waited_for_once(void **state)
{
    Bench *bench = *state;
    int daemon = syslog_daemon_start(bench->path, SOCK_DGRAM);
    g_autofree char *line = g_strnfill(4000, 'x');
    gint64 start_us = g_get_monotonic_time();

    /* A tenth of a second for each of them would be more than six minutes. */
    for (int i = 0; i < 4000; i++)
        frost_syslog_send(bench->syslog, 0, line);
    assert_true(g_get_monotonic_time() - start_us < 60 * G_USEC_PER_SEC);

    g_autofree char *backlog = syslog_daemon_read(daemon);
    assert_true(strlen(backlog) < (size_t)4000 * 4000);
    frost_syslog_send(bench->syslog, 0, "reads again");
    g_autofree char *text = syslog_daemon_read(daemon);
    assert_string_equal(text, "<14>Jan  1 00:00:00 qemu-ga: reads again\n");
    close(daemon);
}

static void
a_stream_gets_lines_ended_by_nul(void **state)
{
    static const char expected[] = "<14>Jan  1 00:00:00 qemu-ga: a\0<14>Jan  1 00:00:00 qemu-ga: b";
    Bench *bench = *state;
    int daemon = syslog_daemon_start(bench->path, SOCK_STREAM);
    char bytes[256];

    frost_syslog_send(bench->syslog, 0, "a");
    frost_syslog_send(bench->syslog, 0, "b");

    int client = accept(daemon, NULL, NULL);
    assert_int_equal(recv(client, bytes, sizeof(expected), MSG_WAITALL), sizeof(expected));
    assert_memory_equal(bytes, expected, sizeof(expected));
    close(client);
    close(daemon);
}

static void
a_path_too_long_for_a_socket_loses_lines_only(void **state)
{
    g_autofree char *path = g_strnfill(500, '/');
    g_autoptr(FrostSyslog) syslog = frost_syslog_new(path, "x");
    int before = dup(0);

    close(before);
    frost_syslog_send(syslog, 0, "lost");
    int after = dup(0);
    close(after);
    assert_int_equal(after, before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_has_the_time_of_its_event, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_log_daemon_lines_are_lost_silently, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_restarted_log_daemon_gets_the_next_line, setup, teardown),
        cmocka_unit_test_setup_teardown(a_log_daemon_that_does_not_read_is_waited_for_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_stream_gets_lines_ended_by_nul, setup, teardown),
        cmocka_unit_test(a_path_too_long_for_a_socket_loses_lines_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
