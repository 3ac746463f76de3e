/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define NOW "{\"execute\": \"now\"}"
#define LATE "{\"execute\": \"late\"}"
#define SILENT "{\"execute\": \"silent\"}"
#define NOW_DONE "{\"return\": {}}\n"
#define LATE_DONE "{\"return\": \"late\"}\n"

static void
requests_are_answered_in_their_order(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);

    bench_ask(fd, NOW "\n" SILENT "nul ," LATE NOW);
    test_expect_read(fd, NOW_DONE "{\"error\": {\"class\": \"GenericError\", \"desc\": "
                                  "\"JSON parse error, invalid keyword 'nul'\"}}\n"
                                  "{\"error\": {\"class\": \"GenericError\", \"desc\": "
                                  "\"JSON parse error, expecting value\"}}\n");
    assert_true(frost_session_is_busy(bench->session));
    bench_expect_done(bench, "nsl");
    bench_release(bench);

    test_expect_read(fd, LATE_DONE NOW_DONE);
    bench_expect_done(bench, "nsln");
    assert_false(frost_session_is_busy(bench->session));
    close(fd);
}

static void
an_error_line_waits_for_the_answers_before_it(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    bench_ask(fd, LATE ",");
    bench_expect_done(bench, "l");
    assert_false(bench_spins());
    assert_int_equal(poll(&ready, 1, 0), 0);
    bench_release(bench);

    test_expect_read(fd, LATE_DONE "{\"error\": {\"class\": \"GenericError\", \"desc\": "
                                   "\"JSON parse error, expecting value\"}}\n");
    close(fd);
}

static void
a_client_does_not_complete_the_line_of_another_one(void **state)
{
    Bench *bench = *state;
    int first = bench_dial(bench);

    bench_ask(first, NOW "{\"execute\": ");
    bench_expect_done(bench, "n");
    close(first);
    int second = bench_dial(bench);
    bench_ask(second, NOW);

    test_expect_read(second, NOW_DONE);
    bench_expect_done(bench, "nn");
    close(second);
}

static void
a_request_of_a_departed_client_is_carried_out_and_not_answered(void **state)
{
    Bench *bench = *state;
    int first = bench_dial(bench);

    bench_ask(first, LATE SILENT NOW LATE);
    bench_expect_done(bench, "l");
    close(first);
    int second = bench_dial(bench);
    bench_ask(second, NOW);
    assert_false(bench_spins());
    bench_release(bench);
    bench_expect_done(bench, "lsnl");
    bench_release(bench);

    test_expect_read(second, NOW_DONE);
    bench_expect_done(bench, "lsnln");
    close(second);
}

static void
a_half_closed_client_gets_every_answer(void **state)
{
    Bench *bench = *state;
    int first = bench_dial(bench);

    bench_ask(first, NOW LATE NOW "{\"execute\": ");
    shutdown(first, SHUT_WR);
    test_expect_read(first, NOW_DONE);
    int second = bench_dial(bench);
    bench_ask(second, NOW);
    assert_false(bench_spins());
    bench_expect_done(bench, "nl");
    bench_release(bench);

    test_expect_read(first, LATE_DONE NOW_DONE);
    test_expect_eof(first);
    test_expect_read(second, NOW_DONE);
    close(first);
    close(second);
}

static void
a_half_closed_client_that_leaves_lets_the_next_in(void **state)
{
    Bench *bench = *state;
    int first = bench_dial(bench);

    bench_ask(first, LATE NOW);
    shutdown(first, SHUT_WR);
    bench_expect_done(bench, "l");
    close(first);
    int second = bench_dial(bench);
    bench_ask(second, NOW);
    assert_false(bench_spins());
    bench_release(bench);

    test_expect_read(second, NOW_DONE);
    bench_expect_done(bench, "lnn");
    close(second);
}

static void
an_idle_half_closed_client_is_parted_from_at_once(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);

    shutdown(fd, SHUT_WR);
    test_expect_eof(fd);
    close(fd);
}

/* Writes until no more is taken, though the loop runs. */
static size_t
flood(int fd, const char *text)
{
    size_t total = 0;
    size_t at = 0;
    int refused = 0;

    while (refused < 3 && total < 64 * 1024 * 1024) {
        ssize_t n = write(fd, text + at, strlen(text) - at);

        if (n > 0) {
            total += (size_t)n;
            at = (at + (size_t)n) % strlen(text);
            refused = 0;
        } else {
            refused++;
            bench_spins();
        }
    }
    return total;
}

static void
a_flood_during_a_long_command_is_held_back(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);
    const char *text = NOW "\n";

    bench_ask(fd, LATE);
    bench_expect_done(bench, "l");
    size_t sent = flood(fd, text);
    assert_uint_in_range(sent, 1024, 4 * 1024 * 1024);
    assert_false(bench_spins());

    /* Then it goes on, to the last one; the client never reads an answer. */
    bench_release(bench);
    size_t whole = sent / strlen(text);
    gint64 deadline_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (bench->now_done < whole && g_get_monotonic_time() < deadline_us)
        g_main_context_iteration(NULL, FALSE);
    assert_int_equal(bench->now_done, whole);
    close(fd);
}

static void
clients_that_flood_and_leave_are_held_back_too(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);
    size_t asked = 0;

    bench_ask(fd, LATE);
    bench_expect_done(bench, "l");
    close(fd);
    /* The second and third find the queue full, and wait in the kernel with all they say. */
    for (int i = 0; i < 3; i++) {
        fd = bench_dial(bench);
        size_t sent = flood(fd, NOW);
        assert_uint_in_range(sent, 1, 4 * 1024 * 1024);
        asked += sent / strlen(NOW);
        close(fd);
        assert_false(bench_spins());
    }
    assert_int_equal(bench->now_done, 0);
    bench_release(bench);
    while (g_main_context_iteration(NULL, FALSE))
        continue;

    assert_int_equal(bench->now_done, asked);
    fd = bench_dial(bench);
    bench_ask(fd, NOW);
    test_expect_read(fd, NOW_DONE);
    close(fd);
}

static gboolean
count(gpointer user)
{
    unsigned *turns = user;

    (*turns)++;
    return G_SOURCE_CONTINUE;
}

/* What the thread has worked: how long it waited for a processor is not its doing. */
static gint64
cpu_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (gint64)ts.tv_sec * G_USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void
pipelined_requests_leave_room_for_others(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);
    unsigned turns = 0;
    unsigned asked = 0;
    gint64 longest_us = 0;
    guint other = g_idle_add_full(G_PRIORITY_DEFAULT, count, &turns, NULL);

    gint64 deadline_us = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    while (bench->now_done < 50000 && g_get_monotonic_time() < deadline_us) {
        char answers[65536];
        unsigned turns_before = turns;

        while (asked < 50000 && write(fd, NOW, strlen(NOW)) == (ssize_t)strlen(NOW))
            asked++;
        while (read(fd, answers, sizeof(answers)) > 0)
            continue;
        gint64 before_us = cpu_us();
        g_main_context_iteration(NULL, TRUE);
        longest_us = MAX(longest_us, cpu_us() - before_us);
        if (turns != turns_before + 1)
            break;
    }
    g_source_remove(other);

    assert_int_equal(bench->now_done, 50000);
    assert_uint_in_range(longest_us, 0, G_USEC_PER_SEC);
    close(fd);
}

static void
a_session_may_be_freed_while_a_request_is_under_way(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);

    bench_ask(fd, LATE NOW);
    bench_expect_done(bench, "l");
    g_clear_pointer(&bench->session, frost_session_free);
    test_expect_eof(fd);
    bench_release(bench);

    assert_false(bench_spins());
    bench_expect_done(bench, "l");
    close(fd);
}

static void
a_session_may_be_freed_by_the_request_it_carries_out(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);

    bench->free_session = true;
    bench_ask(fd, NOW NOW);
    test_expect_eof(fd);

    assert_null(bench->session);
    bench_expect_done(bench, "n");
    close(fd);
}

static void
a_stopped_session_begins_nothing_and_finishes_what_is_begun(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);

    bench_ask(fd, LATE NOW);
    bench_expect_done(bench, "l");
    frost_session_stop(bench->session);
    bench_ask(fd, NOW);
    assert_false(bench_spins());
    assert_true(frost_session_is_busy(bench->session));
    bench_release(bench);
    assert_false(frost_session_is_busy(bench->session));

    frost_session_drain(bench->session, 1000);
    test_expect_read(fd, LATE_DONE);
    assert_false(bench_spins());
    bench_expect_done(bench, "l");
    close(fd);
}

static void
a_call_under_way_hears_once_of_a_request_that_it_gives_way_to(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);

    bench_ask(fd, LATE NOW);
    bench_expect_done(bench, "l");
    assert_int_equal(bench->hurried, 0);
    bench_ask(fd, SILENT SILENT NOW);
    assert_false(bench_spins());
    assert_int_equal(bench->hurried, 1);
    bench_release(bench);

    test_expect_read(fd, LATE_DONE NOW_DONE NOW_DONE);
    bench_expect_done(bench, "lnssn");
    close(fd);
}

static void
a_request_that_waited_before_the_call_began_counts_too(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);

    bench_ask(fd, LATE LATE SILENT);
    bench_expect_done(bench, "l");
    assert_int_equal(bench->hurried, 1);
    bench_release(bench);
    bench_expect_done(bench, "ll");
    assert_int_equal(bench->hurried, 2);
    bench_release(bench);

    test_expect_read(fd, LATE_DONE LATE_DONE);
    close(fd);
}

static void
a_client_that_has_left_is_missed_while_its_request_is_under_way(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);

    bench_ask(fd, LATE);
    bench_expect_done(bench, "l");
    close(fd);
    bench_expect_absences(bench, 2);
    bench_release(bench);
}

static void
a_call_that_begins_when_its_client_is_long_gone_is_told_so_at_once(void **state)
{
    Bench *bench = *state;
    int fd = bench_dial(bench);

    bench_ask(fd, LATE LATE);
    bench_expect_done(bench, "l");
    close(fd);
    bench_expect_absences(bench, 1);
    bench_release(bench);
    bench_expect_done(bench, "ll");
    assert_int_equal(bench->absences, 2);
    bench_release(bench);
}

static void
absence_is_not_reported_for_a_client_that_is_back_or_waits_for_nothing(void **state)
{
    Bench *bench = *state;
    int idle = bench_dial(bench);

    bench_ask(idle, NOW);
    test_expect_read(idle, NOW_DONE);
    close(idle);
    int first = bench_dial(bench);
    bench_ask(first, LATE);
    bench_expect_done(bench, "nl");
    close(first);
    int second = bench_dial(bench);
    bench_run_for(2500);

    assert_int_equal(bench->absences, 0);
    bench_release(bench);
    close(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_are_answered_in_their_order),
        TEST(an_error_line_waits_for_the_answers_before_it),
        TEST(a_client_does_not_complete_the_line_of_another_one),
        TEST(a_request_of_a_departed_client_is_carried_out_and_not_answered),
        TEST(a_half_closed_client_gets_every_answer),
        TEST(a_half_closed_client_that_leaves_lets_the_next_in),
        TEST(an_idle_half_closed_client_is_parted_from_at_once),
        TEST(a_flood_during_a_long_command_is_held_back),
        TEST(clients_that_flood_and_leave_are_held_back_too),
        TEST(pipelined_requests_leave_room_for_others),
        TEST(a_session_may_be_freed_while_a_request_is_under_way),
        TEST(a_session_may_be_freed_by_the_request_it_carries_out),
        TEST(a_stopped_session_begins_nothing_and_finishes_what_is_begun),
        TEST(a_call_under_way_hears_once_of_a_request_that_it_gives_way_to),
        TEST(a_request_that_waited_before_the_call_began_counts_too),
        TEST(a_client_that_has_left_is_missed_while_its_request_is_under_way),
        TEST(a_call_that_begins_when_its_client_is_long_gone_is_told_so_at_once),
        TEST(absence_is_not_reported_for_a_client_that_is_back_or_waits_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
