/* SPDX-License-Identifier: MIT */
#include "path-walk.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

/* How a walk over @path ends, each link followed: where it stands, and why no further. */
static char *
walked(const char *path)
{
    g_autoptr(FrostPathWalk) walk = frost_path_walk_new(path);
    int r = 0;

    for (char *name; r == 0 && (name = frost_path_walk_next(walk)); g_free(name)) {
        struct stat st;

        r = frost_path_walk_enter(walk, name, &st);
        if (r == 0 && S_ISLNK(st.st_mode) && !frost_path_walk_follow(walk))
            r = -ELOOP;
    }
    return g_strdup_printf("%s%s%s", frost_path_walk_here(walk), r < 0 ? ": " : "",
                           r < 0 ? g_strerror(-r) : "");
}

static void
assert_walked(const char *path, const char *expected)
{
    g_autofree char *end = walked(path);

    assert_string_equal(end, expected);
}

static int
in_a_folder(void **state)
{
    *state = test_make_dir();
    assert_int_equal(chdir(*state), 0);
    assert_int_equal(mkdir("a", 0700), 0);
    assert_int_equal(mkdir("a/b", 0700), 0);
    assert_int_equal(symlink("b", "a/relative"), 0);
    assert_int_equal(symlink("../missing", "a/dangling"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    g_autofree char *target = g_strconcat(*state, "/a//./relative/", NULL);
    assert_int_equal(symlink(target, "absolute"), 0);
    return 0;
}

static int
folder_removed(void **state)
{
    assert_int_equal(chdir("/"), 0);
    test_remove_dir(*state);
    return 0;
}

static void
assert_walked_below(void **state, const char *path, const char *expected)
{
    g_autofree char *from = g_strconcat(*state, path, NULL);
    g_autofree char *to = g_strconcat(*state, expected, NULL);

    assert_walked(from, to);
}

static void
a_path_without_links_ends_where_it_says(void **state)
{
    assert_walked("/", "/");
    assert_walked("", "/");
    assert_walked("/..", "/");
    assert_walked("//proc/./sys//", "/proc/sys");
    assert_walked_below(state, "/a/b/../b", "/a/b");
}

static void
links_are_followed_from_where_they_lie(void **state)
{
    assert_walked_below(state, "/a/relative", "/a/b");
    assert_walked_below(state, "/absolute", "/a/b");
    assert_walked_below(state, "/absolute/..", "/a");
}

static void
two_points_behind_a_link_lead_above_its_target(void **state)
{
    assert_walked_below(state, "/absolute/../b", "/a/b");
}

static void
a_walk_ends_at_what_is_missing(void **state)
{
    assert_walked_below(state, "/a/x/y", "/a/x: No such file or directory");
    assert_walked_below(state, "/a/dangling/y", "/missing: No such file or directory");
}

static void
links_that_lead_round_are_given_up(void **state)
{
    assert_walked_below(state, "/loop/x", "/loop: Too many levels of symbolic links");
}

static void
the_kernel_ends_where_the_walk_ends(void **state)
{
    static const char *const paths[] = {"/a/b", "/absolute/../relative/.", "/a/relative/../../a"};

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *path = g_strconcat(*state, paths[i], NULL);
        g_autofree char *end = walked(path);
        struct stat by_kernel;
        struct stat by_walk;

        assert_int_equal(stat(path, &by_kernel), 0);
        assert_int_equal(lstat(end, &by_walk), 0);
        assert_int_equal(by_kernel.st_ino, by_walk.st_ino);
    }
}

static void
a_walk_knows_whether_names_follow(void **state)
{
    g_autoptr(FrostPathWalk) walk = frost_path_walk_new("/a/..");

    assert_true(frost_path_walk_has_more(walk));
    g_autofree char *name = frost_path_walk_next(walk);
    assert_string_equal(name, "a");
    assert_true(frost_path_walk_has_more(walk));
    assert_null(frost_path_walk_next(walk));
    assert_false(frost_path_walk_has_more(walk));
}

static void
a_point_and_a_slash_lead_nowhere(void **state)
{
    static const struct {
        const char *path;
        bool goes_on;
    } rows[] = {{"", false},    {"/", false},   {"/././/", false},
                {"./..", true}, {"/./a", true}, {"/.a", true}};

    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(FrostPathWalk) walk = frost_path_walk_new(rows[i].path);

        assert_int_equal(frost_path_walk_goes_on(walk), rows[i].goes_on);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_without_links_ends_where_it_says),
        cmocka_unit_test(links_are_followed_from_where_they_lie),
        cmocka_unit_test(two_points_behind_a_link_lead_above_its_target),
        cmocka_unit_test(a_walk_ends_at_what_is_missing),
        cmocka_unit_test(links_that_lead_round_are_given_up),
        cmocka_unit_test(the_kernel_ends_where_the_walk_ends),
        cmocka_unit_test(a_walk_knows_whether_names_follow),
        cmocka_unit_test(a_point_and_a_slash_lead_nowhere),
    };

    return cmocka_run_group_tests(tests, in_a_folder, folder_removed);
}
