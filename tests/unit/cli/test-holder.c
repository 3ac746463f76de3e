/* SPDX-License-Identifier: MIT */
#include "holder.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"
#include "process-start.h"
#include "test-support.h"

static pid_t
start_sleeper(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        for (;;)
            pause();
    }
    assert_true(pid > 0);
    return pid;
}

static int
end(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    return WTERMSIG(status);
}

static void
the_freezer_that_the_ledger_names_is_asked(void **state)
{
    pid_t pid = start_sleeper();
    const FrostSnapshot snapshot = {.freezer_pid = pid,
                                    .freezer_start = frost_process_start_time(pid)};

    assert_int_equal(frost_holder_ask(&snapshot), FROST_HOLDER_ASKED);
    assert_int_equal(end(pid), SIGTERM);
}

static void
a_stranger_with_its_pid_is_left_alone(void **state)
{
    pid_t pid = start_sleeper();
    const FrostSnapshot earlier = {.freezer_pid = pid,
                                   .freezer_start = frost_process_start_time(pid) - 1};
    const FrostSnapshot unknown = {.freezer_pid = pid};

    assert_int_equal(frost_holder_ask(&earlier), FROST_HOLDER_GONE);
    assert_int_equal(frost_holder_ask(&unknown), FROST_HOLDER_GONE);
    kill(pid, SIGKILL);
    assert_int_equal(end(pid), SIGKILL);
}

static void
without_a_freezer_in_the_ledger_no_process_is_asked(void **state)
{
    const FrostSnapshot none = {0};
    const FrostSnapshot all = {.freezer_pid = -1, .freezer_start = 1};
    const FrostSnapshot init = {.freezer_pid = 1, .freezer_start = frost_process_start_time(1)};

    assert_int_equal(frost_holder_ask(&none), FROST_HOLDER_GONE);
    assert_int_equal(frost_holder_ask(&all), FROST_HOLDER_GONE);
    assert_int_equal(frost_holder_ask(&init), FROST_HOLDER_GONE);
}

static const FrostSnapshot nobody;

static void
a_ledger_that_is_free_is_not_waited_for(void **state)
{
    char *dir = test_make_dir();

    assert_true(frost_holder_wait(dir, &nobody, 10));
    test_remove_dir(dir);
}

static void
waiting_for_a_holder_has_an_end(void **state)
{
    char *dir = test_make_dir();
    FrostLedger *holder = frost_ledger_open(dir, NULL);

    assert_non_null(holder);
    assert_false(frost_holder_wait(dir, &nobody, 1));
    frost_ledger_free(holder);
    test_remove_dir(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_freezer_that_the_ledger_names_is_asked),
        cmocka_unit_test(a_stranger_with_its_pid_is_left_alone),
        cmocka_unit_test(without_a_freezer_in_the_ledger_no_process_is_asked),
        cmocka_unit_test(a_ledger_that_is_free_is_not_waited_for),
        cmocka_unit_test(waiting_for_a_holder_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
