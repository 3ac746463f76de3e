/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "commands.h"
#include "families.h"
#include "schema.h"
#include "test-support.h"

static void
collect(const QgaCommand *command, bool enabled, void *user)
{
    g_ptr_array_add(user, (gpointer)command->name);
}

static GPtrArray *
names_of(QgaDispatch *dispatch)
{
    GPtrArray *names = g_ptr_array_new();

    qga_dispatch_foreach(dispatch, collect, names);
    return names;
}

static void
every_command_of_a_family_is_in_the_schema(void **state)
{
    for (size_t i = 0; frost_families[i]; i++) {
        for (size_t k = 0; k < frost_families[i]->count; k++) {
            const char *name = frost_families[i]->commands[k].name;

            if (!frost_schema[frost_schema_place(name)].name)
                fail_msg("%s is not in the schema", name);
        }
    }
}

static void
a_family_is_one_family_of_the_schema_and_has_all_of_it(void **state)
{
    for (size_t i = 0; frost_families[i]; i++) {
        const FrostFamily *family = frost_families[i];
        const char *its = frost_schema[frost_schema_place(family->commands[0].name)].family;
        size_t count = 0;

        for (size_t k = 0; frost_schema[k].name; k++)
            count += strcmp(frost_schema[k].family, its) == 0;
        if (count != family->count)
            fail_msg("family %s: %zu commands of %zu", its, family->count, count);
        for (size_t k = 0; k < family->count; k++) {
            size_t place = frost_schema_place(family->commands[k].name);

            assert_string_equal(frost_schema[place].family, its);
        }
    }
}

static void
commands_come_in_the_order_of_the_schema(void **state)
{
    g_autoptr(QgaDispatch) dispatch = qga_dispatch_new();
    FrostCommandContext context = {0};
    FrostCommands *commands = frost_commands_new(dispatch, &context);
    g_autoptr(GPtrArray) names = names_of(dispatch);

    frost_commands_free(commands);
    for (guint i = 1; i < names->len; i++) {
        size_t before = frost_schema_place(g_ptr_array_index(names, i - 1));

        if (before >= frost_schema_place(g_ptr_array_index(names, i)))
            fail_msg("%s comes too late", (char *)g_ptr_array_index(names, i));
    }
    assert_true(names->len >= 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_of_a_family_is_in_the_schema),
        cmocka_unit_test(a_family_is_one_family_of_the_schema_and_has_all_of_it),
        cmocka_unit_test(commands_come_in_the_order_of_the_schema),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
