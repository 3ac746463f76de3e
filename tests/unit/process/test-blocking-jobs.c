/* SPDX-License-Identifier: MIT */

#include "blocking-jobs.h"

#include <fcntl.h>
#include <unistd.h>

#include "test-support.h"

/* Generous: only a hang reaches it. */
#define PATIENCE_MS 30000

typedef struct {
    unsigned answers;
    bool answered;
    GString *order; /* a letter for each answer */
    char *result;
    GError *error;
} Answer;

static void
answer_clear(Answer *self)
{
    if (self->order)
        g_string_free(self->order, TRUE);
    g_free(self->result);
    g_clear_error(&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static void
on_done(void *user, gpointer result, const GError *error)
{
    Answer *self = user;

    self->answers++;
    g_free(self->result);
    self->result = result;
    g_clear_error(&self->error);
    self->error = error ? g_error_copy(error) : NULL;
    if (self->order && result)
        g_string_append(self->order, result);
    self->answered = true;
}

static void
run(FrostBlockingJobs *jobs, FrostBlockingWork work, gpointer input, unsigned limit_s,
    Answer *answer)
{
    const FrostBlockingJob job = {.what = "a test",
                                  .work = work,
                                  .input = input,
                                  .input_free = g_free,
                                  .result_free = g_free,
                                  .limit_s = limit_s,
                                  .done = on_done,
                                  .user = answer};

    frost_blocking_jobs_run(jobs, &job);
}

static gpointer
repeat(gpointer input, GError **error)
{
    return g_strdup(input);
}

static gpointer
refuse(gpointer input, GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "no %s", (char *)input);
    return NULL;
}

/* Hangs until the pipe ends, whose reading end the main thread names by a path: a descriptor
 * would have been given up. */
static gpointer
hang(gpointer input, GError **error)
{
    char byte;
    int fd = open(input, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && read(fd, &byte, 1) >= 0)
        close(fd);
    return g_strdup("late");
}

static gpointer
count_descriptors(gpointer input, GError **error)
{
    unsigned count = 0;

    for (int fd = 3; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return g_strdup_printf("%u", count);
}

static void
a_result_comes_back(void **state)
{
    g_autoptr(FrostBlockingJobs) jobs = frost_blocking_jobs_new(NULL);
    g_auto(Answer) answer = {0};

    run(jobs, repeat, g_strdup("x"), 60, &answer);
    assert_false(answer.answered);
    test_run_until(&answer.answered, PATIENCE_MS);
    assert_no_error(answer.error);
    assert_string_equal(answer.result, "x");
}

static void
an_error_comes_back(void **state)
{
    g_autoptr(FrostBlockingJobs) jobs = frost_blocking_jobs_new(NULL);
    g_auto(Answer) answer = {0};

    run(jobs, refuse, g_strdup("x"), 60, &answer);
    test_run_until(&answer.answered, PATIENCE_MS);
    assert_error(answer.error, G_FILE_ERROR, G_FILE_ERROR_IO, "no x");
    assert_null(answer.result);
}

static void
jobs_are_done_in_their_order(void **state)
{
    g_autoptr(FrostBlockingJobs) jobs = frost_blocking_jobs_new(NULL);
    g_auto(Answer) answer = {.order = g_string_new(NULL)};

    for (const char *name = "abcdefgh"; *name; name++)
        run(jobs, repeat, g_strndup(name, 1), 60, &answer);
    while (answer.answers < 8) {
        answer.answered = false;
        test_run_until(&answer.answered, PATIENCE_MS);
    }
    assert_string_equal(answer.order->str, "abcdefgh");
}

static void
a_job_has_only_its_bell_of_the_descriptors(void **state)
{
    g_autoptr(FrostBlockingJobs) jobs = frost_blocking_jobs_new(NULL);
    g_auto(Answer) answer = {0};
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    run(jobs, count_descriptors, NULL, 60, &answer);
    test_run_until(&answer.answered, PATIENCE_MS);
    assert_string_equal(answer.result, "1");
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

typedef struct {
    int ends[2];
    char *path; /* of the reading end */
} Pipe;

static void
pipe_make(Pipe *self)
{
    assert_int_equal(pipe2(self->ends, O_CLOEXEC), 0);
    self->path = g_strdup_printf("/proc/%d/fd/%d", (int)getpid(), self->ends[0]);
}

static void
pipe_clear(Pipe *self)
{
    close(self->ends[0]);
    close(self->ends[1]);
    g_free(self->path);
}

static void
a_job_that_hangs_is_answered_without_it(void **state)
{
    g_autoptr(FrostBlockingJobs) jobs = frost_blocking_jobs_new(NULL);
    g_auto(Answer) answer = {0};
    Pipe pipe;

    pipe_make(&pipe);
    run(jobs, hang, g_strdup(pipe.path), 1, &answer);
    test_run_until(&answer.answered, PATIENCE_MS);
    assert_error(answer.error, FROST_BLOCKING_ERROR, FROST_BLOCKING_ERROR_TIMEOUT,
                 "a test: not finished within 1 seconds");

    answer.answered = false;
    run(jobs, repeat, g_strdup("next"), 60, &answer);
    test_run_until(&answer.answered, PATIENCE_MS);
    assert_string_equal(answer.result, "next");
    pipe_clear(&pipe);
}

static void
too_many_hanging_jobs_refuse_the_next_one_until_one_returns(void **state)
{
    g_autoptr(FrostBlockingJobs) jobs = frost_blocking_jobs_new(NULL);
    g_auto(Answer) answer = {0};
    Pipe pipe;

    pipe_make(&pipe);
    for (unsigned i = 0; i < FROST_BLOCKING_JOBS_LEFT_BEHIND_MAX; i++)
        run(jobs, hang, g_strdup(pipe.path), 0, &answer);
    while (answer.answers < FROST_BLOCKING_JOBS_LEFT_BEHIND_MAX) {
        answer.answered = false;
        test_run_until(&answer.answered, PATIENCE_MS);
    }
    answer.answered = false;
    run(jobs, repeat, g_strdup("refused"), 60, &answer);
    assert_false(answer.answered);
    test_run_until(&answer.answered, PATIENCE_MS);
    assert_error(answer.error, FROST_BLOCKING_ERROR, FROST_BLOCKING_ERROR_BUSY,
                 "8 earlier requests still hang");

    pipe_clear(&pipe);
    for (unsigned i = 0; i < 1000 && answer.error; i++) {
        answer.answered = false;
        run(jobs, repeat, g_strdup("again"), 60, &answer);
        test_run_until(&answer.answered, PATIENCE_MS);
        g_usleep(answer.error ? 10000 : 0);
    }
    assert_no_error(answer.error);
    assert_string_equal(answer.result, "again");
}

static void
whoever_is_freed_answers_no_more(void **state)
{
    FrostBlockingJobs *jobs = frost_blocking_jobs_new(NULL);
    g_auto(Answer) answer = {0};
    Pipe pipe;

    pipe_make(&pipe);
    run(jobs, hang, g_strdup(pipe.path), 60, &answer);
    run(jobs, repeat, g_strdup("waits"), 60, &answer);
    frost_blocking_jobs_free(jobs);
    pipe_clear(&pipe);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_int_equal(answer.answers, 0);
}

static void
without_descriptors_a_job_is_refused(void **state)
{
    g_autoptr(FrostBlockingJobs) jobs = frost_blocking_jobs_new(NULL);
    g_auto(Answer) answer = {0};
    struct rlimit before;

    test_use_up_descriptors(&before);
    run(jobs, repeat, g_strdup("x"), 60, &answer);
    test_run_until(&answer.answered, PATIENCE_MS);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_error(answer.error, FROST_BLOCKING_ERROR, FROST_BLOCKING_ERROR_START,
                 "a test: cannot start");
}

static gpointer
write_to(gpointer input, GError **error)
{
    int fd = GPOINTER_TO_INT(input);

    return write(fd, "x", 1) == 1 ? g_strdup("written") : NULL;
}

/* Its number goes to another file at once, as after a job whose limit has passed before its thread
 * ran. */
static void
a_job_keeps_the_descriptor_that_was_open_when_it_was_given(void **state)
{
    g_autoptr(FrostBlockingJobs) jobs = frost_blocking_jobs_new(NULL);
    g_auto(Answer) answer = {0};
    int meant[2], other[2];
    char byte;

    assert_int_equal(pipe2(meant, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(pipe2(other, O_CLOEXEC | O_NONBLOCK), 0);
    const FrostBlockingJob job = {.what = "a test",
                                  .work = write_to,
                                  .input = GINT_TO_POINTER(meant[1]),
                                  .result_free = g_free,
                                  .keep = meant[1],
                                  .limit_s = 60,
                                  .done = on_done,
                                  .user = &answer};

    frost_blocking_jobs_run(jobs, &job);
    assert_int_equal(dup2(other[1], meant[1]), meant[1]);
    test_run_until(&answer.answered, PATIENCE_MS);

    assert_string_equal(answer.result, "written");
    assert_int_equal(read(meant[0], &byte, 1), 1);
    assert_int_equal(read(other[0], &byte, 1), -1);
    close(meant[0]);
    close(meant[1]);
    close(other[0]);
    close(other[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_comes_back),
        cmocka_unit_test(an_error_comes_back),
        cmocka_unit_test(jobs_are_done_in_their_order),
        cmocka_unit_test(a_job_has_only_its_bell_of_the_descriptors),
        cmocka_unit_test(a_job_keeps_the_descriptor_that_was_open_when_it_was_given),
        cmocka_unit_test(a_job_that_hangs_is_answered_without_it),
        cmocka_unit_test(too_many_hanging_jobs_refuse_the_next_one_until_one_returns),
        cmocka_unit_test(whoever_is_freed_answers_no_more),
        cmocka_unit_test(without_descriptors_a_job_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
