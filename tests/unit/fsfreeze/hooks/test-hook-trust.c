/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>
#include <unistd.h>

#include "hook-trust.h"
#include "test-support.h"

/* Below a folder that only root can write: everything below /tmp is distrusted, and in some
 * containers everything below /run. */
static const char *
trusted_base(void)
{
    static const char *const BASES[] = {"/run", "/var/lib", "/root"};

    for (unsigned i = 0; i < G_N_ELEMENTS(BASES); i++) {
        struct stat st;

        if (stat(BASES[i], &st) == 0 && st.st_uid == 0 && (st.st_mode & 022) == 0)
            return BASES[i];
    }
    return NULL;
}

static int
set_up(void **state)
{
    char *dir = g_strconcat(trusted_base(), "/frost-test-trust-XXXXXX", NULL);

    *state = dir;
    return g_mkdtemp(dir) && chmod(dir, 0755) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
    test_remove_dir(*state);
    return 0;
}

static char *
add_file(const char *dir, const char *name, mode_t mode)
{
    char *path = g_build_filename(dir, name, NULL);

    assert_true(g_file_set_contents(path, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static char *
add_folder(const char *dir, const char *name, mode_t mode)
{
    char *path = g_build_filename(dir, name, NULL);

    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static char *
add_link(const char *dir, const char *name, const char *target)
{
    char *path = g_build_filename(dir, name, NULL);

    assert_int_equal(symlink(target, path), 0);
    return path;
}

static void
assert_trusted(const char *path)
{
    g_autofree char *reason = frost_hook_distrust(path);

    assert_null(reason);
}

/* For the sake of @culprit. */
static void
assert_distrusted(const char *path, const char *culprit)
{
    g_autofree char *reason = frost_hook_distrust(path);
    g_autofree char *begin = g_strconcat(culprit, " ", NULL);

    assert_non_null(reason);
    assert_true(g_str_has_prefix(reason, begin));
}

static void
a_program_that_only_root_can_change_is_trusted(void **state)
{
    static const mode_t MODES[] = {0755, 0700, 0555, 0500, 04755};

    for (size_t i = 0; i < G_N_ELEMENTS(MODES); i++) {
        g_autofree char *file = add_file(*state, "hook", MODES[i]);

        assert_trusted(file);
        assert_int_equal(unlink(file), 0);
    }
}

static void
a_file_that_a_group_or_everybody_can_write_is_not(void **state)
{
    static const mode_t MODES[] = {0775, 0757, 0777, 0720, 0702};

    for (size_t i = 0; i < G_N_ELEMENTS(MODES); i++) {
        g_autofree char *file = add_file(*state, "hook", MODES[i]);

        assert_distrusted(file, file);
        assert_int_equal(unlink(file), 0);
    }
}

static void
a_file_of_somebody_else_is_not(void **state)
{
    g_autofree char *file = add_file(*state, "hook", 0755);

    assert_int_equal(chown(file, 65534, 0), 0);
    assert_distrusted(file, file);
}

static void
a_folder_above_counts(void **state)
{
    g_autofree char *outer = add_folder(*state, "outer", 0777);
    g_autofree char *inner = add_folder(outer, "inner", 0755);
    g_autofree char *file = add_file(inner, "hook", 0755);

    assert_distrusted(file, outer);
    assert_int_equal(chmod(outer, 0755), 0);
    assert_trusted(file);
    assert_int_equal(chown(inner, 65534, 0), 0);
    assert_distrusted(file, inner);
}

static void
in_a_sticky_folder_of_root_what_is_roots_is_trusted(void **state)
{
    g_autofree char *store = add_folder(*state, "store", 01775);
    g_autofree char *package = add_folder(store, "package", 0555);
    g_autofree char *file = add_file(package, "hook", 0555);
    g_autofree char *beside = add_file(store, "beside", 0555);
    g_autofree char *into = add_link(*state, "into", file);
    g_autofree char *within = add_link(store, "within", "beside");

    assert_trusted(file);
    assert_trusted(beside);
    assert_trusted(into);
    assert_trusted(within);
    assert_int_equal(lchown(within, 65534, 0), 0);
    assert_distrusted(within, within);
    assert_int_equal(chown(package, 65534, 0), 0);
    assert_distrusted(file, package);
    assert_distrusted(into, package);
}

static void
a_sticky_folder_of_somebody_else_is_not(void **state)
{
    g_autofree char *store = add_folder(*state, "store", 01775);
    g_autofree char *file = add_file(store, "hook", 0555);

    assert_int_equal(chown(store, 65534, 0), 0);
    assert_distrusted(file, store);
}

/* Hooks are listed there: others can add some. */
static void
a_sticky_folder_itself_is_not(void **state)
{
    g_autofree char *store = add_folder(*state, "store", 01775);
    g_autofree char *slash = g_strconcat(store, "/", NULL);
    g_autofree char *dot = g_strconcat(store, "/.", NULL);

    assert_distrusted(store, store);
    assert_distrusted(slash, store);
    assert_distrusted(dot, store);
}

static void
a_missing_program_that_others_could_create_is_not_trusted(void **state)
{
    g_autofree char *store = add_folder(*state, "store", 01775);
    g_autofree char *missing = g_build_filename(store, "missing", NULL);
    g_autofree char *to_missing = add_link(store, "link", "missing");

    assert_distrusted(missing, store);
    assert_distrusted(to_missing, store);
}

static void
the_interpreter_of_a_script_counts(void **state)
{
    g_autofree char *open = add_folder(*state, "open", 0777);
    g_autofree char *shell = add_file(open, "shell", 0755);
    g_autofree char *plain = add_file(*state, "plain", 0755);
    g_autofree char *hook = add_file(*state, "hook", 0755);
    g_autofree char *text = g_strdup_printf("#! %s -u\nexit 0\n", shell);
    g_autofree char *culprit = g_strdup_printf("it is run by %s: %s", shell, open);

    assert_trusted(plain);
    assert_true(g_file_set_contents(hook, text, -1, NULL));
    assert_int_equal(chmod(hook, 0755), 0);
    assert_distrusted(hook, culprit);
    assert_int_equal(chmod(open, 0755), 0);
    assert_trusted(hook);
}

static void
the_target_of_a_link_and_all_folders_on_its_path_are_checked(void **state)
{
    g_autofree char *hooks = add_folder(*state, "hooks", 0755);
    g_autofree char *open = add_folder(*state, "open", 0777);
    g_autofree char *closed = add_folder(*state, "closed", 0755);
    g_autofree char *bad = add_file(open, "tool", 0755);
    g_autofree char *good = add_file(closed, "tool", 0755);
    g_autofree char *absolute = add_link(hooks, "10-absolute", good);
    g_autofree char *relative = add_link(hooks, "20-relative", "../closed/./tool");
    g_autofree char *to_bad = add_link(hooks, "30-bad", "../open/tool");
    g_autofree char *by_way_of_bad = add_link(open, "way", closed);
    g_autofree char *around = add_link(hooks, "40-around", "../open/way/tool");
    g_autofree char *folder_link = add_link(*state, "link", "hooks");
    g_autofree char *through = g_build_filename(folder_link, "20-relative", NULL);

    assert_trusted(absolute);
    assert_trusted(relative);
    assert_trusted(through);
    assert_distrusted(bad, open);
    assert_distrusted(to_bad, open);
    assert_distrusted(by_way_of_bad, open);
    assert_distrusted(around, open);
}

static void
a_missing_program_or_a_loop_of_links_is_left_to_the_start(void **state)
{
    g_autofree char *missing = g_build_filename(*state, "missing", NULL);
    g_autofree char *one = add_link(*state, "one", "two");
    g_autofree char *two = add_link(*state, "two", "one");

    assert_trusted(missing);
    assert_trusted(one);
    assert_trusted(two);
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_program_that_only_root_can_change_is_trusted),
        FIXTURE_TEST(a_file_that_a_group_or_everybody_can_write_is_not),
        FIXTURE_TEST(a_file_of_somebody_else_is_not),
        FIXTURE_TEST(a_folder_above_counts),
        FIXTURE_TEST(in_a_sticky_folder_of_root_what_is_roots_is_trusted),
        FIXTURE_TEST(a_sticky_folder_of_somebody_else_is_not),
        FIXTURE_TEST(a_sticky_folder_itself_is_not),
        FIXTURE_TEST(a_missing_program_that_others_could_create_is_not_trusted),
        FIXTURE_TEST(the_interpreter_of_a_script_counts),
        FIXTURE_TEST(the_target_of_a_link_and_all_folders_on_its_path_are_checked),
        FIXTURE_TEST(a_missing_program_or_a_loop_of_links_is_left_to_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
