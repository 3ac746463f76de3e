/* SPDX-License-Identifier: MIT */

#include "hotplug.h"

#include <errno.h>

#include "made-up-sysfs.h"
#include "test-support.h"

#define CPU "/sys/devices/system/cpu/"
#define MEMORY "/sys/devices/system/memory/"

/* "0+! 1- 2+": number, online or not, and whether it is fixed. */
static char *
render(const GArray *units)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < units->len; i++) {
        const FrostUnit *unit = &g_array_index(units, FrostUnit, i);

        g_string_append_printf(text, "%s%d%s%s", i > 0 ? " " : "", (int)unit->number,
                               unit->online ? "+" : "-", unit->can_offline ? "" : "!");
    }
    return g_string_free(text, FALSE);
}

static void
some_processors(const char *root)
{
    tree_folder(root, CPU "cpu0");
    tree_file(root, CPU "cpu1/online", "1\n");
    tree_file(root, CPU "cpu10/online", "0\n");
    tree_file(root, CPU "cpu2/online", "0\n");
    tree_folder(root, CPU "cpufreq");
    tree_file(root, CPU "online", "0-1\n");
}

static void
processors_come_by_number_and_the_fixed_one_is_online(void **state)
{
    g_autoptr(GError) error = NULL;

    some_processors(*state);
    g_autoptr(GArray) units = frost_processors_read(*state, &error);
    assert_no_error(error);
    g_autofree char *text = render(units);
    assert_string_equal(text, "0+! 1+ 2- 10-");
}

static void
no_sysfs_is_an_error_for_processors(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_null(frost_processors_read(*state, &error));
    assert_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_READ,
                 "open(\"/sys/devices/system/cpu/\"): No such file or directory");
}

static void
a_processor_is_switched_by_its_file(void **state)
{
    g_autoptr(GError) error = NULL;

    some_processors(*state);
    assert_true(frost_processor_switch(*state, &(FrostUnit){.number = 1, .online = false}, &error));
    assert_true(frost_processor_switch(*state, &(FrostUnit){.number = 2, .online = true}, &error));
    g_autofree char *one = tree_text(*state, CPU "cpu1/online");
    g_autofree char *two = tree_text(*state, CPU "cpu2/online");
    assert_int_equal(one[0], '0');
    assert_int_equal(two[0], '1');
}

static void
the_fixed_processor_can_stay_on_but_not_go_off(void **state)
{
    g_autoptr(GError) error = NULL;

    some_processors(*state);
    assert_true(frost_processor_switch(*state, &(FrostUnit){.number = 0, .online = true}, &error));
    assert_false(frost_processor_switch(*state, &(FrostUnit){.number = 0}, &error));
    assert_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_FIXED,
                 "logical processor #0 can't be offlined");
}

static void
a_processor_that_is_not_there_is_named(void **state)
{
    g_autoptr(GError) error = NULL;

    some_processors(*state);
    assert_false(
        frost_processor_switch(*state, &(FrostUnit){.number = 77, .online = true}, &error));
    assert_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_NOT_FOUND,
                 "open(\"/sys/devices/system/cpu/cpu77/\"): No such file or directory");
    g_clear_error(&error);
    assert_false(frost_processor_switch(*state, &(FrostUnit){.number = -1}, &error));
    assert_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_NOT_FOUND, "cpu-1");
}

static void
without_memory_hotplug_there_are_no_blocks(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) units = frost_memory_blocks_read(*state, &error);

    assert_no_error(error);
    assert_int_equal(units->len, 0);
}

static void
a_memory_folder_without_blocks_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;

    tree_file(*state, MEMORY "block_size_bytes", "8000000\n");
    assert_null(frost_memory_blocks_read(*state, &error));
    assert_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_NONE,
                 "guest reported zero memory blocks!");
}

static void
the_size_of_a_block_is_hexadecimal(void **state)
{
    g_autoptr(GError) error = NULL;
    uint64_t bytes = 0;

    assert_false(frost_memory_block_size(*state, &bytes, &error));
    assert_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_READ,
                 "open(\"/sys/devices/system/memory/\")");
    tree_file(*state, MEMORY "block_size_bytes", "8000000\n");
    assert_true(frost_memory_block_size(*state, &bytes, NULL));
    assert_int_equal(bytes, 134217728);
}

static void
each_memory_block_has_a_result_of_its_own(void **state)
{
    int why;

    tree_file(*state, MEMORY "memory3/online", "1\n");
    tree_folder(*state, MEMORY "memory4");
    tree_file(*state, MEMORY "memory5/online", "rubbish\n");
    assert_int_equal(
        frost_memory_block_switch(*state, &(FrostUnit){.number = 3, .online = false}, &why),
        FROST_SWITCHED);
    assert_int_equal(why, 0);
    assert_int_equal(frost_memory_block_switch(*state, &(FrostUnit){.number = 4}, &why),
                     FROST_SWITCH_UNSUPPORTED);
    assert_int_equal(frost_memory_block_switch(*state, &(FrostUnit){.number = 5}, &why),
                     FROST_SWITCH_FAILED);
    assert_int_equal(why, EINVAL);
    assert_int_equal(frost_memory_block_switch(*state, &(FrostUnit){.number = 6}, &why),
                     FROST_SWITCH_NOT_FOUND);
    g_autofree char *text = tree_text(*state, MEMORY "memory3/online");
    assert_int_equal(text[0], '0');
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(processors_come_by_number_and_the_fixed_one_is_online,
                                        tree_set_up, tree_tear_down),
        cmocka_unit_test_setup_teardown(no_sysfs_is_an_error_for_processors, tree_set_up,
                                        tree_tear_down),
        cmocka_unit_test_setup_teardown(a_processor_is_switched_by_its_file, tree_set_up,
                                        tree_tear_down),
        cmocka_unit_test_setup_teardown(the_fixed_processor_can_stay_on_but_not_go_off, tree_set_up,
                                        tree_tear_down),
        cmocka_unit_test_setup_teardown(a_processor_that_is_not_there_is_named, tree_set_up,
                                        tree_tear_down),
        cmocka_unit_test_setup_teardown(without_memory_hotplug_there_are_no_blocks, tree_set_up,
                                        tree_tear_down),
        cmocka_unit_test_setup_teardown(a_memory_folder_without_blocks_is_an_error, tree_set_up,
                                        tree_tear_down),
        cmocka_unit_test_setup_teardown(the_size_of_a_block_is_hexadecimal, tree_set_up,
                                        tree_tear_down),
        cmocka_unit_test_setup_teardown(each_memory_block_has_a_result_of_its_own, tree_set_up,
                                        tree_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
