/* SPDX-License-Identifier: MIT */

#include "cpu-stats.h"

#include "test-support.h"

/* "cpu:ms,ms,... " for each. */
static char *
describe(const char *text, long ticks_per_s)
{
    g_autoptr(GArray) all = frost_cpu_stats_parse(text, ticks_per_s);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < all->len; i++) {
        const FrostCpuStats *stats = &g_array_index(all, FrostCpuStats, i);

        g_string_append_printf(out, "%" G_GINT64_FORMAT ":", stats->cpu);
        for (unsigned k = 0; k < stats->count; k++)
            g_string_append_printf(out, "%" G_GUINT64_FORMAT ",", stats->ms[k]);
        g_string_append_c(out, ' ');
    }
    return g_string_free(out, FALSE);
}

static void
each_processor_has_its_times_in_milliseconds(void **state)
{
    g_autofree char *text = describe("cpu  9 9 9 9 9 9 9 9 9 9\n"
                                     "cpu0 1 2 3 4 5 6 7 8 9 10\n"
                                     "cpu12 100 0 0 0 0 0 0 0 0 0\n"
                                     "intr 1 2 3 4 5\n",
                                     100);

    assert_string_equal(text, "0:10,20,30,40,50,60,70,80,90,100, 12:1000,0,0,0,0,0,0,0,0,0, ");
}

static void
an_old_kernel_has_fewer_times(void **state)
{
    g_autofree char *four = describe("cpu0 1 2 3 4\n", 1000);
    g_autofree char *eight = describe("cpu0 1 2 3 4 5 6 7 8\n", 1000);

    assert_string_equal(four, "0:1,2,3,4, ");
    assert_string_equal(eight, "0:1,2,3,4,5,6,7,8, ");
}

static void
a_newer_kernel_s_further_times_are_passed_over(void **state)
{
    g_autofree char *text = describe("cpu0 1 2 3 4 5 6 7 8 9 10 11 12\n", 1000);

    assert_string_equal(text, "0:1,2,3,4,5,6,7,8,9,10, ");
}

static void
lines_that_are_not_about_a_cpu_are_ignored(void **state)
{
    g_autofree char *text = describe("cpu0 1 2 3\ncpu1 a b c d\ncpux 1 2 3 4\n\ncpu2\n", 100);

    assert_string_equal(text, "");
}

static void
large_numbers_do_not_overflow_on_the_way(void **state)
{
    g_autofree char *text = describe("cpu0 100000000000000000 1 2 3", 100);

    assert_string_equal(text, "0:1000000000000000000,10,20,30, ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_processor_has_its_times_in_milliseconds),
        cmocka_unit_test(an_old_kernel_has_fewer_times),
        cmocka_unit_test(a_newer_kernel_s_further_times_are_passed_over),
        cmocka_unit_test(lines_that_are_not_about_a_cpu_are_ignored),
        cmocka_unit_test(large_numbers_do_not_overflow_on_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
