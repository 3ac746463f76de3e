/* SPDX-License-Identifier: MIT */

#include "clock.h"

#include <errno.h>

#include "guest-fixture.h"

#define NS INT64_C(1000000000)

static void
set(Guest *guest, int64_t ns)
{
    g_autoptr(FrostClock) clock = frost_clock_new(guest->machine, guest->jobs);

    frost_clock_set(clock, ns, guest_answer, guest);
    guest_wait(guest);
}

static void
set_from_hardware(Guest *guest)
{
    g_autoptr(FrostClock) clock = frost_clock_new(guest->machine, guest->jobs);

    frost_clock_set_from_hardware(clock, guest_answer, guest);
    guest_wait(guest);
}

static void
now_is_now_in_whole_microseconds(void **state)
{
    int64_t before = g_get_real_time();
    int64_t now = frost_clock_now_ns();
    int64_t after = g_get_real_time();

    assert_true(now / 1000 >= before && now / 1000 <= after);
    assert_int_equal(now % 1000, 0);
}

static void
the_clock_is_set_before_the_hardware_clock(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "hwclock", 0, "");
    set(guest, 1700000000 * NS + 5999);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "clock 1700000000000005\nrun /sbin/hwclock -w\n");
}

static void
without_hwclock_we_set_the_hardware_clock(void **state)
{
    Guest *guest = *state;

    set(guest, 1700000000 * NS);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "clock 1700000000000000\nrtc write\n");
}

static void
without_a_time_the_hardware_clock_is_asked(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "hwclock", 0, "");
    set_from_hardware(guest);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "run /sbin/hwclock -s\n");
}

static void
without_hwclock_and_a_time_we_read_the_hardware_clock(void **state)
{
    Guest *guest = *state;

    fake_machine_set_rtc(guest->fake, 1700000000);
    set_from_hardware(guest);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "rtc read\nclock 1700000000000000\n");
}

static void
without_a_hardware_clock_the_clock_is_set_and_that_is_all(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "hwclock", 1, "Cannot access the Hardware Clock");
    fake_machine_remove_rtc(guest->fake);
    set(guest, 1700000000 * NS);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "clock 1700000000000000\n");
}

static void
without_a_hardware_clock_a_time_must_be_given(void **state)
{
    Guest *guest = *state;

    fake_machine_remove_rtc(guest->fake);
    set_from_hardware(guest);
    assert_error(guest->error, FROST_CLOCK_ERROR, FROST_CLOCK_ERROR_RTC, "this machine has none");
    guest_assert_journal(guest, "");
}

static void
only_the_years_1970_to_2069_are_times(void **state)
{
    Guest *guest = *state;
    const int64_t wrong[] = {-1, G_MININT64, INT64_C(3155760000) * NS, G_MAXINT64};

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        guest->answered = false;
        set(guest, wrong[i]);
        assert_error(guest->error, FROST_CLOCK_ERROR, FROST_CLOCK_ERROR_INVALID, "Invalid time");
    }
    guest_assert_journal(guest, "");
}

static void
a_clock_that_cannot_be_set_leaves_the_hardware_clock(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "hwclock", 0, "");
    fake_machine_fail_clock(guest->fake, EPERM);
    set(guest, 1700000000 * NS);
    assert_error(guest->error, FROST_CLOCK_ERROR, FROST_CLOCK_ERROR_SET,
                 "Failed to set time to guest: Operation not permitted");
    guest_assert_journal(guest, "clock 1700000000000000\n");
}

static void
the_output_of_hwclock_is_the_error(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "hwclock", 1, "no clock");
    set(guest, 1700000000 * NS);
    assert_error(guest->error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                 "child process has failed to set hardware clock to system time: no clock");
}

static void
a_hardware_clock_that_fails_is_an_error(void **state)
{
    Guest *guest = *state;

    fake_machine_fail_rtc(guest->fake, ENOENT);
    set_from_hardware(guest);
    assert_error(guest->error, FROST_CLOCK_ERROR, FROST_CLOCK_ERROR_RTC,
                 "cannot read hardware clock: No such file");
    guest_assert_journal(guest, "rtc read\n");
}

static void
a_process_that_cannot_be_made_is_an_error(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "hwclock", 0, "");
    fake_machine_fail_run(guest->fake);
    set_from_hardware(guest);
    assert_error(guest->error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "no process");
}

static void
a_clock_that_is_freed_ends_its_program(void **state)
{
    Guest *guest = *state;
    FrostClock *clock = frost_clock_new(guest->machine, guest->jobs);

    fake_machine_add_program(guest->fake, "hwclock", 0, "");
    fake_machine_hold(guest->fake);
    frost_clock_set_from_hardware(clock, guest_answer, guest);
    frost_clock_free(clock);
    assert_false(guest->answered);
    guest_assert_journal(guest, "run /sbin/hwclock -s\ncancel\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(now_is_now_in_whole_microseconds),
        CASE(the_clock_is_set_before_the_hardware_clock),
        CASE(without_hwclock_we_set_the_hardware_clock),
        CASE(without_a_time_the_hardware_clock_is_asked),
        CASE(without_hwclock_and_a_time_we_read_the_hardware_clock),
        CASE(without_a_hardware_clock_the_clock_is_set_and_that_is_all),
        CASE(without_a_hardware_clock_a_time_must_be_given),
        CASE(only_the_years_1970_to_2069_are_times),
        CASE(a_clock_that_cannot_be_set_leaves_the_hardware_clock),
        CASE(the_output_of_hwclock_is_the_error),
        CASE(a_hardware_clock_that_fails_is_an_error),
        CASE(a_process_that_cannot_be_made_is_an_error),
        CASE(a_clock_that_is_freed_ends_its_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
