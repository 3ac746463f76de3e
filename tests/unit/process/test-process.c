/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process-fixture.h"

/* How it ends ---------------------------------------------------------------------------------- */

static void
exit_0_is_told_with_the_output(void **state)
{
    Fixture *f = *state;

    run(f, "echo one; echo two >&2; echo three");

    assert_int_equal(f->result.exec_errno, 0);
    assert_true(WIFEXITED(f->result.wait_status));
    assert_int_equal(WEXITSTATUS(f->result.wait_status), 0);
    assert_false(f->result.timed_out);
    assert_false(f->result.cancelled);
    assert_string_equal(f->output->str, "one\ntwo\nthree\n");
    assert_int_equal(f->times, 1);
}

static void
exit_3_is_told(void **state)
{
    Fixture *f = *state;

    run(f, "exit 3");

    assert_true(WIFEXITED(f->result.wait_status));
    assert_int_equal(WEXITSTATUS(f->result.wait_status), 3);
    assert_int_equal(f->result.output_length, 0);
}

static void
death_by_a_signal_is_told(void **state)
{
    Fixture *f = *state;

    run(f, "echo last words; kill -USR1 $$");

    assert_true(WIFSIGNALED(f->result.wait_status));
    assert_int_equal(WTERMSIG(f->result.wait_status), SIGUSR1);
    assert_false(f->result.timed_out);
    assert_string_equal(f->output->str, "last words\n");
}

static void
a_program_that_is_not_there_is_told_by_errno(void **state)
{
    Fixture *f = *state;
    g_autofree char *path = g_build_filename(f->dir, "missing", NULL);

    make(f, (const char *[]){path, "freeze", NULL}, 60);
    frost_process_go(f->process);
    wait_done(f);

    assert_int_equal(f->result.exec_errno, ENOENT);
    assert_int_equal(f->result.output_length, 0);
}

static void
a_program_that_is_not_executable_is_told_by_errno(void **state)
{
    Fixture *f = *state;
    g_autofree char *path = add_file(f, "plain", "#!/bin/sh\n", 0644);

    make(f, (const char *[]){path, "freeze", NULL}, 60);
    frost_process_go(f->process);
    wait_done(f);

    assert_int_equal(f->result.exec_errno, EACCES);
}

static void
a_bare_name_is_looked_up_in_the_path(void **state)
{
    Fixture *f = *state;

    make(f, (const char *[]){"echo", "freeze", NULL}, 60);
    frost_process_go(f->process);
    wait_done(f);

    assert_int_equal(f->result.exec_errno, 0);
    assert_string_equal(f->output->str, "freeze\n");
}

static void
a_script_without_interpreter_line_runs(void **state)
{
    Fixture *f = *state;
    g_autofree char *path = add_file(f, "bare", "echo \"bare $1\"\n", 0755);

    make(f, (const char *[]){path, "freeze", NULL}, 60);
    frost_process_go(f->process);
    wait_done(f);

    assert_int_equal(f->result.exec_errno, 0);
    assert_string_equal(f->output->str, "bare freeze\n");
}

static void
a_process_may_be_freed_from_inside_done(void **state)
{
    Fixture *f = *state;

    f->free_when_done = true;
    run(f, "exit 0");

    assert_null(f->process);
    assert_int_equal(f->times, 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* Output --------------------------------------------------------------------------------------- */

static void
a_flood_of_output_is_bounded_and_blocks_nobody(void **state)
{
    Fixture *f = *state;

    run(f, "head -c 1000000 /dev/zero | tr '\\0' x; echo end >&2");

    assert_int_equal(WEXITSTATUS(f->result.wait_status), 0);
    assert_int_equal(f->result.output_length, FROST_PROCESS_OUTPUT_MAX);
    assert_int_equal(strspn(f->output->str, "x"), FROST_PROCESS_OUTPUT_MAX);
}

static void
output_may_hold_any_byte(void **state)
{
    Fixture *f = *state;

    run(f, "printf 'a\\000b\\377'");

    assert_int_equal(f->result.output_length, 4);
    assert_memory_equal(f->output->str, "a\0b\377", 4);
}

static void
a_background_child_with_the_output_open_delays_nobody_and_is_not_harmed(void **state)
{
    Fixture *f = *state;
    g_autofree char *gate = g_build_filename(f->dir, "gate", NULL);
    int fifo = open(f->fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    char line[8] = "";

    assert_int_equal(mkfifo(gate, 0600), 0);
    /* More than a pipe holds: somebody must read it. */
    run(f, "(read line <${1%/*}/gate; head -c 300000 /dev/zero && echo alive >$1) & echo started");
    assert_int_equal(WEXITSTATUS(f->result.wait_status), 0);
    assert_string_equal(f->output->str, "started\n");
    g_clear_pointer(&f->process, frost_process_free);

    int go = open(gate, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(go, "go\n", 3), 3);
    close(go);
    run_until_written(fifo);
    assert_int_equal(read(fifo, line, sizeof line), 6);
    assert_memory_equal(line, "alive\n", 6);
    assert_int_equal(f->times, 1);
    close(fifo);
}

/* How it is ended ------------------------------------------------------------------------------ */

static void
at_its_deadline_the_whole_group_is_ended(void **state)
{
    Fixture *f = *state;
    int fifo = open_reading(f);

    start(f, "exec 3>$1; (trap '' TERM; sleep 1000) & echo up; wait; sleep 1000", 1);
    wait_done(f);

    assert_true(f->result.timed_out);
    assert_false(f->result.cancelled);
    assert_int_equal(WTERMSIG(f->result.wait_status), SIGTERM);
    assert_string_equal(f->output->str, "up\n");
    assert_all_writers_gone(fifo);
    close(fifo);
}

static void
a_process_that_ignores_sigterm_is_killed(void **state)
{
    Fixture *f = *state;
    int fifo = open_reading(f);

    start(f, "exec 3>$1; trap '' TERM; while :; do sleep 1000; done", 1);
    wait_done(f);

    assert_true(f->result.timed_out);
    assert_int_equal(WTERMSIG(f->result.wait_status), SIGKILL);
    assert_int_equal(f->times, 1);
    assert_all_writers_gone(fifo);
    close(fifo);
}

static void
a_hook_that_ends_itself_on_term_is_still_called_late(void **state)
{
    Fixture *f = *state;

    start(f, "trap 'exit 0' TERM; while :; do sleep 0.1; done", 1);
    wait_done(f);

    assert_true(f->result.timed_out);
    assert_int_equal(WEXITSTATUS(f->result.wait_status), 0);
}

static void
ignore_it(int signal_number)
{
}

/* The agent catches TERM. Its child, on the way to exec, must not: one that is cancelled at once
 * would else be lost to KILL, two seconds later. */
static void
a_cancel_ends_it_by_term_at_any_moment(void **state)
{
    Fixture *f = *state;

    signal(SIGTERM, ignore_it);
    f->free_when_done = true;
    for (unsigned i = 0; i < 100; i++) {
        make(f, (const char *[]){"sleep", "1000", NULL}, 60);
        frost_process_go(f->process);
        /* By the clock: a number of yields takes minutes on a busy machine. Fork to exec is 1 ms.
         */
        for (gint64 end_us = g_get_monotonic_time() + i * 30; g_get_monotonic_time() < end_us;)
            g_thread_yield();
        frost_process_cancel(f->process);
        wait_done(f);
        assert_true(f->result.cancelled);
        assert_false(f->result.timed_out);
        assert_int_equal(WTERMSIG(f->result.wait_status), SIGTERM);
    }
    signal(SIGTERM, SIG_DFL);
    assert_int_equal(f->times, 100);
}

static void
a_cancel_before_go_ends_it_too(void **state)
{
    Fixture *f = *state;

    make(f, (const char *[]){"sleep", "1000", NULL}, 60);
    frost_process_cancel(f->process);
    wait_done(f);

    assert_true(f->result.cancelled);
    assert_int_equal(f->result.exec_errno, 0);
}

static void
a_cancel_after_the_end_does_nothing(void **state)
{
    Fixture *f = *state;

    run(f, "exit 0");
    frost_process_cancel(f->process);
    while (g_main_context_iteration(NULL, FALSE))
        continue;

    assert_int_equal(f->times, 1);
}

static void
a_free_kills_what_runs_and_no_done_follows(void **state)
{
    Fixture *f = *state;
    int fifo = open_reading(f);

    start(f, "exec 3>$1; echo up >&3; sleep 1000 & wait", 60);
    run_until_written(fifo);
    g_clear_pointer(&f->process, frost_process_free);

    assert_all_writers_gone(fifo);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    assert_false(f->done);
    assert_true(waitpid(-1, NULL, 0) > 0 || errno == ECHILD);
    close(fifo);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(exit_0_is_told_with_the_output),
        FIXTURE_TEST(exit_3_is_told),
        FIXTURE_TEST(death_by_a_signal_is_told),
        FIXTURE_TEST(a_program_that_is_not_there_is_told_by_errno),
        FIXTURE_TEST(a_program_that_is_not_executable_is_told_by_errno),
        FIXTURE_TEST(a_bare_name_is_looked_up_in_the_path),
        FIXTURE_TEST(a_script_without_interpreter_line_runs),
        FIXTURE_TEST(a_process_may_be_freed_from_inside_done),
        FIXTURE_TEST(a_flood_of_output_is_bounded_and_blocks_nobody),
        FIXTURE_TEST(output_may_hold_any_byte),
        FIXTURE_TEST(a_background_child_with_the_output_open_delays_nobody_and_is_not_harmed),
        FIXTURE_TEST(at_its_deadline_the_whole_group_is_ended),
        FIXTURE_TEST(a_process_that_ignores_sigterm_is_killed),
        FIXTURE_TEST(a_hook_that_ends_itself_on_term_is_still_called_late),
        FIXTURE_TEST(a_cancel_ends_it_by_term_at_any_moment),
        FIXTURE_TEST(a_cancel_before_go_ends_it_too),
        FIXTURE_TEST(a_cancel_after_the_end_does_nothing),
        FIXTURE_TEST(a_free_kills_what_runs_and_no_done_follows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
