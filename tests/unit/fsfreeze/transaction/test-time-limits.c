/* SPDX-License-Identifier: MIT */

/*
 * How long a freeze may take where the kernel would panic over it, and what is said of that.
 */

#include "fake-sys.h"
#include "test-support.h"
#include "time-limits.h"

#define PANIC "/proc/sys/kernel/hung_task_panic"
#define TIMEOUT "/proc/sys/kernel/hung_task_timeout_secs"

static unsigned
window_s(const char *panic, const char *timeout)
{
    g_autoptr(FakeSys) fake = fake_sys_new();

    if (panic)
        fake_sys_set_file(fake, PANIC, panic);
    else
        fake_sys_fail_path(fake, PANIC, 2);
    if (timeout)
        fake_sys_set_file(fake, TIMEOUT, timeout);
    else
        fake_sys_fail_path(fake, TIMEOUT, 2);
    return frost_limits_window_s(fake_sys_get(fake));
}

static void
a_kernel_that_panics_over_a_hung_task_leaves_four_fifths_of_its_time(void **state)
{
    assert_int_equal(window_s("1\n", "120\n"), 96);
    assert_int_equal(window_s("3\n", "10\n"), 8);
}

static void
the_shortest_window_is_a_second(void **state)
{
    assert_int_equal(window_s("1\n", "1\n"), 1);
}

static void
a_kernel_that_does_not_panic_sets_no_window(void **state)
{
    assert_int_equal(window_s("0\n", "120\n"), 0);
    assert_int_equal(window_s("1\n", "0\n"), 0);
    assert_int_equal(window_s(NULL, NULL), 0);
    assert_int_equal(window_s("1\n", NULL), 0);
    assert_int_equal(window_s("?\n", "120\n"), 0);
}

static void
a_window_of_a_life_time_does_not_overflow(void **state)
{
    assert_int_equal(window_s("1\n", "9223372036854775\n"), 252288000);
}

static void
the_shorter_of_hold_and_window_is_told(void **state)
{
    FrostLimits limits = FROST_LIMITS_DEFAULT;

    assert_int_equal(frost_limits_told_s(&limits, 0), 600);
    assert_int_equal(frost_limits_told_s(&limits, 96), 96);
    assert_int_equal(frost_limits_told_s(&limits, 1000), 600);
    limits.hold_s = 0;
    assert_int_equal(frost_limits_told_s(&limits, 96), 96);
    assert_int_equal(frost_limits_told_s(&limits, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_that_panics_over_a_hung_task_leaves_four_fifths_of_its_time),
        cmocka_unit_test(the_shortest_window_is_a_second),
        cmocka_unit_test(a_kernel_that_does_not_panic_sets_no_window),
        cmocka_unit_test(a_window_of_a_life_time_does_not_overflow),
        cmocka_unit_test(the_shorter_of_hold_and_window_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
