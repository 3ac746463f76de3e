/* SPDX-License-Identifier: MIT */
#include "account-lines.h"
#include "test-support.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
                             "short:x:1:1:/home\n"
                             "+::::::\n"
                             "minus:x:-1:5:m:/home/m:/bin/sh\n"
                             "anna:x:1000:1000:Anna,,,:/home/anna:/bin/bash\n"
                             "anna:x:2000:2000:second:/nowhere:/bin/bash\n"
                             "last:x:4294967294:4294967294::/:"; /* without a line end */

static const char group[] = "root:x:0:\n"
                            "anna:x:1000:\n"
                            "wheel:x:10:root,anna\n"
                            "annas:x:11:annas,hanna\n"
                            "broken:x:ten:anna\n"
                            "wheel2:x:10:anna\n"
                            "disk:x:6:anna";

static void
a_user_is_the_first_line_of_his_name(void **state)
{
    g_autoptr(FrostAccount) anna = frost_account_of_passwd(passwd, "anna");

    assert_non_null(anna);
    assert_int_equal(anna->uid, 1000);
    assert_int_equal(anna->gid, 1000);
    assert_string_equal(anna->name, "anna");
    assert_string_equal(anna->home, "/home/anna");
}

static void
the_last_line_needs_no_end(void **state)
{
    g_autoptr(FrostAccount) last = frost_account_of_passwd(passwd, "last");

    assert_non_null(last);
    assert_true(last->uid == 4294967294u);
}

static void
a_line_that_is_no_user_is_not_found(void **state)
{
    static const char *const names[] = {"ann", "annaa", "", "short", "minus", "+", "anna:x"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        assert_null(frost_account_of_passwd(passwd, names[i]));
    assert_null(frost_account_of_passwd("", "anna"));
}

static void
groups_are_his_own_and_those_that_name_him_each_once(void **state)
{
    static const gid_t expected[] = {1000, 10, 6};
    const FrostAccount anna = {.uid = 1000, .gid = 1000, .name = (char *)"anna"};
    g_autoptr(GArray) groups = frost_groups_of_group(group, &anna);

    assert_int_equal(groups->len, G_N_ELEMENTS(expected));
    assert_memory_equal(groups->data, expected, sizeof expected);
}

static void
without_a_table_he_is_in_his_own_group(void **state)
{
    const FrostAccount anna = {.uid = 1000, .gid = 7, .name = (char *)"anna"};
    g_autoptr(GArray) groups = frost_groups_of_group("", &anna);

    assert_int_equal(groups->len, 1);
    assert_int_equal(g_array_index(groups, gid_t, 0), 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_the_first_line_of_his_name),
        cmocka_unit_test(the_last_line_needs_no_end),
        cmocka_unit_test(a_line_that_is_no_user_is_not_found),
        cmocka_unit_test(groups_are_his_own_and_those_that_name_him_each_once),
        cmocka_unit_test(without_a_table_he_is_in_his_own_group),
    };

    return cmocka_run_group_tests_name("account-lines", tests, NULL, NULL);
}
