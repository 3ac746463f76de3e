/* SPDX-License-Identifier: MIT */
#include "kept-lines.h"

#include <string.h>

#include "log.h"
#include "test-support.h"

typedef struct {
    char *dir;
    char *path;
    FrostLog *log;
} Bench;

static int
setup(void **state)
{
    Bench *bench = g_new0(Bench, 1);
    g_autoptr(GError) error = NULL;

    bench->dir = test_make_dir();
    bench->path = g_build_filename(bench->dir, "log", NULL);
    bench->log = frost_log_new(bench->path, true, "qemu-ga", &error);
    assert_no_error(error);
    *state = bench;
    return 0;
}

static int
teardown(void **state)
{
    Bench *bench = *state;

    frost_log_free(bench->log);
    test_remove_dir(bench->dir);
    g_free(bench->path);
    g_free(bench);
    return 0;
}

static char *
read_log(const Bench *bench)
{
    char *text = NULL;

    assert_true(g_file_get_contents(bench->path, &text, NULL, NULL));
    return text;
}

static gpointer
say_and_keep(gpointer user)
{
    frost_kept_lines_begin();
    g_warning("first");
    g_info("second");
    g_warning("third");
    return frost_kept_lines_end();
}

static void
kept_lines_of_a_thread_are_logged_by_another_thread(void **state)
{
    const Bench *bench = *state;
    g_autoptr(FrostKeptLines) kept = g_thread_join(g_thread_new("keeps", say_and_keep, NULL));

    g_autofree char *before = read_log(bench);
    assert_string_equal(before, "");
    frost_kept_lines_log(kept);
    g_autofree char *after = read_log(bench);
    assert_true(
        g_pattern_match_simple("*warning: first\n*info: second\n*warning: third\n*", after));
}

static gpointer
keep_and_end(gpointer user)
{
    frost_kept_lines_begin();
    g_warning("nobody asks for this");
    return NULL;
}

static void
other_threads_keep_nothing_and_a_thread_may_end_with_its_lines(void **state)
{
    const Bench *bench = *state;

    g_thread_join(g_thread_new("ends", keep_and_end, NULL));
    g_warning("logged at once");

    g_autofree char *text = read_log(bench);
    assert_non_null(strstr(text, "warning: logged at once\n"));
    assert_null(strstr(text, "nobody"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kept_lines_of_a_thread_are_logged_by_another_thread),
        TEST(other_threads_keep_nothing_and_a_thread_may_end_with_its_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
