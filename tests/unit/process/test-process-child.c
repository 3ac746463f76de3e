/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process-fixture.h"
#include "process-start.h"

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
    const FrostProcessSpec spec = {.argv = argv, .timeout_s = 60, .done = on_done};
    FrostProcess *process = frost_process_new(&spec, NULL, NULL);
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

/* Children of a process with a private umask and a lower limit than the hard one. */
static void
ask_for_surroundings(Fixture *f, const FrostChildSetting *setting)
{
    const char *argv[] = {"/bin/sh", "-c", "umask; cat /proc/self/oom_score_adj; ulimit -n", NULL};
    const FrostProcessSpec spec = {
        .argv = argv, .setting = setting, .timeout_s = 60, .done = on_done, .user = f};
    mode_t before = umask(077);

    f->done = false;
    f->process = frost_process_new(&spec, NULL, NULL);
    umask(before);
    assert_non_null(f->process);
    frost_process_go(f->process);
    wait_done(f);
    g_clear_pointer(&f->process, frost_process_free);
}

static void
its_surroundings_are_as_they_are_set(void **state)
{
    Fixture *f = *state;
    int own = frost_child_setting_own_oom_score_adj();
    const FrostChildSetting setting = {
        .umask = 027, .oom_score_adj = MIN(own + 7, 1000), .open_files = 99};
    g_autofree char *expected = g_strdup_printf("0027\n%d\n99\n", setting.oom_score_adj);

    ask_for_surroundings(f, &setting);
    assert_string_equal(f->output->str, expected);
}

static void
without_a_setting_its_umask_is_that_of_a_service(void **state)
{
    Fixture *f = *state;

    ask_for_surroundings(f, NULL);
    assert_true(g_str_has_prefix(f->output->str, "0022\n"));
}

static void
a_process_leads_a_session_and_has_no_input(void **state)
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
        FIXTURE_TEST(nothing_runs_before_go),
        FIXTURE_TEST(a_child_whose_agent_dies_before_go_ends),
        FIXTURE_TEST(its_signals_are_the_default_ones),
        FIXTURE_TEST(its_surroundings_are_as_they_are_set),
        FIXTURE_TEST(without_a_setting_its_umask_is_that_of_a_service),
        FIXTURE_TEST(a_process_leads_a_session_and_has_no_input),
        FIXTURE_TEST(no_descriptor_leaks_into_it),
        FIXTURE_TEST(a_start_time_names_a_process),
        cmocka_unit_test(a_name_with_brackets_does_not_mislead_it),
        cmocka_unit_test(a_process_that_is_not_there_has_no_start_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
