/* SPDX-License-Identifier: MIT */

#include "users.h"

#include <string.h>
#include <utmpx.h>

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

/* "name=time name=time", and frees @file. */
static char *
describe(GByteArray *file)
{
    g_autoptr(GPtrArray) users = frost_users_parse((const char *)file->data, file->len);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < users->len; i++) {
        const FrostUser *user = g_ptr_array_index(users, i);

        g_string_append_printf(text, "%s%s=%g", i ? " " : "", user->name, user->login_time_s);
    }
    g_byte_array_unref(file);
    return g_string_free(text, FALSE);
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
reading_the_machine_s_own_file_never_fails(void **state)
{
    g_autoptr(GPtrArray) users = frost_users_read();

    assert_non_null(users);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_listed_once_with_the_earliest_time),
        cmocka_unit_test(other_records_are_no_users),
        cmocka_unit_test(a_name_may_fill_its_field),
        cmocka_unit_test(half_a_record_and_garbage_are_passed_over),
        cmocka_unit_test(reading_the_machine_s_own_file_never_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
