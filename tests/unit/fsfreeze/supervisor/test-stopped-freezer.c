/* SPDX-License-Identifier: MIT */
#include "stopped-freezer.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process-start.h"
#include "test-support.h"

/* As often as anybody looks, and more often than it takes. */
#define LOOK_MS 300
#define LOOKS 20

static pid_t
make_child(void)
{
    pid_t child = fork();

    while (child == 0)
        pause();
    assert_true(child > 0);
    return child;
}

static void
stop_child(pid_t child)
{
    int status = 0;

    assert_int_equal(kill(child, SIGSTOP), 0);
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    assert_true(WIFSTOPPED(status));
}

static void
bury(pid_t child)
{
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* How many looks until it is killed; 0: it is not. */
static unsigned
looks_until_killed(pid_t pid, uint64_t start)
{
    FrostStoppedFreezer freezer = {0};

    for (unsigned i = 1; i <= LOOKS; i++) {
        if (frost_stopped_freezer_look(&freezer, pid, start, LOOK_MS))
            return i;
    }
    return 0;
}

static void
a_freezer_that_stays_stopped_for_a_second_is_killed(void **state)
{
    pid_t child = make_child();
    int status = 0;

    stop_child(child);
    assert_int_equal(looks_until_killed(child, frost_process_start_time(child)), 5);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void
a_freezer_that_runs_is_left_alone(void **state)
{
    pid_t child = make_child();

    assert_int_equal(looks_until_killed(child, frost_process_start_time(child)), 0);
    assert_int_equal(kill(child, 0), 0);
    bury(child);
}

static void
a_freezer_that_goes_on_meanwhile_gets_another_second(void **state)
{
    FrostStoppedFreezer freezer = {0};
    pid_t child = make_child();
    uint64_t start = frost_process_start_time(child);

    stop_child(child);
    for (unsigned i = 0; i < 4; i++)
        assert_false(frost_stopped_freezer_look(&freezer, child, start, LOOK_MS));
    assert_int_equal(kill(child, SIGCONT), 0);
    while (frost_process_is_stopped(child, start))
        g_thread_yield();
    assert_false(frost_stopped_freezer_look(&freezer, child, start, LOOK_MS));
    stop_child(child);
    for (unsigned i = 0; i < 4; i++)
        assert_false(frost_stopped_freezer_look(&freezer, child, start, LOOK_MS));
    bury(child);
}

static void
another_process_with_its_pid_is_left_alone(void **state)
{
    pid_t child = make_child();

    stop_child(child);
    assert_int_equal(looks_until_killed(child, frost_process_start_time(child) - 1), 0);
    assert_int_equal(looks_until_killed(child, 0), 0);
    bury(child);
}

static void
a_process_that_is_no_freezer_is_left_alone(void **state)
{
    assert_int_equal(looks_until_killed(0, 1), 0);
    assert_int_equal(looks_until_killed(-1, 1), 0);
    assert_int_equal(looks_until_killed(1, frost_process_start_time(1)), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_freezer_that_stays_stopped_for_a_second_is_killed),
        cmocka_unit_test(a_freezer_that_runs_is_left_alone),
        cmocka_unit_test(a_freezer_that_goes_on_meanwhile_gets_another_second),
        cmocka_unit_test(another_process_with_its_pid_is_left_alone),
        cmocka_unit_test(a_process_that_is_no_freezer_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
