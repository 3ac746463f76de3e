/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define NOW "{\"execute\": \"now\"}"
#define LATE "{\"execute\": \"late\"}"
#define NOW_DONE "{\"return\": {}}\n"

static void
without_retry_a_missing_port_is_an_error(void **state)
{
    Bench *bench = *state;
    g_autoptr(GError) error = NULL;

    assert_null(bench_open(bench, "virtio-serial", bench->path, false, &error));
    assert_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_OPEN, "error opening channel '");
}

static void
a_path_that_can_never_be_opened_is_not_waited_for(void **state)
{
    Bench *bench = *state;
    g_autoptr(GError) error = NULL;

    assert_null(bench_open(bench, "foo", bench->path, true, &error));
    assert_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                 "unsupported channel method/type: foo");
    g_clear_error(&error);
    assert_null(bench_open(bench, "vsock-listen", "zz", true, &error));
    assert_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                 "error parsing address 'zz'");
}

static void
a_missing_port_is_waited_for_in_silence(void **state)
{
    Bench *bench = *state;
    g_autoptr(GError) error = NULL;

    bench->session = bench_open(bench, "isa-serial", bench->path, true, &error);
    assert_no_error(error);
    assert_false(bench_spins());
    int host = bench_make_line(bench);
    assert_false(bench_spins()); /* opened by now: what was sent before is flushed */
    bench_ask(host, NOW);

    test_expect_read(host, NOW_DONE);
    assert_false(bench->lost);
    close(host);
}

static void
a_socket_whose_folder_is_missing_is_waited_for(void **state)
{
    Bench *bench = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_strdup(bench->path);

    g_free(bench->path);
    bench->path = g_build_filename(folder, "socket", NULL);
    bench->session = bench_open(bench, "unix-listen", bench->path, true, &error);
    assert_no_error(error);
    assert_false(bench_spins());
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_false(bench_spins());

    int fd = bench_dial(bench);
    bench_ask(fd, NOW);
    test_expect_read(fd, NOW_DONE);
    close(fd);
}

static void
a_port_that_goes_away_is_had_again(void **state)
{
    Bench *bench = *state;
    int host = bench_make_line(bench);

    bench->session = bench_open(bench, "isa-serial", bench->path, true, NULL);
    bench_ask(host, NOW LATE NOW "{\"execute\": ");
    test_expect_read(host, NOW_DONE);
    bench_expect_done(bench, "nl");
    close(host);
    assert_int_equal(unlink(bench->path), 0);
    assert_false(bench_spins());
    bench_release(bench);
    bench_expect_done(bench, "nln");

    /* What was asked through the old one is done; its answers and its half request are gone. */
    host = bench_make_line(bench);
    assert_false(bench_spins());
    bench_ask(host, NOW);
    test_expect_read(host, NOW_DONE);
    bench_expect_done(bench, "nlnn");
    assert_false(bench->lost);
    close(host);
}

static void
without_retry_a_port_that_goes_away_is_lost(void **state)
{
    Bench *bench = *state;
    int host = bench_make_line(bench);

    bench->session = bench_open(bench, "isa-serial", bench->path, false, NULL);
    bench_ask(host, LATE);
    bench_expect_done(bench, "l");
    close(host);
    test_run_until(&bench->lost, 10000);

    assert_non_null(strstr(bench->lost_message, "error opening channel '"));
    assert_null(bench->session);
}

static void
a_stopped_session_waits_for_nothing(void **state)
{
    Bench *bench = *state;

    bench->session = bench_open(bench, "isa-serial", bench->path, true, NULL);
    frost_session_stop(bench->session);
    int host = bench_make_line(bench);
    bench_ask(host, NOW);

    assert_false(bench_spins());
    frost_session_drain(bench->session, 1000);
    assert_int_equal(bench->done->len, 0);
    close(host);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup_bare, bench_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_retry_a_missing_port_is_an_error),
        TEST(a_path_that_can_never_be_opened_is_not_waited_for),
        TEST(a_missing_port_is_waited_for_in_silence),
        TEST(a_socket_whose_folder_is_missing_is_waited_for),
        TEST(a_port_that_goes_away_is_had_again),
        TEST(without_retry_a_port_that_goes_away_is_lost),
        TEST(a_stopped_session_waits_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
