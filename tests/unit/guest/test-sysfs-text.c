/* SPDX-License-Identifier: MIT */

#include "sysfs-text.h"

#include <errno.h>

#include "made-up-sysfs.h"
#include "test-support.h"

static void
a_file_is_read_without_the_white_space_at_its_end(void **state)
{
    g_autofree char *text = NULL;

    tree_file(*state, "/sys/block/vda/size", "  2048 \n\n");
    assert_int_equal(frost_sysfs_read(*state, "/sys/block/vda/size", &text), 0);
    assert_string_equal(text, "  2048");
}

static void
a_missing_file_is_enoent(void **state)
{
    char *text = NULL;
    char **names = NULL;

    assert_int_equal(frost_sysfs_read(*state, "/sys/none", &text), -ENOENT);
    assert_int_equal(frost_sysfs_list(*state, "/sys/none", &names), -ENOENT);
    assert_int_equal(frost_sysfs_resolve(*state, "/sys/none", &text), -ENOENT);
    assert_int_equal(frost_sysfs_write(*state, "/sys/none", "1"), -ENOENT);
    assert_null(text);
    assert_null(names);
}

static void
a_file_without_end_is_refused(void **state)
{
    char *text = NULL;

    assert_int_equal(frost_sysfs_read("", "/dev/zero", &text), -EFBIG);
    assert_null(text);
}

static void
a_number_is_a_number_or_einval(void **state)
{
    uint64_t number = 7;

    tree_file(*state, "/n", "10\n");
    tree_file(*state, "/x", "10 apples\n");
    tree_file(*state, "/e", "");
    tree_file(*state, "/big", "99999999999999999999999\n");
    assert_int_equal(frost_sysfs_read_number(*state, "/x", 10, &number), -EINVAL);
    assert_int_equal(frost_sysfs_read_number(*state, "/e", 10, &number), -EINVAL);
    assert_int_equal(frost_sysfs_read_number(*state, "/big", 10, &number), -EINVAL);
    assert_int_equal(number, 7);
    assert_int_equal(frost_sysfs_read_number(*state, "/n", 16, &number), 0);
    assert_int_equal(number, 16);
}

static void
names_are_sorted_by_the_number_at_their_end(void **state)
{
    g_auto(GStrv) names = NULL;

    tree_folder(*state, "/d/cpu10");
    tree_folder(*state, "/d/cpu2");
    tree_folder(*state, "/d/cpufreq");
    tree_folder(*state, "/d/cpu0");
    tree_folder(*state, "/d/a7");
    assert_int_equal(frost_sysfs_list(*state, "/d", &names), 0);
    g_autofree char *all = g_strjoinv(" ", names);
    assert_string_equal(all, "a7 cpu0 cpu2 cpu10 cpufreq");
}

static void
a_link_leads_to_a_path_of_the_tree(void **state)
{
    g_autofree char *path = NULL;

    tree_folder(*state, "/sys/devices/pci0000:00/block/vda");
    tree_link(*state, "/sys/dev/block/254:0", "../../devices/pci0000:00/block/vda");
    assert_int_equal(frost_sysfs_resolve(*state, "/sys/dev/block/254:0", &path), 0);
    assert_string_equal(path, "/sys/devices/pci0000:00/block/vda");
}

static void
a_link_out_of_the_tree_is_exdev(void **state)
{
    char *path = NULL;

    tree_link(*state, "/out", "/");
    assert_int_equal(frost_sysfs_resolve(*state, "/out", &path), -EXDEV);
    assert_null(path);
}

static void
the_empty_root_is_the_real_one(void **state)
{
    g_autofree char *path = NULL;

    assert_int_equal(frost_sysfs_resolve("", "/proc/self/..", &path), 0);
    assert_string_equal(path, "/proc");
    assert_true(frost_sysfs_has("", "/proc/self"));
}

static void
a_number_after_a_name_is_nothing_but_digits(void **state)
{
    assert_int_equal(frost_sysfs_number_after("cpu", "cpu12"), 12);
    assert_int_equal(frost_sysfs_number_after("cpu", "cpu"), -1);
    assert_int_equal(frost_sysfs_number_after("cpu", "cpu1x"), -1);
    assert_int_equal(frost_sysfs_number_after("cpu", "cpu-1"), -1);
    assert_int_equal(frost_sysfs_number_after("cpu", "cpu99999999999999999999"), -1);
    assert_int_equal(frost_sysfs_number_after("cpu", "cpufreq"), -1);
    assert_int_equal(frost_sysfs_number_after("memory", "cpu1"), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_without_the_white_space_at_its_end),
        cmocka_unit_test(a_missing_file_is_enoent),
        cmocka_unit_test(a_file_without_end_is_refused),
        cmocka_unit_test(a_number_is_a_number_or_einval),
        cmocka_unit_test(names_are_sorted_by_the_number_at_their_end),
        cmocka_unit_test(a_link_leads_to_a_path_of_the_tree),
        cmocka_unit_test(a_link_out_of_the_tree_is_exdev),
        cmocka_unit_test(the_empty_root_is_the_real_one),
        cmocka_unit_test(a_number_after_a_name_is_nothing_but_digits),
    };
    return cmocka_run_group_tests(tests, tree_set_up, tree_tear_down);
}
