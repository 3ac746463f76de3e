/* SPDX-License-Identifier: MIT */

#include "executions.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "test-support.h"

/* Generous: only a hang reaches it. */
#define PATIENCE_MS 30000
#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SH(script) .path = "/bin/sh", .argv = ARGV("/bin/sh", "-c", script)

typedef struct {
    bool answered;
    unsigned answers;
    pid_t pid;
    GError *error;
} Answer;

static void
answer_clear(Answer *self)
{
    g_clear_error(&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static void
on_started(void *user, pid_t pid, const GError *error)
{
    Answer *self = user;

    self->answered = true;
    self->answers++;
    self->pid = pid;
    self->error = error ? g_error_copy(error) : NULL;
}

static pid_t
start(FrostExecutions *executions, const FrostLaunchOrder *order)
{
    g_auto(Answer) answer = {0};

    assert_true(frost_executions_start(executions, order, on_started, &answer, NULL));
    test_run_until(&answer.answered, PATIENCE_MS);
    assert_no_error(answer.error);
    assert_int_equal(answer.answers, 1);
    assert_true(answer.pid > 0);
    return answer.pid;
}

static const FrostLaunch *
await_end(FrostExecutions *executions, pid_t pid)
{
    int64_t deadline = g_get_monotonic_time() + PATIENCE_MS * INT64_C(1000);
    bool ended = false;

    for (;;) {
        const FrostLaunch *launch = frost_executions_find(executions, pid, &ended, NULL);

        assert_non_null(launch);
        if (ended)
            return launch;
        assert_true(g_get_monotonic_time() < deadline);
        g_main_context_iteration(NULL, TRUE);
    }
}

static void
assert_output(const FrostPipeReader *reader, const char *text)
{
    const GByteArray *bytes = frost_pipe_reader_bytes(reader);

    assert_int_equal(bytes->len, strlen(text));
    assert_memory_equal(bytes->data, text, bytes->len);
}

static void
a_program_ends_with_its_status_and_both_streams(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("echo out; echo err >&2; exit 3"),
                                                      .keep_out = true, .keep_err = true});
    const FrostLaunch *launch = await_end(executions, pid);

    assert_true(WIFEXITED(frost_launch_wait_status(launch)));
    assert_int_equal(WEXITSTATUS(frost_launch_wait_status(launch)), 3);
    assert_output(frost_launch_out(launch), "out\n");
    assert_output(frost_launch_err(launch), "err\n");
}

static void
merged_streams_keep_their_order(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("echo 1; echo 2 >&2; echo 3"),
                                                      .keep_out = true, .merge = true});
    const FrostLaunch *launch = await_end(executions, pid);

    assert_output(frost_launch_out(launch), "1\n2\n3\n");
    assert_null(frost_launch_err(launch));
}

static void
a_stream_that_is_not_kept_leads_nowhere(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("echo 1; echo 2 >&2"), .keep_err = true});
    const FrostLaunch *launch = await_end(executions, pid);

    assert_null(frost_launch_out(launch));
    assert_output(frost_launch_err(launch), "2\n");
}

static void
input_arrives_whole_and_ends(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    size_t length = 3 * 1024 * 1024;
    g_autoptr(GBytes) input = g_bytes_new_take(g_malloc0(length), length);
    pid_t pid = start(
        executions, &(FrostLaunchOrder){SH("wc -c | tr -d ' '"), .input = input, .keep_out = true});

    assert_output(frost_launch_out(await_end(executions, pid)), "3145728\n");
}

static void
a_program_that_does_not_read_its_input_harms_nobody(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    size_t length = 3 * 1024 * 1024;
    g_autoptr(GBytes) input = g_bytes_new_take(g_malloc0(length), length);
    void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* as the agent has it */
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("exec 0<&-; exit 5"), .input = input});

    assert_int_equal(WEXITSTATUS(frost_launch_wait_status(await_end(executions, pid))), 5);
    signal(SIGPIPE, before);
}

static void
without_input_standard_input_is_empty(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("cat; echo end"), .keep_out = true});

    assert_output(frost_launch_out(await_end(executions, pid)), "end\n");
}

static void
an_environment_replaces_ours_and_its_path_finds_the_program(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    const FrostLaunchOrder found = {.path = "env",
                                    .argv = ARGV("env"),
                                    .env = ARGV("PATH=/usr/bin:/bin", "A=b"),
                                    .keep_out = true};
    const FrostLaunchOrder lost = {
        .path = "env", .argv = ARGV("env"), .env = ARGV("PATH=/nonexistent")};
    g_auto(Answer) answer = {0};

    pid_t pid = start(executions, &found);
    assert_output(frost_launch_out(await_end(executions, pid)), "PATH=/usr/bin:/bin\nA=b\n");
    assert_true(frost_executions_start(executions, &lost, on_started, &answer, NULL));
    test_run_until(&answer.answered, PATIENCE_MS);
    assert_error(answer.error, FROST_EXECUTIONS_ERROR, FROST_EXECUTIONS_ERROR_START,
                 "No such file or directory");
}

static void
a_program_that_cannot_be_started_is_an_error_and_leaves_no_record(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    const FrostLaunchOrder order = {.path = "/nonexistent/x", .argv = ARGV("/nonexistent/x")};
    g_auto(Answer) answer = {0};

    assert_true(frost_executions_start(executions, &order, on_started, &answer, NULL));
    test_run_until(&answer.answered, PATIENCE_MS);
    assert_error(answer.error, FROST_EXECUTIONS_ERROR, FROST_EXECUTIONS_ERROR_START,
                 "Failed to execute child process \u201c/nonexistent/x\u201d "
                 "(No such file or directory)");
    while (frost_executions_count(executions) > 0)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(answer.answers, 1);
}

static void
signals_are_default_in_the_child(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    sigset_t term;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("kill -TERM $$; exit 7")});
    int status = frost_launch_wait_status(await_end(executions, pid));
    pid = start(executions, &(FrostLaunchOrder){SH("kill -PIPE $$; exit 7")});
    int second = frost_launch_wait_status(await_end(executions, pid));
    sigprocmask(SIG_UNBLOCK, &term, NULL);
    signal(SIGPIPE, before);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    assert_true(WIFSIGNALED(second));
    assert_int_equal(WTERMSIG(second), SIGPIPE);
}

/* Fails where the text names no process: a signal to 0 would end whatever runs these tests. */
static void
kill_named(const char *text)
{
    int pid = atoi(text);

    assert_int_not_equal(pid, 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
}

static void
a_program_has_ended_even_if_its_child_keeps_the_output_open(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("sleep 600 & echo $!"), .keep_out = true});
    const FrostLaunch *launch = await_end(executions, pid);
    g_autofree char *text =
        g_strndup((const char *)frost_pipe_reader_bytes(frost_launch_out(launch))->data,
                  frost_pipe_reader_bytes(frost_launch_out(launch))->len);

    kill_named(text);
}

static void
output_beyond_the_bound_is_read_and_thrown_away(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("head -c 17000000 /dev/zero; exit 4"),
                                                      .keep_out = true});
    const FrostLaunch *launch = await_end(executions, pid);

    assert_int_equal(WEXITSTATUS(frost_launch_wait_status(launch)), 4);
    assert_int_equal(frost_pipe_reader_bytes(frost_launch_out(launch))->len, FROST_PIPE_READER_MAX);
    assert_true(frost_pipe_reader_is_truncated(frost_launch_out(launch)));
}

static void
so_many_programs_run_and_no_more(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    g_autoptr(GError) error = NULL;
    const FrostLaunchOrder order = {SH("exec sleep 600")};
    pid_t pids[FROST_EXECUTIONS_RUNNING_MAX];
    g_auto(Answer) answer = {0};

    for (unsigned i = 0; i < FROST_EXECUTIONS_RUNNING_MAX; i++)
        pids[i] = start(executions, &order);
    assert_false(frost_executions_start(executions, &order, on_started, &answer, &error));
    for (unsigned i = 0; i < FROST_EXECUTIONS_RUNNING_MAX; i++)
        kill(pids[i], SIGKILL);
    await_end(executions, pids[0]);
    assert_error(error, FROST_EXECUTIONS_ERROR, FROST_EXECUTIONS_ERROR_TOO_MANY, "run already");
    assert_int_equal(answer.answers, 0);
    start(executions, &(FrostLaunchOrder){SH("exit 0")});
}

static void
of_those_that_ended_the_oldest_is_forgotten(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    bool ended;
    pid_t first = start(executions, &(FrostLaunchOrder){SH("exit 0")});

    await_end(executions, first);
    for (unsigned i = 0; i < FROST_EXECUTIONS_ENDED_MAX; i++)
        await_end(executions, start(executions, &(FrostLaunchOrder){SH("exit 0")}));
    assert_int_equal(frost_executions_count(executions), FROST_EXECUTIONS_ENDED_MAX);
    assert_null(frost_executions_find(executions, first, &ended, NULL));
}

static void
a_result_that_is_not_read_expires(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("exit 0")});
    int64_t hour_us = FROST_EXECUTIONS_KEPT_S * G_USEC_PER_SEC;

    await_end(executions, pid);
    int64_t now_us = g_get_monotonic_time();
    frost_executions_expire(executions, now_us);
    assert_int_equal(frost_executions_count(executions), 1);
    frost_executions_expire(executions, now_us + hour_us);
    assert_int_equal(frost_executions_count(executions), 0);
}

static void
an_end_that_was_told_is_forgotten(void **state)
{
    g_autoptr(FrostExecutions) executions = frost_executions_new(NULL);
    g_autoptr(GError) error = NULL;
    bool ended;
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("exit 0")});

    await_end(executions, pid);
    frost_executions_forget(executions, pid);
    assert_null(frost_executions_find(executions, pid, &ended, &error));
    assert_error(error, FROST_EXECUTIONS_ERROR, FROST_EXECUTIONS_ERROR_UNKNOWN, "does not exist");
}

static void
streams_of_orphans_are_read_on_and_closed_with_their_budget(void **state)
{
    FrostExecutions *executions = frost_executions_new(NULL);
    pid_t pid = start(executions, &(FrostLaunchOrder){SH("sleep 600 & echo $!"), .keep_out = true});
    const FrostPipeReader *out = frost_launch_out(await_end(executions, pid));
    g_autofree char *text = g_strndup((const char *)frost_pipe_reader_bytes(out)->data,
                                      frost_pipe_reader_bytes(out)->len);

    frost_executions_forget(executions, pid);
    frost_executions_free(executions);
    kill_named(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_ends_with_its_status_and_both_streams),
        cmocka_unit_test(merged_streams_keep_their_order),
        cmocka_unit_test(a_stream_that_is_not_kept_leads_nowhere),
        cmocka_unit_test(input_arrives_whole_and_ends),
        cmocka_unit_test(a_program_that_does_not_read_its_input_harms_nobody),
        cmocka_unit_test(without_input_standard_input_is_empty),
        cmocka_unit_test(an_environment_replaces_ours_and_its_path_finds_the_program),
        cmocka_unit_test(a_program_that_cannot_be_started_is_an_error_and_leaves_no_record),
        cmocka_unit_test(signals_are_default_in_the_child),
        cmocka_unit_test(a_program_has_ended_even_if_its_child_keeps_the_output_open),
        cmocka_unit_test(output_beyond_the_bound_is_read_and_thrown_away),
        cmocka_unit_test(so_many_programs_run_and_no_more),
        cmocka_unit_test(of_those_that_ended_the_oldest_is_forgotten),
        cmocka_unit_test(a_result_that_is_not_read_expires),
        cmocka_unit_test(an_end_that_was_told_is_forgotten),
        cmocka_unit_test(streams_of_orphans_are_read_on_and_closed_with_their_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
