/* SPDX-License-Identifier: MIT */

#include "policy.h"
#include "test-support.h"

#define ITEMS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The names and, after a bar, what matched nothing. */
static char *
expand(const char *const *items)
{
    g_auto(GStrv) unmatched = NULL;
    g_auto(GStrv) names = frost_policy_expand(items, &unmatched);
    g_autofree char *left = g_strjoinv(" ", names);
    g_autofree char *right = g_strjoinv(" ", unmatched);

    return g_strdup_printf("%s|%s", left, right);
}

static void
a_name_is_itself(void **state)
{
    g_autofree char *got = expand(ITEMS("guest-exec", "guest-ping"));

    assert_string_equal(got, "guest-exec guest-ping|");
}

static void
a_family_is_all_its_commands(void **state)
{
    g_autofree char *got = expand(ITEMS("exec", "time"));

    assert_string_equal(got, "guest-exec-status guest-exec guest-get-time guest-set-time|");
}

static void
a_glob_is_for_names_with_or_without_guest(void **state)
{
    g_autofree char *with = expand(ITEMS("guest-s?nc"));
    g_autofree char *without = expand(ITEMS("ssh-*"));

    assert_string_equal(with, "guest-sync|");
    assert_string_equal(without, "guest-ssh-get-authorized-keys guest-ssh-add-authorized-keys "
                                 "guest-ssh-remove-authorized-keys|");
}

static void
a_star_is_everything(void **state)
{
    g_auto(GStrv) unmatched = NULL;
    g_auto(GStrv) names = frost_policy_expand(ITEMS("*"), &unmatched);

    assert_int_equal(g_strv_length(names), 44);
}

static void
blanks_around_an_item_do_not_count(void **state)
{
    g_autofree char *got = expand(ITEMS(" guest-exec ", "guest-ping"));

    assert_string_equal(got, "guest-exec guest-ping|");
}

static void
a_mistake_stays_in_the_list_and_is_told(void **state)
{
    g_autofree char *got = expand(ITEMS("guest-exce", "sh-*", "ping"));

    assert_string_equal(got, "guest-exce sh-* ping|guest-exce sh-* ping");
}

static void
no_items_are_no_names(void **state)
{
    g_autofree char *got = expand((const char *const[]){NULL});

    assert_string_equal(got, "|");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_itself),
        cmocka_unit_test(a_family_is_all_its_commands),
        cmocka_unit_test(a_glob_is_for_names_with_or_without_guest),
        cmocka_unit_test(a_star_is_everything),
        cmocka_unit_test(blanks_around_an_item_do_not_count),
        cmocka_unit_test(a_mistake_stays_in_the_list_and_is_told),
        cmocka_unit_test(no_items_are_no_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
