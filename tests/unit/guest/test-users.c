/* SPDX-License-Identifier: MIT */

#include "users.h"

#include <string.h>
#include <sys/stat.h>
#include <utmpx.h>

#include "made-up-sysfs.h"
#include "test-support.h"

static void
add(GByteArray *file, short type, const char *name, int sec, int usec)
{
    struct utmpx record;

    memset(&record, 0, sizeof record);
    record.ut_type = type;
    memcpy(record.ut_user, name, MIN(strlen(name), sizeof record.ut_user));
    record.ut_tv.tv_sec = sec;
    record.ut_tv.tv_usec = usec;
    g_byte_array_append(file, (const guint8 *)&record, sizeof record);
}

/* "name=time name=time" */
static char *
list(const GPtrArray *users)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < users->len; i++) {
        const FrostUser *user = g_ptr_array_index(users, i);

        g_string_append_printf(text, "%s%s=%g", i ? " " : "", user->name, user->login_time_s);
    }
    return g_string_free(text, FALSE);
}

/* The same of a utmp, which is freed. */
static char *
describe(GByteArray *file)
{
    g_autoptr(GPtrArray) users = frost_users_parse((const char *)file->data, file->len);

    g_byte_array_unref(file);
    return list(users);
}

static void
put_utmp(const char *root, GByteArray *file)
{
    g_autofree char *path = g_strconcat(root, "/var/run/utmp", NULL);

    tree_folder(root, "/var/run");
    assert_true(g_file_set_contents(path, (const char *)file->data, (gssize)file->len, NULL));
    g_byte_array_unref(file);
}

static void
assert_users(const char *root, const char *expected)
{
    g_autoptr(GPtrArray) users = frost_users_read(root);
    g_autofree char *text = list(users);

    assert_string_equal(text, expected);
}

static void
a_user_is_listed_once_with_the_earliest_time(void **state)
{
    GByteArray *file = g_byte_array_new();

    add(file, USER_PROCESS, "root", 100, 500000);
    add(file, USER_PROCESS, "alice", 50, 0);
    add(file, USER_PROCESS, "root", 20, 250000);
    add(file, USER_PROCESS, "root", 200, 0);

    g_autofree char *text = describe(file);
    assert_string_equal(text, "root=20.25 alice=50");
}

static void
other_records_are_no_users(void **state)
{
    GByteArray *file = g_byte_array_new();

    add(file, BOOT_TIME, "reboot", 1, 0);
    add(file, DEAD_PROCESS, "gone", 2, 0);
    add(file, LOGIN_PROCESS, "LOGIN", 3, 0);
    add(file, USER_PROCESS, "", 4, 0);

    g_autofree char *text = describe(file);
    assert_string_equal(text, "");
}

static void
a_name_may_fill_its_field(void **state)
{
    GByteArray *file = g_byte_array_new();
    struct utmpx record;
    char name[sizeof record.ut_user + 1];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    add(file, USER_PROCESS, name, 1, 0);

    g_autofree char *text = describe(file);
    g_autofree char *expected = g_strconcat(name, "=1", NULL);
    assert_string_equal(text, expected);
}

static void
half_a_record_and_garbage_are_passed_over(void **state)
{
    GByteArray *file = g_byte_array_new();

    for (unsigned i = 0; i < 3 * sizeof(struct utmpx); i++) {
        guint8 byte = (guint8)(i * 37 + 200);

        g_byte_array_append(file, &byte, 1);
    }
    add(file, USER_PROCESS, "root", 7, 0);
    g_byte_array_append(file, (const guint8 *)"half", 4);

    g_autofree char *text = describe(file);
    assert_string_equal(text, "root=7");
}

static void
reading_the_machine_s_own_files_never_fails(void **state)
{
    g_autoptr(GPtrArray) users = frost_users_read("");

    assert_non_null(users);
}

static void
without_a_utmp_the_sessions_of_logind_tell(void **state)
{
    const char *root = *state;

    assert_users(root, "");
    tree_file(root, "/run/systemd/sessions/2",
              "UID=1000\nUSER=alice\nSTATE=active\nTYPE=tty\nCLASS=user\nTTY=pts/0\n"
              "REALTIME=50500000\n");
    tree_file(root, "/run/systemd/sessions/10",
              "USER=bob\nCLASS=user\nREMOTE=1\nREALTIME=7000000\n");
    tree_file(root, "/run/systemd/sessions/c1", "USER=x\nCLASS=manager\nREALTIME=7000000\n");
    assert_users(root, "alice=50.5 bob=7");
}

static void
a_user_in_utmp_and_in_logind_is_listed_once(void **state)
{
    const char *root = *state;
    GByteArray *file = g_byte_array_new();

    add(file, USER_PROCESS, "alice", 60, 0);
    add(file, USER_PROCESS, "carol", 70, 0);
    put_utmp(root, file);
    tree_file(root, "/run/systemd/sessions/1",
              "USER=alice\nCLASS=user\nTTY=tty1\nREALTIME=50000000\n");
    tree_file(root, "/run/systemd/sessions/3",
              "USER=alice\nCLASS=user\nTTY=tty2\nREALTIME=90000000\n");
    assert_users(root, "alice=50 carol=70");
}

static void
other_files_beside_the_sessions_are_not_opened(void **state)
{
    static const char *const NAMES[] = {"1.ref", "2", ".#3", "4"};
    const char *root = *state;

    tree_folder(root, "/run/systemd/sessions/5");
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        g_autofree char *path = g_strconcat(root, "/run/systemd/sessions/", NAMES[i], NULL);

        assert_int_equal(mkfifo(path, 0600), 0);
    }
    tree_file(root, "/elsewhere", "USER=x\nCLASS=user\nTTY=tty1\nREALTIME=1\n");
    tree_link(root, "/run/systemd/sessions/6", "../../../elsewhere");
    assert_users(root, "");
}

int
main(void)
{
#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_set_up, tree_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_listed_once_with_the_earliest_time),
        cmocka_unit_test(other_records_are_no_users),
        cmocka_unit_test(a_name_may_fill_its_field),
        cmocka_unit_test(half_a_record_and_garbage_are_passed_over),
        cmocka_unit_test(reading_the_machine_s_own_files_never_fails),
        TREE_TEST(without_a_utmp_the_sessions_of_logind_tell),
        TREE_TEST(a_user_in_utmp_and_in_logind_is_listed_once),
        TREE_TEST(other_files_beside_the_sessions_are_not_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
