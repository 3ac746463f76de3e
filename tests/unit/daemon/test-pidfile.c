/* SPDX-License-Identifier: MIT */
#include "pidfile.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test-support.h"

typedef struct {
    char *dir;
    char *path;
} Bench;

static int
setup(void **state)
{
    Bench *bench = g_new0(Bench, 1);

    bench->dir = test_make_dir();
    bench->path = g_build_filename(bench->dir, "pid", NULL);
    *state = bench;
    return 0;
}

static int
teardown(void **state)
{
    Bench *bench = *state;

    test_remove_dir(bench->dir);
    g_free(bench->path);
    g_free(bench);
    return 0;
}

static FrostPidfile *
take(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    FrostPidfile *pidfile = frost_pidfile_take(bench->path, &error);

    assert_no_error(error);
    return pidfile;
}

/* The last thing to do with a file that is held: closing it here lets go of the lock. */
static char *
contents(Bench *bench)
{
    char *text = NULL;

    assert_true(g_file_get_contents(bench->path, &text, NULL, NULL));
    return text;
}

static char *
own_pid(void)
{
    return g_strdup_printf("%ld\n", (long)getpid());
}

/* In another process, where locks are somebody else's; returns its answer, or 99. */
static int
in_child(int (*func)(void *user), void *user)
{
    int status;
    pid_t pid = fork();

    assert_return_code(pid, 0);
    if (pid == 0)
        _exit(func(user));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

enum {
    TAKEN = 1,
    LOCKED,
    OTHER_ERROR
};

static int
try_to_take(void *user)
{
    Bench *bench = user;
    g_autoptr(GError) error = NULL;
    g_autoptr(FrostPidfile) pidfile = frost_pidfile_take(bench->path, &error);

    if (pidfile)
        return TAKEN;
    return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN) &&
                   g_str_equal(error->message,
                               "Cannot lock pid file: Resource temporarily unavailable")
               ? LOCKED
               : OTHER_ERROR;
}

static int
free_it(void *user)
{
    frost_pidfile_free(user);
    return 0;
}

static void
the_file_holds_the_pid_and_is_private(void **state)
{
    Bench *bench = *state;
    struct stat st;
    mode_t before = umask(0);
    G_GNUC_UNUSED g_autoptr(FrostPidfile) pidfile = take(bench);

    umask(before);
    g_autofree char *text = contents(bench);
    g_autofree char *expected = own_pid();
    assert_string_equal(text, expected);
    assert_return_code(stat(bench->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void
a_file_left_over_is_taken_over(void **state)
{
    Bench *bench = *state;

    assert_true(g_file_set_contents(bench->path, "123456789012345678901234567890\n", -1, NULL));
    G_GNUC_UNUSED g_autoptr(FrostPidfile) pidfile = take(bench);

    g_autofree char *text = contents(bench);
    g_autofree char *expected = own_pid();
    assert_string_equal(text, expected);
}

static void
a_second_taker_is_refused_and_changes_nothing(void **state)
{
    Bench *bench = *state;
    G_GNUC_UNUSED g_autoptr(FrostPidfile) pidfile = take(bench);

    assert_int_equal(in_child(try_to_take, bench), LOCKED);
    assert_int_equal(in_child(try_to_take, bench), LOCKED);

    g_autofree char *text = contents(bench);
    g_autofree char *expected = own_pid();
    assert_string_equal(text, expected);
}

static int
probe(void *user)
{
    Bench *bench = user;
    g_autoptr(GError) error = NULL;

    if (frost_pidfile_probe(bench->path, &error))
        return TAKEN;
    return g_str_equal(error->message, "Cannot lock pid file: Resource temporarily unavailable")
               ? LOCKED
               : OTHER_ERROR;
}

static void
a_probe_sees_the_holder_and_changes_nothing(void **state)
{
    Bench *bench = *state;

    assert_int_equal(in_child(probe, bench), TAKEN);
    assert_false(g_file_test(bench->path, G_FILE_TEST_EXISTS));
    {
        G_GNUC_UNUSED g_autoptr(FrostPidfile) pidfile = take(bench);
        assert_int_equal(in_child(probe, bench), LOCKED);
        assert_int_equal(in_child(try_to_take, bench), LOCKED);
    }
    assert_true(g_file_set_contents(bench->path, "1\n", -1, NULL));
    assert_int_equal(in_child(probe, bench), TAKEN);
    g_autofree char *text = contents(bench);
    assert_string_equal(text, "1\n");
}

static void
freeing_removes_the_file_and_lets_others_take_it(void **state)
{
    Bench *bench = *state;
    FrostPidfile *pidfile = take(bench);

    frost_pidfile_free(pidfile);

    assert_false(g_file_test(bench->path, G_FILE_TEST_EXISTS));
    assert_int_equal(in_child(try_to_take, bench), TAKEN);
    assert_false(g_file_test(bench->path, G_FILE_TEST_EXISTS));
}

static void
the_file_of_a_dead_owner_can_be_taken(void **state)
{
    Bench *bench = *state;
    pid_t pid = fork();
    int status;

    assert_return_code(pid, 0);
    if (pid == 0) {
        FrostPidfile *lost = frost_pidfile_take(bench->path, NULL);
        _exit(lost ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(g_file_test(bench->path, G_FILE_TEST_EXISTS));

    G_GNUC_UNUSED g_autoptr(FrostPidfile) pidfile = take(bench);
    assert_int_equal(in_child(try_to_take, bench), LOCKED);
}

static void
a_forked_child_removes_nothing(void **state)
{
    Bench *bench = *state;
    g_autoptr(FrostPidfile) pidfile = take(bench);

    assert_int_equal(in_child(free_it, pidfile), 0);

    assert_true(g_file_test(bench->path, G_FILE_TEST_EXISTS));
    assert_int_equal(in_child(try_to_take, bench), LOCKED);
}

static void
a_file_put_in_its_place_is_not_removed(void **state)
{
    Bench *bench = *state;
    FrostPidfile *pidfile = take(bench);

    assert_return_code(g_unlink(bench->path), 0);
    assert_true(g_file_set_contents(bench->path, "1\n", -1, NULL));
    frost_pidfile_free(pidfile);

    g_autofree char *text = contents(bench);
    assert_string_equal(text, "1\n");
}

static void
a_path_that_cannot_be_a_pid_file_is_refused(void **state)
{
    Bench *bench = *state;
    g_autofree char *link_path = g_build_filename(bench->dir, "link", NULL);
    g_autofree char *fifo_path = g_build_filename(bench->dir, "fifo", NULL);
    const struct {
        const char *path;
        GFileError code;
        const char *message;
    } rows[] = {
        {"/nonexistent/pid", G_FILE_ERROR_NOENT,
         "Cannot open pid file '/nonexistent/pid': No such"},
        {bench->dir, G_FILE_ERROR_ISDIR, "Cannot open pid file"},
        {link_path, G_FILE_ERROR_LOOP, "Cannot open pid file"},
        {fifo_path, G_FILE_ERROR_INVAL, "is not a regular file"},
        {"", G_FILE_ERROR_NOENT, "Cannot open pid file ''"},
    };

    assert_return_code(symlink(bench->path, link_path), 0);
    assert_return_code(mkfifo(fifo_path, 0600), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(frost_pidfile_take(rows[i].path, &error));
        assert_error(error, G_FILE_ERROR, (int)rows[i].code, rows[i].message);
    }
    assert_false(g_file_test(bench->path, G_FILE_TEST_EXISTS));
    assert_true(g_file_test(fifo_path, G_FILE_TEST_EXISTS));
}

/* The moment between open and lock, which no second process could be brought to hit. */
#ifdef __GLIBC__
#define FCNTL(prefix) prefix##fcntl64
#else
#define FCNTL(prefix) prefix##fcntl
#endif

/* For the wrapper below: how often the file is still to be removed just before it is locked. */
static struct {
    const char *path;
    int times;
} remover;

int FCNTL(__real_)(int fd, int command, ...);
int FCNTL(__wrap_)(int fd, int command, ...);

int
FCNTL(__wrap_)(int fd, int command, ...)
{
    va_list args;

    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    if (command == F_SETLK && remover.times > 0) {
        remover.times--;
        g_unlink(remover.path);
    }
    return FCNTL(__real_)(fd, command, argument);
}

static void
a_file_removed_before_it_was_locked_is_made_anew(void **state)
{
    Bench *bench = *state;

    remover.path = bench->path;
    remover.times = 2;
    G_GNUC_UNUSED g_autoptr(FrostPidfile) pidfile = take(bench);

    assert_int_equal(remover.times, 0);
    assert_int_equal(in_child(try_to_take, bench), LOCKED);
    g_autofree char *text = contents(bench);
    g_autofree char *expected = own_pid();
    assert_string_equal(text, expected);
}

static void
a_file_removed_again_and_again_is_given_up(void **state)
{
    Bench *bench = *state;
    g_autoptr(GError) error = NULL;

    remover.path = bench->path;
    remover.times = G_MAXINT;
    g_autoptr(FrostPidfile) pidfile = frost_pidfile_take(bench->path, &error);
    remover.times = 0;

    assert_null(pidfile);
    assert_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "Cannot lock pid file");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_holds_the_pid_and_is_private, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_left_over_is_taken_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_taker_is_refused_and_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_probe_sees_the_holder_and_changes_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(freeing_removes_the_file_and_lets_others_take_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_file_of_a_dead_owner_can_be_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(a_forked_child_removes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_put_in_its_place_is_not_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_path_that_cannot_be_a_pid_file_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_removed_before_it_was_locked_is_made_anew, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_removed_again_and_again_is_given_up, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
