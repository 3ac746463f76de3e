/* SPDX-License-Identifier: MIT */
#include "device-folder.h"

#include <stdlib.h>

#include "test-support.h"

/* Returns how many links there are. */
static unsigned
compare_with_realpath(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    unsigned count = 0;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *link = g_build_filename(folder, name, NULL);
        g_autofree char *found = frost_device_folder(link);
        char *real = realpath(link, NULL);

        if (real) { /* a device may go at any time */
            assert_non_null(found);
            assert_string_equal(found, real);
            count++;
        }
        free(real);
    }
    return count;
}

static void
every_device_of_this_machine_is_found_as_by_realpath(void **state)
{
    unsigned by_number = compare_with_realpath("/sys/dev/block");

    assert_int_equal(compare_with_realpath("/sys/class/block") > 0, by_number > 0);
    assert_int_equal(compare_with_realpath("/sys/block") > 0, by_number > 0);
}

static void
what_is_no_link_of_a_device_is_left_to_realpath(void **state)
{
    static const char *const paths[] = {"/sys/dev/block/999:999",
                                        "/sys/class/block/no/slaves",
                                        "/sys/dev/block/",
                                        "/sys/class",
                                        "/dev/null",
                                        "relative"};

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        assert_null(frost_device_folder(paths[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_device_of_this_machine_is_found_as_by_realpath),
        cmocka_unit_test(what_is_no_link_of_a_device_is_left_to_realpath),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
