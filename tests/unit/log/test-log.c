/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log-private.h"
#include "syslog-daemon.h"
#include "test-support.h"

typedef struct {
    char *dir;
    char *path;   /* of the log file */
    char *socket; /* of the syslog */
    int daemon;
} Bench;

static int
setup(void **state)
{
    Bench *bench = g_new0(Bench, 1);

    bench->dir = test_make_dir();
    bench->path = g_build_filename(bench->dir, "log", NULL);
    bench->socket = g_build_filename(bench->dir, "syslog", NULL);
    bench->daemon = syslog_daemon_start(bench->socket, SOCK_DGRAM);
    *state = bench;
    return 0;
}

static int
teardown(void **state)
{
    Bench *bench = *state;

    close(bench->daemon);
    test_remove_dir(bench->dir);
    g_free(bench->path);
    g_free(bench->socket);
    g_free(bench);
    return 0;
}

static FrostLog *
open_log(Bench *bench, bool verbose)
{
    g_autoptr(GError) error = NULL;
    FrostLog *log = frost_log_new_with_syslog(bench->path, verbose, false,
                                              frost_syslog_new(bench->socket, "qemu-ga"), &error);

    assert_no_error(error);
    return log;
}

static FrostLog *
open_held_log(Bench *bench, bool verbose)
{
    g_autoptr(GError) error = NULL;
    FrostLog *log = frost_log_new_with_syslog(bench->path, verbose, true,
                                              frost_syslog_new(bench->socket, "qemu-ga"), &error);

    assert_no_error(error);
    return log;
}

/* The file without its time stamps, whose form is checked here. */
static char *
read_log(Bench *bench)
{
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(bench->path, &text, NULL, NULL));
    g_autoptr(GRegex) stamp = g_regex_new("^[0-9]{10,}\\.[0-9]{6}: ", G_REGEX_MULTILINE, 0, NULL);
    return g_regex_replace_literal(stamp, text, -1, 0, "", 0, NULL);
}

static void
one_of_each_level(void)
{
    g_debug("d");
    g_info("i");
    g_message("m");
    g_warning("w");
    g_critical("c %d", 1);
}

static void
only_grave_lines_are_logged(void **state)
{
    Bench *bench = *state;
    G_GNUC_UNUSED g_autoptr(FrostLog) log = open_log(bench, false);

    one_of_each_level();

    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "critical: c 1\n");
}

static void
a_notice_is_logged_whatever_the_level(void **state)
{
    Bench *bench = *state;
    G_GNUC_UNUSED g_autoptr(FrostLog) log = open_log(bench, false);

    g_warning("not this");
    frost_notice("n %d", 1);
    frost_log_set_held(log, true);
    frost_notice("n %d", 2);
    frost_log_set_held(log, false);

    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "warning: n 1\nwarning: n 2\n");
}

static void
verbose_logs_everything(void **state)
{
    Bench *bench = *state;
    G_GNUC_UNUSED g_autoptr(FrostLog) log = open_log(bench, true);

    one_of_each_level();

    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "debug: d\ninfo: i\nmessage: m\nwarning: w\ncritical: c 1\n");
}

static void
a_log_file_is_appended_to_and_not_for_others_to_read(void **state)
{
    Bench *bench = *state;
    struct stat st;

    assert_true(g_file_set_contents(bench->path, "before\n", -1, NULL));
    {
        G_GNUC_UNUSED g_autoptr(FrostLog) log = open_log(bench, false);
        g_critical("after");
    }
    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "before\ncritical: after\n");

    assert_return_code(unlink(bench->path), 0);
    G_GNUC_UNUSED g_autoptr(FrostLog) log = open_log(bench, false);
    assert_return_code(stat(bench->path, &st), 0);
    assert_int_equal(st.st_mode & 0137, 0);
}

static void
a_log_file_that_cannot_be_opened_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_null(frost_log_new("/nonexistent/x", false, "qemu-ga", &error));
    assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                 "unable to open specified log file: /nonexistent/x: No such file or directory");
}

static void
slog_lines_go_to_syslog_whatever_the_level(void **state)
{
    Bench *bench = *state;

    for (int verbose = 0; verbose <= 1; verbose++) {
        G_GNUC_UNUSED g_autoptr(FrostLog) log = open_log(bench, verbose);

        frost_slog("executing fsfreeze hook with arg '%s'", "freeze");

        g_autofree char *text = syslog_daemon_read(bench->daemon);
        assert_true(g_regex_match_simple("^<14>[A-Z][a-z][a-z] [ 1-3][0-9] [0-9:]{8} qemu-ga: "
                                         "info: executing fsfreeze hook with arg 'freeze'\n$",
                                         text, 0, 0));
        g_autofree char *file = read_log(bench);
        assert_string_equal(file, "");
    }
}

static void
control_characters_cannot_forge_a_line(void **state)
{
    Bench *bench = *state;
    G_GNUC_UNUSED g_autoptr(FrostLog) log = open_log(bench, false);

    g_critical("a\n1795380945.746131: critical: b\x1b[2J\x7f\n\n");

    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "critical: a\\x0a1795380945.746131: critical: b\\x1b[2J\\x7f\n");
}

/* U+0080 to U+009F: U+009B begins a terminal's sequence as well. Other letters stay as they are. */
static void
control_characters_beyond_ascii_are_none_for_a_terminal_either(void **state)
{
    Bench *bench = *state;
    G_GNUC_UNUSED g_autoptr(FrostLog) log = open_log(bench, false);

    g_critical("\xc2\x9b"
               "2J\xc2\x80\xc2\x9f\xc2\xa0\xc3\x9b");

    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "critical: \\xc2\\x9b2J\\xc2\\x80\\xc2\\x9f\xc2\xa0\xc3\x9b\n");
}

static void
nothing_is_written_while_held(void **state)
{
    Bench *bench = *state;
    g_autoptr(FrostLog) log = open_log(bench, true);

    frost_log_set_held(log, true);
    g_critical("inside");
    frost_slog("inside");

    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "warning: disabling logging due to filesystem freeze\n");
    g_autofree char *syslog = syslog_daemon_read(bench->daemon);
    assert_string_equal(syslog, "");
}

static void
release_writes_everything_in_order(void **state)
{
    Bench *bench = *state;
    g_autoptr(FrostLog) log = open_log(bench, true);

    g_message("before");
    frost_log_set_held(log, true);
    one_of_each_level();
    frost_slog("inside");
    frost_log_set_held(log, true);
    frost_log_set_held(log, false);
    frost_log_set_held(log, false);
    g_message("after");

    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "message: before\n"
                              "warning: disabling logging due to filesystem freeze\n"
                              "debug: d\ninfo: i\nmessage: m\nwarning: w\ncritical: c 1\n"
                              "warning: logging re-enabled due to filesystem unfreeze\n"
                              "message: after\n");
    g_autofree char *syslog = syslog_daemon_read(bench->daemon);
    assert_non_null(strstr(syslog, "qemu-ga: info: inside\n"));
}

static void
held_lines_keep_their_time(void **state)
{
    Bench *bench = *state;
    g_autoptr(FrostLog) log = open_log(bench, false);

    frost_log_set_held(log, true);
    gint64 before_us = g_get_real_time();
    g_critical("inside");
    gint64 after_us = g_get_real_time();
    while (g_get_real_time() <= after_us)
        ;
    frost_log_set_held(log, false);

    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(bench->path, &text, NULL, NULL));
    char *end;
    gint64 seconds = g_ascii_strtoll(text, &end, 10);
    gint64 time_us = seconds * G_USEC_PER_SEC + g_ascii_strtoll(end + 1, NULL, 10);
    assert_uint_in_range(time_us, before_us, after_us);
}

static void
the_levels_hold_for_held_lines_too(void **state)
{
    Bench *bench = *state;
    g_autoptr(FrostLog) log = open_log(bench, false);

    frost_log_set_held(log, true);
    for (int i = 0; i < 2000; i++)
        g_debug("not asked for");
    one_of_each_level();
    frost_log_set_held(log, false);

    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "critical: c 1\n");
}

static void
lost_lines_are_counted(void **state)
{
    Bench *bench = *state;
    g_autoptr(FrostLog) log = open_log(bench, false);

    frost_log_set_held(log, true);
    for (int i = 0; i < 1007; i++)
        g_critical("%d", i);
    frost_log_set_held(log, false);

    g_autofree char *text = read_log(bench);
    assert_true(g_str_has_suffix(text, "critical: 999\nwarning: 7 log lines were lost while "
                                       "filesystems were frozen\n"));

    frost_log_set_held(log, true);
    frost_log_set_held(log, false);
    g_autofree char *again = read_log(bench);
    assert_string_equal(again, text);
}

static void
freeing_a_held_log_releases_it(void **state)
{
    Bench *bench = *state;

    {
        g_autoptr(FrostLog) log = open_log(bench, false);
        frost_log_set_held(log, true);
        g_critical("inside");
    }

    g_autofree char *text = read_log(bench);
    assert_string_equal(text, "critical: inside\n");
}

static void
a_log_can_be_held_from_the_start(void **state)
{
    Bench *bench = *state;
    g_autoptr(FrostLog) log = open_held_log(bench, true);

    g_message("early");
    g_autofree char *before = read_log(bench);
    assert_string_equal(before, "");

    frost_log_set_held(log, false);
    g_message("later");
    g_autofree char *after = read_log(bench);
    assert_string_equal(after, "message: early\nmessage: later\n");
}

static void
a_freeze_found_at_the_start_is_logged_after_it(void **state)
{
    Bench *bench = *state;
    g_autoptr(FrostLog) log = open_held_log(bench, true);

    g_message("early");
    frost_log_set_held(log, true);
    g_autofree char *before = read_log(bench);
    assert_string_equal(before, "");

    frost_log_set_held(log, false);
    g_autofree char *after = read_log(bench);
    assert_string_equal(after, "message: early\n"
                               "warning: disabling logging due to filesystem freeze\n"
                               "warning: logging re-enabled due to filesystem unfreeze\n");
}

/* An open with O_CREAT on a frozen filesystem waits for the thaw: here such opens are counted. */
#ifdef __GLIBC__
#define OPEN(prefix) prefix##open64
#else
#define OPEN(prefix) prefix##open
#endif

static int opens_that_create;

int OPEN(__real_)(const char *path, int flags, ...);
int OPEN(__wrap_)(const char *path, int flags, ...);

int
OPEN(__wrap_)(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
        opens_that_create++;
    }
    return OPEN(__real_)(path, flags, mode);
}

static void
a_file_that_is_there_is_opened_without_creating(void **state)
{
    Bench *bench = *state;

    opens_that_create = 0;
    frost_log_free(open_log(bench, false));
    assert_int_equal(opens_that_create, 1);
    frost_log_free(open_log(bench, false));
    assert_int_equal(opens_that_create, 1);
}

/* Standard error into a file while @func runs. */
static char *
capture_stderr(Bench *bench, void (*func)(void))
{
    g_autofree char *path = g_build_filename(bench->dir, "stderr", NULL);
    int saved = dup(STDERR_FILENO);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *text = NULL;

    dup2(file, STDERR_FILENO);
    func();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(file);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void
log_to_stderr(void)
{
    G_GNUC_UNUSED g_autoptr(FrostLog) log = frost_log_new(NULL, false, "qemu-ga", NULL);

    g_critical("here");
}

static void
log_without_a_log(void)
{
    g_warning("there");
}

static void
without_a_file_lines_go_to_standard_error(void **state)
{
    Bench *bench = *state;
    g_autofree char *text = capture_stderr(bench, log_to_stderr);

    assert_true(g_regex_match_simple("^[0-9]{10,}\\.[0-9]{6}: critical: here\n$", text, 0, 0));
}

static void
without_a_log_glib_writes_as_ever(void **state)
{
    Bench *bench = *state;
    g_autofree char *text = capture_stderr(bench, log_without_a_log);

    assert_non_null(strstr(text, "WARNING"));
    assert_non_null(strstr(text, "there"));
    assert_false(g_file_test(bench->path, G_FILE_TEST_EXISTS));
}

static void
a_full_disk_loses_lines_and_says_so_afterwards(void **state)
{
    Bench *bench = *state;
    G_GNUC_UNUSED g_autoptr(FrostLog) log = open_log(bench, false);
    struct rlimit usual, small;

    /* A limit on file sizes stops a write in the middle, as a full disk does. */
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_return_code(getrlimit(RLIMIT_FSIZE, &usual), 0);
    small = usual;
    small.rlim_cur = 30;
    assert_return_code(setrlimit(RLIMIT_FSIZE, &small), 0);
    g_critical("torn torn torn torn");
    g_critical("lost");
    assert_return_code(setrlimit(RLIMIT_FSIZE, &usual), 0);
    signal(SIGXFSZ, handler);
    g_critical("space again");

    g_autofree char *text = read_log(bench);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), 4);
    assert_true(g_str_has_prefix("critical: torn torn torn torn", lines[0]));
    assert_string_equal(lines[1], "warning: 2 log lines could not be written: File too large");
    assert_string_equal(lines[2], "critical: space again");
}

#define THREADS 4
#define LINES_A_THREAD 500

static gpointer
log_many(gpointer user)
{
    for (int i = 0; i < LINES_A_THREAD; i++)
        g_critical("line of a thread");
    return NULL;
}

static void
threads_may_log_at_any_time(void **state)
{
    Bench *bench = *state;
    g_autoptr(FrostLog) log = open_log(bench, false);
    GThread *threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("log", log_many, NULL);
    for (int i = 0; i < 50; i++) {
        frost_log_set_held(log, true);
        g_thread_yield();
        frost_log_set_held(log, false);
    }
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);

    g_autofree char *text = read_log(bench);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    unsigned whole = 0, lost = 0, n;
    for (size_t i = 0; lines[i] && *lines[i]; i++) {
        if (g_str_equal(lines[i], "critical: line of a thread"))
            whole++;
        else if (sscanf(lines[i], "warning: %u log lines were lost", &n) == 1)
            lost += n;
        else
            fail_msg("unexpected line: %s", lines[i]);
    }
    assert_int_equal(whole + lost, THREADS * LINES_A_THREAD);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_grave_lines_are_logged, setup, teardown),
        cmocka_unit_test_setup_teardown(a_notice_is_logged_whatever_the_level, setup, teardown),
        cmocka_unit_test_setup_teardown(verbose_logs_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(a_log_file_is_appended_to_and_not_for_others_to_read, setup,
                                        teardown),
        cmocka_unit_test(a_log_file_that_cannot_be_opened_is_an_error),
        cmocka_unit_test_setup_teardown(slog_lines_go_to_syslog_whatever_the_level, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(control_characters_cannot_forge_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(
            control_characters_beyond_ascii_are_none_for_a_terminal_either, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_written_while_held, setup, teardown),
        cmocka_unit_test_setup_teardown(release_writes_everything_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(held_lines_keep_their_time, setup, teardown),
        cmocka_unit_test_setup_teardown(the_levels_hold_for_held_lines_too, setup, teardown),
        cmocka_unit_test_setup_teardown(lost_lines_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(freeing_a_held_log_releases_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_log_can_be_held_from_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(a_freeze_found_at_the_start_is_logged_after_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_there_is_opened_without_creating, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_a_file_lines_go_to_standard_error, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_log_glib_writes_as_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_loses_lines_and_says_so_afterwards, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(threads_may_log_at_any_time, setup, teardown),
    };

    /* The environment of the tests makes criticals fatal; here they are what is tested. */
    g_log_set_always_fatal(G_LOG_FATAL_MASK);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
