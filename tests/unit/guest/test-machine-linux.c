/* SPDX-License-Identifier: MIT */

/* Only what leaves the machine as it is. */

#include "machine.h"

#include <sys/wait.h>
#include <unistd.h>

#include "program-result.h"
#include "test-support.h"

/* Generous: only a hang reaches it. */
#define PATIENCE_MS 30000

typedef struct {
    bool done;
    int exec_errno;
    int wait_status;
    GError *error;
} Answer;

static void
on_done(void *user, const FrostProcessResult *result)
{
    Answer *self = user;

    self->exec_errno = result->exec_errno;
    self->wait_status = result->wait_status;
    frost_program_succeeded(result, "be a test", &self->error);
    self->done = true;
}

static void
programs_are_found_by_name(void **state)
{
    FrostMachine *machine = frost_machine_linux_new(NULL, NULL);
    g_autofree char *found = machine->find(machine, "sh");
    g_autofree char *lost = machine->find(machine, "no-such-program");

    assert_non_null(found);
    assert_int_equal(access(found, X_OK), 0);
    assert_null(lost);
    frost_machine_free(machine);
}

static void
run(const char *const *argv, unsigned limit_s, Answer *answer)
{
    FrostMachine *machine = frost_machine_linux_new(NULL, NULL);

    assert_true(machine->run(machine, argv, limit_s, on_done, answer, NULL));
    test_run_until(&answer->done, PATIENCE_MS);
    frost_machine_free(machine);
}

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
a_program_that_ends_well_is_no_error(void **state)
{
    Answer answer = {0};

    run(ARGV("/bin/sh", "-c", "echo noise"), 60, &answer);
    assert_no_error(answer.error);
}

static void
a_failed_program_is_quoted(void **state)
{
    Answer answer = {0};

    run(ARGV("/bin/sh", "-c", "echo out; echo err >&2; exit 3"), 60, &answer);
    assert_error(answer.error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                 "child process has failed to be a test: out\nerr\n");
    g_error_free(answer.error);
}

static void
a_silent_failure_is_told_by_its_status(void **state)
{
    Answer answer = {0};

    run(ARGV("/bin/sh", "-c", "exit 3"), 60, &answer);
    assert_error(answer.error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                 "child process has failed to be a test: exit status 3");
    g_error_free(answer.error);
}

static void
a_program_that_is_killed_has_terminated_abnormally(void **state)
{
    Answer answer = {0};

    run(ARGV("/bin/sh", "-c", "kill -9 $$"), 60, &answer);
    assert_error(answer.error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                 "child process has terminated abnormally");
    g_error_free(answer.error);
}

static void
a_program_that_is_not_there_says_why(void **state)
{
    Answer answer = {0};

    run(ARGV("/no/such/program"), 60, &answer);
    assert_error(answer.error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "No such file or directory");
    g_error_free(answer.error);
}

static void
a_program_that_does_not_end_is_ended(void **state)
{
    Answer answer = {0};

    run(ARGV("/bin/sh", "-c", "sleep 1000"), 1, &answer);
    assert_error(answer.error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "time limit");
    g_error_free(answer.error);
}

static void
a_cancelled_program_is_not_told_of(void **state)
{
    FrostMachine *machine = frost_machine_linux_new(NULL, NULL);
    Answer answer = {0};

    assert_true(
        machine->run(machine, ARGV("/bin/sh", "-c", "sleep 1000"), 60, on_done, &answer, NULL));
    machine->cancel(machine);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_false(answer.done);
    frost_machine_free(machine);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_are_found_by_name),
        cmocka_unit_test(a_program_that_ends_well_is_no_error),
        cmocka_unit_test(a_failed_program_is_quoted),
        cmocka_unit_test(a_silent_failure_is_told_by_its_status),
        cmocka_unit_test(a_program_that_is_killed_has_terminated_abnormally),
        cmocka_unit_test(a_program_that_is_not_there_says_why),
        cmocka_unit_test(a_program_that_does_not_end_is_ended),
        cmocka_unit_test(a_cancelled_program_is_not_told_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
