/* SPDX-License-Identifier: MIT */
#include <linux/capability.h>

#include "capabilities.h"
#include "command-rights.h"
#include "commands.h"
#include "schema.h"
#include "test-support.h"

#define ONE(name) FROST_CAPABILITY(CAP_##name)

static FrostCommandRights
rights_with(const char *const *allow, const char *const *block)
{
    FrostCommandContext context = {0};
    g_autoptr(QgaDispatch) dispatch = qga_dispatch_new();
    g_autoptr(FrostCommands) commands G_GNUC_UNUSED = frost_commands_new(dispatch, &context);

    qga_dispatch_restrict(dispatch, allow, block);
    return frost_command_rights(dispatch);
}

static void
every_family_has_a_row(void **state)
{
    for (size_t i = 0; frost_schema[i].name; i++) {
        if (!frost_command_rights_know(frost_schema[i].family))
            fail_msg("%s has no row", frost_schema[i].family);
    }
    assert_false(frost_command_rights_know("no-family"));
}

static void
what_is_not_allowed_needs_nothing(void **state)
{
    const FrostCommandRights few = rights_with((const char *const[]){"guest-ping", NULL}, NULL);
    const FrostCommandRights time =
        rights_with((const char *const[]){"guest-ping", "guest-set-time", NULL}, NULL);

    assert_null(few.unlimited);
    assert_false(few.starts_programs);
    assert_true(few.capabilities & ONE(SYS_ADMIN));
    assert_false(few.capabilities & (ONE(SYS_TIME) | ONE(SYS_BOOT)));
    assert_null(time.unlimited);
    assert_true(time.starts_programs);
    assert_int_equal(time.capabilities, few.capabilities | ONE(SYS_TIME));
}

static void
one_command_for_programs_or_files_may_need_anything(void **state)
{
    const char *const allow[] = {"guest-ping", "guest-exec-status", NULL};
    const char *const block[] = {"guest-exec-status", NULL};

    assert_string_equal(rights_with(allow, NULL).unlimited, "exec");
    assert_null(rights_with(allow, block).unlimited);
    assert_non_null(rights_with(NULL, NULL).unlimited);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_has_a_row),
        cmocka_unit_test(what_is_not_allowed_needs_nothing),
        cmocka_unit_test(one_command_for_programs_or_files_may_need_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
