/* SPDX-License-Identifier: MIT */
#include "daemonize.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-support.h"

typedef struct {
    pid_t launcher;
    int report; /* what the daemon writes; its end is the daemon's end */
    int gate;   /* closed when the daemon may go on */
} Launched;

typedef void (*Daemon)(FrostDaemonize *daemonize, int report, int gate);

/* A launcher that becomes a daemon, which then does @daemon and ends. */
static Launched
launch(Daemon daemon)
{
    int report[2], gate[2];

    assert_return_code(pipe2(report, O_CLOEXEC), 0);
    assert_return_code(pipe2(gate, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_return_code(pid, 0);
    if (pid == 0) {
        FrostDaemonize daemonize;

        signal(SIGPIPE, SIG_DFL);
        close(report[0]);
        close(gate[1]);
        if (!frost_daemonize_begin(&daemonize, NULL))
            _exit(50);
        daemon(&daemonize, report[1], gate[0]);
        _exit(0);
    }
    close(report[1]);
    close(gate[0]);
    return (Launched){pid, report[0], gate[1]};
}

static int
launcher_status(const Launched *launched)
{
    int status;

    assert_int_equal(waitpid(launched->launcher, &status, 0), launched->launcher);
    return status;
}

/* All that the daemon reports until it ends; then nothing of it is left. */
static char *
finish(Launched *launched)
{
    GString *text = g_string_new(NULL);
    char bytes[256];
    ssize_t length;

    if (launched->gate >= 0)
        close(launched->gate);
    while ((length = read(launched->report, bytes, sizeof(bytes))) > 0)
        g_string_append_len(text, bytes, length);
    close(launched->report);
    /* The daemon became our child when its launcher ended. */
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
    return g_string_free(text, FALSE);
}

static bool
is_null(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static void
report_surroundings(FrostDaemonize *daemonize, int report, int gate)
{
    char cwd[256];
    mode_t mask = umask(0);

    frost_daemonize_ready(daemonize);
    dprintf(report, "umask %03o, %s a session, in %s, streams %d %d %d", (unsigned)mask,
            getsid(0) == getpid() ? "leads" : "is in", getcwd(cwd, sizeof(cwd)), is_null(0),
            is_null(1), is_null(2));
}

static void
a_daemon_leaves_its_surroundings(void **state)
{
    Launched launched = launch(report_surroundings);

    assert_int_equal(launcher_status(&launched), 0);
    g_autofree char *text = finish(&launched);
    assert_string_equal(text, "umask 077, leads a session, in /, streams 1 1 1");
}

static void
wait_at_the_gate(FrostDaemonize *daemonize, int report, int gate)
{
    char byte;

    dprintf(report, "begun");
    while (read(gate, &byte, 1) > 0)
        ;
    frost_daemonize_ready(daemonize);
}

static void
the_launcher_waits_until_the_daemon_is_ready(void **state)
{
    Launched launched = launch(wait_at_the_gate);
    char begun[5];
    int status;

    assert_int_equal(read(launched.report, begun, sizeof(begun)), sizeof(begun));
    assert_int_equal(waitpid(launched.launcher, &status, WNOHANG), 0);
    close(launched.gate);
    launched.gate = -1;

    assert_int_equal(launcher_status(&launched), 0);
    g_free(finish(&launched));
}

static void
do_nothing(FrostDaemonize *daemonize, int report, int gate)
{
}

static void
give_up(FrostDaemonize *daemonize, int report, int gate)
{
    char byte;

    frost_daemonize_clear(daemonize);
    while (read(gate, &byte, 1) > 0)
        ;
}

static void
be_killed(FrostDaemonize *daemonize, int report, int gate)
{
    raise(SIGKILL);
}

static void
a_daemon_that_does_not_come_up_fails_its_launcher(void **state)
{
    static const Daemon rows[] = {do_nothing, give_up, be_killed};

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Launched launched = launch(rows[i]);
        int status = launcher_status(&launched);

        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
        g_free(finish(&launched));
    }
}

static void
outlive_the_launcher(FrostDaemonize *daemonize, int report, int gate)
{
    wait_at_the_gate(daemonize, report, gate);
    dprintf(report, ", alive");
}

static void
a_daemon_outlives_a_launcher_that_was_killed(void **state)
{
    Launched launched = launch(outlive_the_launcher);
    char begun[5];

    assert_int_equal(read(launched.report, begun, sizeof(begun)), sizeof(begun));
    assert_return_code(kill(launched.launcher, SIGKILL), 0);
    assert_true(WIFSIGNALED(launcher_status(&launched)));

    g_autofree char *text = finish(&launched);
    assert_string_equal(text, ", alive");
}

/* Runs @func with @streams of its own, in a process that then ends; the text in stdout. */
static char *
with_stdout(void (*func)(void))
{
    int out[2];
    Launched launched = {.gate = -1};

    assert_return_code(pipe2(out, O_CLOEXEC), 0);
    fflush(NULL);
    launched.launcher = fork();
    assert_return_code(launched.launcher, 0);
    if (launched.launcher == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        func();
        fflush(NULL);
        _exit(0);
    }
    close(out[1]);
    launched.report = out[0];
    return finish(&launched);
}

static void
print_around_begin(void)
{
    FrostDaemonize daemonize;

    printf("before, ");
    if (!frost_daemonize_begin(&daemonize, NULL))
        _exit(50);
    printf("until ready");
    fflush(stdout);
    frost_daemonize_ready(&daemonize);
    printf(", after");
}

static void
streams_work_until_ready_and_nothing_is_printed_twice(void **state)
{
    g_autofree char *text = with_stdout(print_around_begin);

    assert_string_equal(text, "before, until ready");
}

static void
be_ready_in_the_foreground(void)
{
    FrostDaemonize none = FROST_DAEMONIZE_NONE;

    frost_daemonize_ready(&none);
    frost_daemonize_clear(&none);
    printf("still here");
}

static void
a_foreground_process_keeps_its_streams(void **state)
{
    g_autofree char *text = with_stdout(be_ready_in_the_foreground);

    assert_string_equal(text, "still here");
}

static void
fill_closed_streams(void)
{
    close(STDIN_FILENO);
    close(STDERR_FILENO);
    frost_stdio_fill();

    int next = dup(STDIN_FILENO);
    printf("%d %d %d, next %s", is_null(0), is_null(1), is_null(2), next > 2 ? "above" : "below");
}

static void
closed_streams_are_filled_and_open_ones_kept(void **state)
{
    g_autofree char *text = with_stdout(fill_closed_streams);

    assert_string_equal(text, "1 0 1, next above");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daemon_leaves_its_surroundings),
        cmocka_unit_test(the_launcher_waits_until_the_daemon_is_ready),
        cmocka_unit_test(a_daemon_that_does_not_come_up_fails_its_launcher),
        cmocka_unit_test(a_daemon_outlives_a_launcher_that_was_killed),
        cmocka_unit_test(streams_work_until_ready_and_nothing_is_printed_twice),
        cmocka_unit_test(a_foreground_process_keeps_its_streams),
        cmocka_unit_test(closed_streams_are_filled_and_open_ones_kept),
    };

    /* Daemons whose launcher has ended are ours to wait for. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
