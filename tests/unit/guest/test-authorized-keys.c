/* SPDX-License-Identifier: MIT */

/*
 * test-authorized-keys.c - as ourselves, in a home of the test's; as somebody else: suite wire
 */

#include "authorized-keys.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made-up-sysfs.h"
#include "test-support.h"

#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FILE_PATH "/.ssh/authorized_keys"

static int
setup(void **state)
{
    FrostAccount *self = g_new0(FrostAccount, 1);

    *self = (FrostAccount){
        .uid = geteuid(), .gid = getegid(), .name = g_strdup("me"), .home = tree_new()};
    *state = self;
    return 0;
}

static int
teardown(void **state)
{
    FrostAccount *self = *state;

    test_remove_dir(g_steal_pointer(&self->home));
    frost_account_free(self);
    return 0;
}

static void
assert_listed(const FrostAccount *account, const char *joined)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) keys = frost_keys_read(account, &error);

    assert_no_error(error);
    g_autofree char *all = g_strjoinv("|", keys);
    assert_string_equal(all, joined);
}

static void
without_a_file_there_are_no_keys(void **state)
{
    const FrostAccount *account = *state;

    assert_listed(account, "");
    tree_folder(account->home, "/.ssh");
    assert_listed(account, "");
}

static void
the_first_key_makes_a_folder_and_a_file_for_the_user_alone(void **state)
{
    const FrostAccount *account = *state;
    g_autofree char *folder = g_strconcat(account->home, "/.ssh", NULL);
    g_autofree char *file = g_strconcat(account->home, FILE_PATH, NULL);
    struct stat st;

    assert_true(frost_keys_add(account, KEYS("a 1", "b 2"), false, NULL));
    assert_listed(account, "a 1|b 2");
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void
keys_are_added_removed_and_replaced(void **state)
{
    const FrostAccount *account = *state;

    tree_file(account->home, FILE_PATH, "# mine\na 1\n");
    assert_true(frost_keys_add(account, KEYS("b 2"), false, NULL));
    assert_true(frost_keys_remove(account, KEYS("a 1", "x 9"), NULL));
    g_autofree char *text = tree_text(account->home, FILE_PATH);
    assert_string_equal(text, "# mine\nb 2\n");
    assert_true(frost_keys_add(account, KEYS("c 3"), true, NULL));
    assert_listed(account, "c 3");
    assert_true(frost_keys_add(account, KEYS(NULL), true, NULL));
    assert_listed(account, "");
}

static void
nothing_is_written_where_nothing_changes(void **state)
{
    const FrostAccount *account = *state;
    g_autofree char *file = g_strconcat(account->home, FILE_PATH, NULL);
    struct stat before;
    struct stat after;

    assert_true(frost_keys_remove(account, KEYS("a 1"), NULL));
    assert_int_equal(access(file, F_OK), -1);
    tree_file(account->home, FILE_PATH, "a 1");
    assert_int_equal(stat(file, &before), 0);
    assert_true(frost_keys_add(account, KEYS("a 1"), false, NULL));
    assert_int_equal(stat(file, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void
a_key_that_is_not_one_line_is_refused_before_anything_is_done(void **state)
{
    const FrostAccount *account = *state;
    g_autoptr(GError) error = NULL;

    assert_false(frost_keys_add(account, KEYS("a 1", "b\nc"), false, &error));
    assert_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_KEY,
                 "invalid OpenSSH public key: 'b\nc'");
    g_clear_error(&error);
    assert_false(frost_keys_remove(account, KEYS("# x"), &error));
    assert_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_KEY, "'# x'");
    assert_listed(account, "");
}

static void
a_fifo_a_folder_or_a_device_in_its_place_is_refused_and_not_waited_for(void **state)
{
    const FrostAccount *account = *state;
    g_autofree char *file = g_strconcat(account->home, FILE_PATH, NULL);
    g_autoptr(GError) error = NULL;

    tree_folder(account->home, "/.ssh");
    assert_int_equal(mkfifo(file, 0600), 0);
    assert_null(frost_keys_read(account, &error));
    assert_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_FILE, "failed to read '");
    g_clear_error(&error);
    assert_int_equal(g_unlink(file), 0);
    assert_int_equal(symlink("/dev/zero", file), 0);
    assert_null(frost_keys_read(account, &error));
    assert_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_FILE, "failed to read '");
    g_clear_error(&error);
    assert_int_equal(g_unlink(file), 0);
    tree_folder(account->home, FILE_PATH);
    assert_false(frost_keys_add(account, KEYS("a 1"), false, &error));
    assert_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_FILE, "failed to read '");
}

static void
a_file_that_is_too_large_is_refused(void **state)
{
    const FrostAccount *account = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strnfill(FROST_KEYS_FILE_MAX + 1, 'a');

    tree_file(account->home, FILE_PATH, text);
    assert_null(frost_keys_read(account, &error));
    assert_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_FILE, "failed to read '");
    g_clear_error(&error);
    assert_false(frost_keys_add(account, KEYS(text), true, &error));
    assert_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_TOO_BIG, "bytes of keys");
}

static void
a_home_that_is_not_there_is_an_error_of_adding_only(void **state)
{
    FrostAccount account = {.uid = geteuid(),
                            .gid = getegid(),
                            .name = (char *)"me",
                            .home = (char *)"/nonexistent/me"};
    g_autoptr(GError) error = NULL;

    assert_listed(&account, "");
    assert_false(frost_keys_add(&account, KEYS("a 1"), false, &error));
    assert_error(error, FROST_KEYS_ERROR, FROST_KEYS_ERROR_FILE,
                 "failed to create directory '/nonexistent/me/.ssh': No such file or directory");
}

static void
an_unknown_user_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_null(frost_account_new("no-such-user-here", &error));
    assert_error(error, FROST_ACCOUNT_ERROR, FROST_ACCOUNT_ERROR_UNKNOWN,
                 "failed to lookup user 'no-such-user-here': ");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(without_a_file_there_are_no_keys),
        CASE(the_first_key_makes_a_folder_and_a_file_for_the_user_alone),
        CASE(keys_are_added_removed_and_replaced),
        CASE(nothing_is_written_where_nothing_changes),
        CASE(a_key_that_is_not_one_line_is_refused_before_anything_is_done),
        CASE(a_fifo_a_folder_or_a_device_in_its_place_is_refused_and_not_waited_for),
        CASE(a_file_that_is_too_large_is_refused),
        CASE(a_home_that_is_not_there_is_an_error_of_adding_only),
        CASE(an_unknown_user_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
