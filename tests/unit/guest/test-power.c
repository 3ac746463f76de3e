/* SPDX-License-Identifier: MIT */

#include "power.h"

#include <errno.h>

#include "guest-fixture.h"

static void
end(Guest *guest, FrostPowerMode mode)
{
    g_autoptr(FrostPower) power = frost_power_new(guest->machine, guest->jobs);

    guest->answered = false;
    frost_power_end(power, mode, guest_answer, guest);
    guest_wait(guest);
}

static void
shutdown_is_asked_first(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "shutdown", 0, "");
    fake_machine_add_program(guest->fake, "poweroff", 0, "");
    fake_machine_add_program(guest->fake, "systemctl", 0, "");
    end(guest, FROST_POWER_OFF);
    assert_no_error(guest->error);
    end(guest, FROST_POWER_HALT);
    end(guest, FROST_POWER_REBOOT);
    guest_assert_journal(guest, "run /sbin/shutdown -h -P +0 hypervisor initiated shutdown\n"
                                "run /sbin/shutdown -h -H +0 hypervisor initiated shutdown\n"
                                "run /sbin/shutdown -h -r +0 hypervisor initiated shutdown\n");
}

static void
without_shutdown_the_program_of_the_mode_is_asked(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "poweroff", 0, "");
    fake_machine_add_program(guest->fake, "halt", 0, "");
    fake_machine_add_program(guest->fake, "reboot", 0, "");
    fake_machine_add_program(guest->fake, "systemctl", 0, "");
    end(guest, FROST_POWER_OFF);
    end(guest, FROST_POWER_HALT);
    end(guest, FROST_POWER_REBOOT);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "run /sbin/poweroff\nrun /sbin/halt\nrun /sbin/reboot\n");
}

static void
systemctl_and_busybox_come_next(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "busybox", 0, "");
    end(guest, FROST_POWER_OFF);
    fake_machine_add_program(guest->fake, "systemctl", 0, "");
    end(guest, FROST_POWER_REBOOT);
    guest_assert_journal(guest, "run /sbin/busybox poweroff\nrun /sbin/systemctl reboot\n");
}

static void
without_any_program_the_kernel_does_it(void **state)
{
    Guest *guest = *state;

    end(guest, FROST_POWER_HALT);
    end(guest, FROST_POWER_OFF);
    end(guest, FROST_POWER_REBOOT);
    assert_no_error(guest->error);
    guest_assert_journal(guest, "end 0\nend 1\nend 2\n");
}

static void
a_program_that_refuses_has_the_last_word(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "shutdown", 1, "not now\n");
    fake_machine_add_program(guest->fake, "poweroff", 0, "");
    end(guest, FROST_POWER_OFF);
    assert_error(guest->error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                 "child process has failed to shutdown: not now\n");
    guest_assert_journal(guest, "run /sbin/shutdown -h -P +0 hypervisor initiated shutdown\n");
}

static void
a_silent_refusal_is_told_by_its_status(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "shutdown", 3, "");
    end(guest, FROST_POWER_OFF);
    assert_error(guest->error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED,
                 "child process has failed to shutdown: exit status 3");
}

static void
a_kernel_that_refuses_is_an_error(void **state)
{
    Guest *guest = *state;

    fake_machine_fail_end(guest->fake, EPERM);
    end(guest, FROST_POWER_OFF);
    assert_error(guest->error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                 "reboot(2) failed: Operation not permitted");
}

static void
a_process_that_cannot_be_made_is_an_error(void **state)
{
    Guest *guest = *state;

    fake_machine_add_program(guest->fake, "shutdown", 0, "");
    fake_machine_fail_run(guest->fake);
    end(guest, FROST_POWER_OFF);
    assert_error(guest->error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "no process");
}

static void
whoever_is_freed_ends_the_program(void **state)
{
    Guest *guest = *state;
    FrostPower *power = frost_power_new(guest->machine, guest->jobs);

    fake_machine_add_program(guest->fake, "halt", 0, "");
    fake_machine_hold(guest->fake);
    frost_power_end(power, FROST_POWER_HALT, guest_answer, guest);
    frost_power_free(power);
    assert_false(guest->answered);
    guest_assert_journal(guest, "run /sbin/halt\ncancel\n");
}

static void
a_thread_that_hangs_in_the_kernel_finds_its_machine_when_all_others_have_let_go(void **state)
{
    Guest *guest = *state;
    FakeGate gate = {.is_open = false};
    FrostPower *power = frost_power_new(guest->machine, guest->jobs);

    fake_machine_stop_end_at(guest->fake, &gate);
    frost_power_end(power, FROST_POWER_OFF, guest_answer, guest);
    assert_true(fake_gate_is_reached(&gate));
    frost_power_free(power);
    g_clear_pointer(&guest->jobs, frost_blocking_jobs_free);
    g_clear_pointer(&guest->fake, fake_machine_free);

    assert_false(gate.is_gone);
    fake_gate_open(&gate);
    assert_true(fake_gate_is_gone(&gate));
    assert_false(guest->answered);
    g_cond_clear(&gate.changed);
    g_mutex_clear(&gate.lock);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(shutdown_is_asked_first),
        CASE(without_shutdown_the_program_of_the_mode_is_asked),
        CASE(systemctl_and_busybox_come_next),
        CASE(without_any_program_the_kernel_does_it),
        CASE(a_program_that_refuses_has_the_last_word),
        CASE(a_silent_refusal_is_told_by_its_status),
        CASE(a_kernel_that_refuses_is_an_error),
        CASE(a_process_that_cannot_be_made_is_an_error),
        CASE(whoever_is_freed_ends_the_program),
        CASE(a_thread_that_hangs_in_the_kernel_finds_its_machine_when_all_others_have_let_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
