/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capabilities.h"
#include "rights.h"
#include "test-support.h"

#define ONE(name) FROST_CAPABILITY(CAP_##name)

static void
what_is_set_adds_what_it_needs(void **state)
{
    const FrostRightsNeeds few = {.commands = ONE(SYS_ADMIN), .statedir = "/no/such"};
    const FrostRightsNeeds wide = {.commands = ONE(SYS_ADMIN),
                                   .sees_namespaces = true,
                                   .reads_kernel_log = true,
                                   .statedir = "/no/such"};

    assert_int_equal(frost_rights_needed(&few), ONE(SYS_ADMIN));
    assert_int_equal(frost_rights_needed(&wide),
                     ONE(SYS_ADMIN) | ONE(SYS_PTRACE) | ONE(SYS_CHROOT) | ONE(SYSLOG));
}

static void
what_may_need_any_right_keeps_all(void **state)
{
    const FrostRightsNeeds needs = {
        .commands = ONE(SYS_ADMIN), .unlimited = "exec", .statedir = "/no/such"};

    assert_int_equal(frost_rights_needed(&needs), ~UINT64_C(0));
    assert_true(frost_rights_limit(&needs, ~UINT64_C(0), NULL));
}

static void
a_state_directory_of_another_user_is_written_with_a_right(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("frost-rights-XXXXXX", NULL);
    const FrostRightsNeeds needs = {.commands = ONE(SYS_ADMIN), .statedir = folder};

    assert_int_equal(frost_rights_needed(&needs), ONE(SYS_ADMIN));
    if (chown(folder, 12345, 12345) == 0)
        assert_int_equal(frost_rights_needed(&needs), ONE(SYS_ADMIN) | ONE(DAC_OVERRIDE));
    assert_int_equal(rmdir(folder), 0);
}

static void
rights_have_their_names(void **state)
{
    g_autofree char *two = frost_rights_describe(ONE(SYS_ADMIN) | ONE(SYSLOG));
    g_autofree char *all = frost_rights_describe(~UINT64_C(0));
    g_autofree char *none = frost_rights_describe(0);

    assert_string_equal(two, "SYS_ADMIN, SYSLOG");
    assert_string_equal(all, "all");
    assert_string_equal(none, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_set_adds_what_it_needs),
        cmocka_unit_test(what_may_need_any_right_keeps_all),
        cmocka_unit_test(a_state_directory_of_another_user_is_written_with_a_right),
        cmocka_unit_test(rights_have_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
