/* SPDX-License-Identifier: MIT */

#include "suspend.h"

#include <errno.h>

#include "guest-fixture.h"

static void
put_to_sleep(Guest *guest, FrostSuspendMode mode)
{
    g_autoptr(FrostSuspend) suspend = frost_suspend_new(guest->machine, guest->jobs);

    guest->answered = false;
    frost_suspend_sleep(suspend, mode, guest_answer, guest);
    guest_wait(guest);
}

static void
systemd_is_asked_and_then_told(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "systemctl", 3, "inactive");
    fake_machine_add_program(guest->fake, "systemctl", 0, "");
    put_to_sleep(guest, FROST_SUSPEND_RAM);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "run /sbin/systemctl status systemd-suspend.service\n"
                                "run /sbin/systemctl suspend\n");
}

static void
another_mode_has_another_unit_and_verb(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "systemctl", 3, "");
    fake_machine_add_program(guest->fake, "systemctl", 0, "");
    put_to_sleep(guest, FROST_SUSPEND_DISK);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "run /sbin/systemctl status systemd-hibernate.service\n"
                                "run /sbin/systemctl hibernate\n");
}

static void
pm_utils_are_asked_when_systemd_does_not_know_it(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "systemctl", 4, "");
    fake_machine_add_program(guest->fake, "pm-is-supported", 0, "");
    fake_machine_add_program(guest->fake, "pm-suspend-hybrid", 0, "");
    put_to_sleep(guest, FROST_SUSPEND_HYBRID);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "run /sbin/systemctl status systemd-hybrid-sleep.service\n"
                                "run /sbin/pm-is-supported --suspend-hybrid\n"
                                "run /sbin/pm-suspend-hybrid\n");
}

static void
the_kernel_is_told_when_nobody_else_is_there(void **state)
{
    Guest *guest = *state;

    put_to_sleep(guest, FROST_SUSPEND_RAM);
    assert_no_error(guest->error);
    put_to_sleep(guest, FROST_SUSPEND_DISK);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "sleep mem\nsleep disk\n");
}

static void
a_mode_that_nobody_knows_is_not_supported(void **state)
{
    Guest *guest = *state;

    put_to_sleep(guest, FROST_SUSPEND_HYBRID);
    assert_error(guest->error, FROST_SUSPEND_ERROR, FROST_SUSPEND_ERROR_UNSUPPORTED,
                 "the requested suspend mode is not supported by the guest");
    fake_machine_fail_sleep(guest->fake, EOPNOTSUPP);
    put_to_sleep(guest, FROST_SUSPEND_RAM);
    assert_error(guest->error, FROST_SUSPEND_ERROR, FROST_SUSPEND_ERROR_UNSUPPORTED,
                 "is not supported by the guest");
    guest_assert_journal(guest, "sleep mem\n");
}

static void
a_kernel_that_refuses_is_an_error(void **state)
{
    Guest *guest = *state;

    fake_machine_fail_sleep(guest->fake, EBUSY);
    put_to_sleep(guest, FROST_SUSPEND_DISK);
    assert_error(guest->error, FROST_SUSPEND_ERROR, FROST_SUSPEND_ERROR_FAILED,
                 "suspend: cannot write to '/sys/power/state': Device or resource busy");
}

static void
a_program_that_fails_is_an_error_and_nobody_else_is_asked(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "systemctl", 3, "");
    fake_machine_add_program(guest->fake, "systemctl", 1, "no swap");
    put_to_sleep(guest, FROST_SUSPEND_DISK);
    assert_error(guest->error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                 "child process has failed to suspend: no swap");
    guest_assert_journal(guest, "run /sbin/systemctl status systemd-hibernate.service\n"
                                "run /sbin/systemctl hibernate\n");
}

static void
whoever_is_freed_ends_the_program(void **state)
{
    Guest *guest = *state;
    FrostSuspend *suspend = frost_suspend_new(guest->machine, guest->jobs);

    fake_machine_add_program(guest->fake, "pm-is-supported", 0, "");
    fake_machine_hold(guest->fake);
    frost_suspend_sleep(suspend, FROST_SUSPEND_DISK, guest_answer, guest);
    frost_suspend_free(suspend);
    assert_false(guest->answered);
    guest_assert_journal(guest, "run /sbin/pm-is-supported --hibernate\ncancel\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(systemd_is_asked_and_then_told),
        CASE(another_mode_has_another_unit_and_verb),
        CASE(pm_utils_are_asked_when_systemd_does_not_know_it),
        CASE(the_kernel_is_told_when_nobody_else_is_there),
        CASE(a_mode_that_nobody_knows_is_not_supported),
        CASE(a_kernel_that_refuses_is_an_error),
        CASE(a_program_that_fails_is_an_error_and_nobody_else_is_asked),
        CASE(whoever_is_freed_ends_the_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
