/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "test-support.h"

#define LIMIT_MS 20000

typedef struct {
    char *dir;
    char *fifo;
    FrostProcess *process;
    bool free_when_done;
    bool done;
    unsigned times;
    FrostProcessResult result;
    GString *output;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = test_make_dir();
    f->fifo = g_build_filename(f->dir, "fifo", NULL);
    f->output = g_string_new(NULL);
    *state = f;
    return mkfifo(f->fifo, 0600);
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    frost_process_free(f->process);
    /* What still reads the output of others goes with its end. */
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    test_remove_dir(f->dir);
    g_free(f->fifo);
    g_string_free(f->output, TRUE);
    g_free(f);
    return 0;
}

static void
on_done(void *user, const FrostProcessResult *result)
{
    Fixture *f = user;

    f->result = *result;
    g_string_truncate(f->output, 0);
    g_string_append_len(f->output, result->output, (gssize)result->output_length);
    f->result.output = NULL;
    f->done = true;
    f->times++;
    if (f->free_when_done)
        g_clear_pointer(&f->process, frost_process_free);
}

static void
make(Fixture *f, const char *const *argv, unsigned timeout_s)
{
    g_autoptr(GError) error = NULL;

    f->done = false;
    f->process = frost_process_new(argv, timeout_s, NULL, on_done, f, &error);
    assert_no_error(error);
    assert_non_null(f->process);
}

static void
start(Fixture *f, const char *script, unsigned timeout_s)
{
    const char *argv[] = {"/bin/sh", "-c", script, "sh", f->fifo, NULL};

    make(f, argv, timeout_s);
    frost_process_go(f->process);
}

static void
wait_done(Fixture *f)
{
    test_run_until(&f->done, LIMIT_MS);
}

static void
run(Fixture *f, const char *script)
{
    start(f, script, 60);
    wait_done(f);
}

static char *
add_file(Fixture *f, const char *name, const char *text, mode_t mode)
{
    char *path = g_build_filename(f->dir, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

/* The last process that has the fifo open for writing is gone. */
static void
assert_all_writers_gone(int fifo)
{
    struct pollfd end = {.fd = fifo};

    assert_int_equal(poll(&end, 1, LIMIT_MS), 1);
    assert_true(end.revents & POLLHUP);
}

static int
open_reading(Fixture *f)
{
    int fd = open(f->fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
    bool *readable = user;

    *readable = true;
    return G_SOURCE_REMOVE;
}

/* Runs the main loop until somebody has written to @fd. */
static void
run_until_written(int fd)
{
    bool readable = false;

    g_unix_fd_add(fd, G_IO_IN, on_readable, &readable);
    test_run_until(&readable, LIMIT_MS);
}

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
it_may_be_freed_from_inside_done(void **state)
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
what_ignores_term_is_killed(void **state)
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
        for (unsigned pause = 0; pause < i * 100; pause++)
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

/* The gate ------------------------------------------------------------------------------------- */

static char *
program_of(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/exe", (int)pid);

    return g_file_read_link(path, NULL);
}

static void
nothing_runs_before_go(void **state)
{
    Fixture *f = *state;
    g_autofree char *self = program_of(getpid());

    make(f, (const char *[]){"/bin/true", NULL}, 60);
    while (getsid(frost_process_pid(f->process)) != frost_process_pid(f->process))
        g_thread_yield();
    g_autofree char *before = program_of(frost_process_pid(f->process));
    assert_string_equal(before, self);
    assert_false(f->done);

    frost_process_go(f->process);
    wait_done(f);
    assert_int_equal(WEXITSTATUS(f->result.wait_status), 0);
}

/* In a process that ends before it says go. */
static G_GNUC_NORETURN void
die_before_go(int report)
{
    const char *argv[] = {"sleep", "1000", NULL};
    FrostProcess *process = frost_process_new(argv, 60, NULL, on_done, NULL, NULL);
    pid_t pid = process ? frost_process_pid(process) : -1;

    if (write(report, &pid, sizeof pid) != sizeof pid)
        _exit(EXIT_FAILURE);
    _exit(EXIT_SUCCESS);
}

static void
a_child_whose_agent_dies_before_go_ends(void **state)
{
    int report[2];
    int status = -1;
    pid_t orphan = -1;

    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe2(report, O_CLOEXEC), 0);
    pid_t agent = fork();
    if (agent == 0)
        die_before_go(report[1]);
    assert_int_equal(read(report[0], &orphan, sizeof orphan), sizeof orphan);
    assert_int_equal(waitpid(agent, NULL, 0), agent);

    assert_int_equal(waitpid(orphan, &status, 0), orphan);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
    close(report[0]);
    close(report[1]);
}

/* What it finds -------------------------------------------------------------------------------- */

static void
its_signals_are_the_default_ones(void **state)
{
    Fixture *f = *state;
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
    make(f, (const char *[]){"sed", "-nE", "/^Sig(Blk|Ign|Cgt)/p", "/proc/self/status", NULL}, 60);
    frost_process_go(f->process);
    wait_done(f);
    sigset_t now;
    sigprocmask(SIG_UNBLOCK, &blocked, &now);
    signal(SIGPIPE, SIG_DFL);

    assert_string_equal(f->output->str, "SigBlk:\t0000000000000000\n"
                                        "SigIgn:\t0000000000000000\n"
                                        "SigCgt:\t0000000000000000\n");
    /* Ours are as they were. */
    assert_true(sigismember(&now, SIGUSR2));
    assert_false(sigismember(&now, SIGTERM));
}

static void
it_leads_a_session_and_reads_nothing(void **state)
{
    Fixture *f = *state;

    run(f, "set -- $(cut -d' ' -f1,5,6 /proc/$$/stat); [ $1 = $2 ] && [ $1 = $3 ] && "
           "readlink /proc/$$/fd/0");

    assert_string_equal(f->output->str, "/dev/null\n");
}

static unsigned
inherited_descriptors(void)
{
    unsigned count = 0;

    for (int fd = 3; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        count += flags >= 0 && !(flags & FD_CLOEXEC);
    }
    return count;
}

static void
no_descriptor_leaks_into_it(void **state)
{
    Fixture *f = *state;
    int ours[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ours), 0);
    make(f, (const char *[]){"ls", "/proc/self/fd", NULL}, 60);
    frost_process_go(f->process);
    wait_done(f);

    g_auto(GStrv) names = g_strsplit(g_strstrip(f->output->str), "\n", -1);
    /* The three, and the folder that ls reads. */
    assert_int_equal(g_strv_length(names), 4 + inherited_descriptors());
    close(ours[0]);
    close(ours[1]);
}

/* Start times ---------------------------------------------------------------------------------- */

static void
a_start_time_names_a_process(void **state)
{
    Fixture *f = *state;
    uint64_t ours = frost_process_start_time(getpid());
    g_autofree char *uptime = NULL;

    assert_true(g_file_get_contents("/proc/uptime", &uptime, NULL, NULL));
    double ticks = g_ascii_strtod(uptime, NULL) * (double)sysconf(_SC_CLK_TCK);
    assert_true(ours > 0);
    assert_true((double)ours <= ticks + 1);
    assert_true((double)ours > ticks - 3600.0 * (double)sysconf(_SC_CLK_TCK));

    start(f, "sleep 1000", 60);
    assert_true(frost_process_start_time(frost_process_pid(f->process)) >= ours);
}

static void
a_name_with_brackets_does_not_mislead_it(void **state)
{
    uint64_t before = frost_process_start_time(getpid());
    char name[16];

    prctl(PR_GET_NAME, name);
    prctl(PR_SET_NAME, "a) R 1 2 (3) 4");
    uint64_t after = frost_process_start_time(getpid());
    prctl(PR_SET_NAME, name);

    assert_int_equal(after, before);
}

static void
a_process_that_is_not_there_has_no_start_time(void **state)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);

    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(frost_process_start_time(pid), 0);
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
        FIXTURE_TEST(it_may_be_freed_from_inside_done),
        FIXTURE_TEST(a_flood_of_output_is_bounded_and_blocks_nobody),
        FIXTURE_TEST(output_may_hold_any_byte),
        FIXTURE_TEST(a_background_child_with_the_output_open_delays_nobody_and_is_not_harmed),
        FIXTURE_TEST(at_its_deadline_the_whole_group_is_ended),
        FIXTURE_TEST(what_ignores_term_is_killed),
        FIXTURE_TEST(a_hook_that_ends_itself_on_term_is_still_called_late),
        FIXTURE_TEST(a_cancel_ends_it_by_term_at_any_moment),
        FIXTURE_TEST(a_cancel_before_go_ends_it_too),
        FIXTURE_TEST(a_cancel_after_the_end_does_nothing),
        FIXTURE_TEST(a_free_kills_what_runs_and_no_done_follows),
        FIXTURE_TEST(nothing_runs_before_go),
        FIXTURE_TEST(a_child_whose_agent_dies_before_go_ends),
        FIXTURE_TEST(its_signals_are_the_default_ones),
        FIXTURE_TEST(it_leads_a_session_and_reads_nothing),
        FIXTURE_TEST(no_descriptor_leaks_into_it),
        FIXTURE_TEST(a_start_time_names_a_process),
        cmocka_unit_test(a_name_with_brackets_does_not_mislead_it),
        cmocka_unit_test(a_process_that_is_not_there_has_no_start_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
