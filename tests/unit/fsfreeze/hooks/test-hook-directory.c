/* SPDX-License-Identifier: MIT */
#include <sys/stat.h>
#include <unistd.h>

#include "hook-directory.h"
#include "test-support.h"

static int
set_up(void **state)
{
    *state = test_make_dir();
    return 0;
}

static int
tear_down(void **state)
{
    test_remove_dir(*state);
    return 0;
}

static void
add(const char *dir, const char *name, mode_t mode)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    assert_true(g_file_set_contents(path, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(path, mode), 0);
}

/* "name verdict[ hold][ required]|..." in order. */
static char *
describe(const FrostHookSource *source)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = frost_hook_list(source, &error);
    GString *text = g_string_new(NULL);

    assert_no_error(error);
    for (guint i = 0; i < items->len; i++) {
        const FrostHookItem *item = g_ptr_array_index(items, i);

        g_string_append_printf(text, "%s %s%s%s|", item->name,
                               frost_hook_verdict_name(item->verdict), item->is_hold ? " hold" : "",
                               item->is_required ? " required" : "");
        assert_int_equal(item->reason != NULL, item->verdict != FROST_HOOK_RUNS);
    }
    return g_string_free(text, FALSE);
}

static void
assert_list(const FrostHookSource *source, const char *expected)
{
    g_autofree char *got = describe(source);

    assert_string_equal(got, expected);
}

static void
names_are_in_the_order_of_their_bytes(void **state)
{
    static const char *const NAMES[] = {"b", "B", "_x", "10-a", "9-z", "100", "\303\244"};
    const FrostHookSource source = {.source = *state};

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
        add(*state, NAMES[i], 0755);
    assert_list(&source, "10-a runs|100 runs|9-z runs|B runs|_x runs|b runs|\303\244 runs|");
}

static void
names_that_no_dispatcher_runs_are_ignored(void **state)
{
    static const char *const NAMES[] = {"a~",         "a.bak",     "a.orig",   "a.rpmnew",
                                        "a.rpmorig",  "a.rpmsave", "a.sample", "a.dpkg-dist",
                                        "a.dpkg-new", ".a",        "a\n",      "a.hold~"};
    const FrostHookSource source = {.source = *state};

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
        add(*state, NAMES[i], 0755);
    add(*state, "plain", 0644);
    g_autofree char *folder = g_build_filename(*state, "folder", NULL);
    g_autofree char *dangling = g_build_filename(*state, "dangling", NULL);
    assert_int_equal(mkdir(folder, 0755), 0);
    assert_int_equal(symlink("/no/such", dangling), 0);

    g_autoptr(GPtrArray) items = frost_hook_list(&source, NULL);
    assert_int_equal(items->len, G_N_ELEMENTS(NAMES) + 3);
    for (guint i = 0; i < items->len; i++) {
        const FrostHookItem *item = g_ptr_array_index(items, i);

        assert_int_equal(item->verdict, FROST_HOOK_IGNORED);
    }
}

static void
a_name_that_only_resembles_a_leftover_runs(void **state)
{
    static const char *const NAMES[] = {"a.sh", "bak", "orig.a", "sample.sh", "dpkg-a"};
    const FrostHookSource source = {.source = *state};

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
        add(*state, NAMES[i], 0755);
    assert_list(&source, "a.sh runs|bak runs|dpkg-a runs|orig.a runs|sample.sh runs|");
}

static void
a_holder_is_known_by_the_end_of_its_name(void **state)
{
    const FrostHookSource source = {.source = *state};

    add(*state, "10-a.hold", 0755);
    add(*state, "20-hold", 0755);
    add(*state, "30-a.hold.sh", 0755);
    assert_list(&source, "10-a.hold runs hold|20-hold runs|30-a.hold.sh runs|");
}

static void
a_required_one_that_would_not_run_is_refused(void **state)
{
    static const char *const REQUIRED[] = {"10-a", "20-b", "30-c", "40-d~", NULL};
    const FrostHookSource source = {.source = *state, .required = REQUIRED};

    add(*state, "10-a", 0755);
    add(*state, "20-b", 0644);
    add(*state, "25-x", 0644);
    add(*state, "40-d~", 0755);
    assert_list(&source, "10-a runs required|20-b refused required|25-x ignored|"
                         "30-c refused required|40-d~ refused required|");
}

static void
with_abort_every_one_is_required(void **state)
{
    const FrostHookSource source = {.source = *state, .abort = true};

    add(*state, "10-a", 0755);
    assert_list(&source, "10-a runs required|");
}

static void
a_hook_that_is_not_trusted_is_refused(void **state)
{
    const FrostHookSource source = {.source = *state, .trust = true};

    add(*state, "10-a", 0757);
    assert_list(&source, "10-a refused|");
}

static void
a_folder_that_others_can_add_to_has_no_hook_that_is_trusted(void **state)
{
    const FrostHookSource source = {.source = *state, .trust = true};
    const FrostHookSource careless = {.source = *state};

    add(*state, "10-a", 0755);
    add(*state, "20-b~", 0755);
    assert_int_equal(chmod(*state, 01777), 0);
    assert_list(&source, "10-a refused|20-b~ ignored|");
    assert_list(&careless, "10-a runs|20-b~ ignored|");
}

static void
a_single_program_is_required_and_never_a_hold_hook(void **state)
{
    g_autofree char *path = g_build_filename(*state, "hook.hold", NULL);
    const FrostHookSource source = {.source = path};
    const FrostHookSource missing = {.source = "/no/such/hook", .trust = true};
    const FrostHookSource in_path = {.source = "hook", .trust = true};
    const FrostHookSource none = {.source = NULL};

    add(*state, "hook.hold", 0755);
    assert_list(&source, " runs required|");
    assert_list(&missing, " runs required|");
    assert_list(&in_path, " runs required|");
    assert_list(&none, "");
}

static void
the_null_device_is_no_hook_by_any_name(void **state)
{
    static const char *const NAMES[] = {"/dev/null", "/dev//null", "/dev/../dev/null"};
    g_autofree char *link = g_build_filename(*state, "hook", NULL);
    const FrostHookSource by_link = {.source = link};
    const FrostHookSource trusted = {.source = link, .trust = true};
    const FrostHookSource zero = {.source = "/dev/zero"};

    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        const FrostHookSource off = {.source = NAMES[i], .trust = true, .abort = true};

        assert_list(&off, "");
    }
    assert_int_equal(symlink("/dev/null", link), 0);
    assert_list(&by_link, "");
    assert_list(&trusted, "");
    assert_int_equal(chmod(*state, 0777), 0); /* others could have made it */
    assert_list(&trusted, " refused required|");
    assert_list(&zero, " runs required|");
}

static void
a_hook_of_the_folder_is_switched_off_by_the_null_device_unless_it_is_required(void **state)
{
    static const char *const REQUIRED[] = {"20-b", NULL};
    const FrostHookSource source = {.source = *state, .required = REQUIRED};
    g_autofree char *off = g_build_filename(*state, "10-a", NULL);
    g_autofree char *required = g_build_filename(*state, "20-b", NULL);

    assert_int_equal(symlink("/dev/null", off), 0);
    assert_int_equal(symlink("/dev/null", required), 0);
    assert_list(&source, "10-a ignored|20-b refused required|");
}

int
main(void)
{
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(names_are_in_the_order_of_their_bytes),
        FIXTURE_TEST(names_that_no_dispatcher_runs_are_ignored),
        FIXTURE_TEST(a_name_that_only_resembles_a_leftover_runs),
        FIXTURE_TEST(a_holder_is_known_by_the_end_of_its_name),
        FIXTURE_TEST(a_required_one_that_would_not_run_is_refused),
        FIXTURE_TEST(with_abort_every_one_is_required),
        FIXTURE_TEST(a_hook_that_is_not_trusted_is_refused),
        FIXTURE_TEST(a_folder_that_others_can_add_to_has_no_hook_that_is_trusted),
        FIXTURE_TEST(a_single_program_is_required_and_never_a_hold_hook),
        FIXTURE_TEST(the_null_device_is_no_hook_by_any_name),
        FIXTURE_TEST(a_hook_of_the_folder_is_switched_off_by_the_null_device_unless_it_is_required),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
