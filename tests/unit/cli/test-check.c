/* SPDX-License-Identifier: MIT */

/*
 * The checks on made-up systems: all together, compared with tests/data/check; the agent, its
 * rights and its port; the time limits.
 */

#include "check-fixture.h"

#include <errno.h>
#include <string.h>

#include "golden.h"
#include "output.h"

static void
add_troubles(Fixture *f)
{
    FakeSys *fake = f->fake;

    fake_sys_add_fs(fake, "/boot/efi", "vfat");
    fake_sys_add_fs(fake, "/media/stick", "exfat");
    fake_sys_add_nodev_fs(fake, "/tank", "zfs", "tank");
    fake_sys_add_fs(fake, "/windows", "fuseblk");
    fake_sys_add_fs(fake, "/hidden", "xfs");
    fake_sys_add_nodev_fs(fake, "/hidden", "tmpfs", "tmpfs");
    fake_sys_set_file(fake, "/proc/self/status",
                      "Name:\tcat\nCapEff:\t0000000000200000\nSeccomp:\t2\n");
    fake_sys_set_file(fake, "/proc/self/attr/current", "qemu-ga (enforce)\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/osrelease", "4.19.0-21-amd64\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/hung_task_panic", "1\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/hung_task_timeout_secs", "120\n");
    fake_sys_set_file(fake, "/sys/kernel/rcu_normal", "1\n");
    fake_sys_set_file(fake, "/sys/class/watchdog/watchdog0/state", "active\n");
    fake_sys_set_file(fake, "/sys/class/watchdog/watchdog0/timeout", "60\n");
    fake_sys_set_file(fake, "/proc/meminfo", "Dirty:   2048 kB\nWriteback: 0 kB\n");
    fake_sys_set_file(fake, "/proc/swaps",
                      "Filename\tType\tSize\tUsed\tPriority\n/swap\tfile\t1\t0\t-2\n"
                      "/dev/sda2   partition 1 0 -3\n");
}

static void
run_all_checks(Fixture *f)
{
    make_plan(f);
    frost_check_port(&f->check);
    frost_check_rights(&f->check);
    frost_check_hooks(&f->check);
    frost_check_filesystems(&f->check);
    frost_check_places(&f->check);
    frost_check_kernel(&f->check);
    frost_check_sync(&f->check);
}

static void
the_findings_on_a_system_with_many_troubles_are_those_of_the_golden_file(void **state)
{
    Fixture *f = *state;

    add_troubles(f);
    g_free(f->config->statedir);
    f->config->statedir = g_strdup("/var/lib/state");
    g_free(f->config->logfile);
    f->config->logfile = g_strdup("/var/log/agent.log");
    run_all_checks(f);

    g_autofree char *text = frost_findings_draw(f->check.findings, false);
    g_autoptr(QgaValue) value = frost_findings_to_value(f->check.findings);
    g_autofree char *json = frost_output_json(value);
    assert_golden("check/troubles.txt", text);
    assert_golden("check/troubles.json", json);
    assert_int_equal(frost_findings_worst(f->check.findings), FROST_GRADE_WARNING);
}

static void
what_keeps_the_freezer_from_being_sealed_is_found(void **state)
{
    Fixture *f = *state;

    make_plan(f);
    fake_sys_set_file(f->fake, "/sys/kernel/security/lsm", "lockdown,yama,apparmor\n");
    fake_sys_set_file(f->fake, "/proc/self/status", "Name:\tcat\nCapEff:\t000001ffffffffff\n");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "without Landlock the freezer can open files");
    assert_found(f, FROST_GRADE_WARNING, "no seccomp filters");

    g_ptr_array_set_size(f->check.findings, 0);
    f->config->sandbox = FROST_SANDBOX_REQUIRE;
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "without Landlock the freezer can open files");

    g_ptr_array_set_size(f->check.findings, 0);
    f->config->sandbox = FROST_SANDBOX_OFF;
    frost_check_rights(&f->check);
    assert_null(find(f, "the freezer"));
}

static void
what_the_kernel_has_of_the_seal_is_not_missed(void **state)
{
    Fixture *f = *state;

    make_plan(f);
    fake_sys_set_file(f->fake, "/sys/kernel/security/lsm", "landlock,lockdown,yama\n");
    fake_sys_set_file(f->fake, "/proc/self/status", ALL_CAPABILITIES);
    frost_check_rights(&f->check);
    assert_null(find(f, "the freezer"));
}

/* All that is a trouble elsewhere, but for a little. */
static void
add_harmless_things(FakeSys *fake)
{
    fake_sys_add_fs(fake, "/boot/efi", "vfat");
    fake_sys_add_nodev_fs(fake, "/mnt/home", "fuse.sshfs", "me@host:");
    fake_sys_set_file(fake, "/proc/1/attr/current", "unconfined\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/osrelease", "5.10.0\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/hung_task_panic", "0\n");
    fake_sys_set_file(fake, "/proc/sys/kernel/hung_task_timeout_secs", "120\n");
    fake_sys_set_file(fake, "/sys/kernel/rcu_normal", "0\n");
    fake_sys_set_file(fake, "/sys/class/watchdog/watchdog0/state", "inactive\n");
    fake_sys_set_file(fake, "/proc/meminfo", "Dirty:   2048 kB\nWriteback: 0 kB\n");
    fake_sys_set_file(fake, "/proc/swaps", "Filename\tType\n/dev/sda2\tpartition\t1\t0\t-3\n");
}

static void
a_sound_system_has_only_the_warning_that_no_agent_runs(void **state)
{
    Fixture *f = *state;
    const FrostRunning agent = {.pid = 1, .program = (char *)"frost-ga", .is_ours = true};

    f->check.agent = &agent;
    fake_sys_set_file(f->fake, "/proc/1/status", ALL_CAPABILITIES);
    add_harmless_things(f->fake);
    run_all_checks(f);
    g_autofree char *text = frost_findings_draw(f->check.findings, false);
    g_autoptr(QgaValue) value = frost_findings_to_value(f->check.findings);
    g_autofree char *json = frost_output_json(value);
    assert_golden("check/sound.txt", text);
    assert_golden("check/sound.json", json);
    assert_int_equal(frost_findings_worst(f->check.findings), FROST_GRADE_OK);

    f->check.agent = NULL;
    frost_check_port(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "no frost-ga is running");
}

static void
without_root_it_is_not_claimed_that_no_agent_runs(void **state)
{
    Fixture *f = *state;

    f->check.is_blind = true;
    frost_check_port(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "it cannot be seen whether an agent runs");
    assert_null(find(f, "no frost-ga is running"));
}

static void
colour_and_grades_go_together(void **state)
{
    Fixture *f = *state;

    frost_check_add(&f->check, FROST_GRADE_OK, "one", NULL, "fine");
    frost_check_add(&f->check, FROST_GRADE_PROBLEM, "two", "do this", "bad \033[2J");
    g_autofree char *plain = frost_findings_draw(f->check.findings, false);
    g_autofree char *coloured = frost_findings_draw(f->check.findings, true);
    g_autofree char *second = frost_findings_draw_from(f->check.findings, 1, false);

    assert_string_equal(plain, "ok      one         fine\n"
                               "problem two         bad \\x1b[2J\n"
                               "                    do this\n");
    assert_string_equal(second, strstr(plain, "problem"));
    assert_non_null(strstr(coloured, "\033[32mok"));
    assert_non_null(strstr(coloured, "\033[1;31mproblem"));
}

static void
without_cap_sys_admin_a_freeze_is_a_problem(void **state)
{
    Fixture *f = *state;

    fake_sys_set_file(f->fake, "/proc/self/status", "Name:\tcat\nCapEff:\t00000000ffdfffff\n");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "without CAP_SYS_ADMIN");
}

static void
selinux_is_a_problem_without_its_boolean(void **state)
{
    static const char boolean[] = "/sys/fs/selinux/booleans/virt_qemu_ga_read_nonsecurity_files";
    Fixture *f = *state;

    fake_sys_set_file(f->fake, "/sys/fs/selinux/enforce", "1");
    fake_sys_set_file(f->fake, "/proc/self/attr/current", "system_u:system_r:virt_qemu_ga_t:s0");
    fake_sys_set_file(f->fake, boolean, "0 0");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "SELinux confines it");

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, boolean, "1 1");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_OK, "SELinux confines it");

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, "/sys/fs/selinux/enforce", "0");
    frost_check_rights(&f->check);
    assert_null(find(f, "SELinux"));
}

static void
the_mounts_of_another_process_need_cap_sys_ptrace(void **state)
{
    Fixture *f = *state;

    f->config->mounts_of = 4711;
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_OK, "the mounts are those that process 4711 sees");

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, "/proc/self/status", "Name:\tcat\nCapEff:\t0000000000200004\n");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "without CAP_SYS_PTRACE");
}

static void
without_cap_sys_ptrace_other_namespaces_are_not_frozen(void **state)
{
    static const char text[] = "filesystems that only other mount namespaces show";
    Fixture *f = *state;

    frost_check_rights(&f->check);
    assert_null(find(f, text));
    fake_sys_set_file(f->fake, "/proc/self/status", "Name:\tcat\nCapEff:\t0000000000200004\n");
    frost_check_rights(&f->check);
    assert_found(f, FROST_GRADE_WARNING, text);

    g_ptr_array_set_size(f->check.findings, 0);
    f->config->all_namespaces = false;
    frost_check_rights(&f->check);
    assert_null(find(f, text));
}

static void
a_socket_is_searched_for_in_the_kernels_list(void **state)
{
    static const char head[] = "Num       RefCount Protocol Flags    Type St Inode Path\n";
    Fixture *f = *state;
    g_autofree char *there =
        g_strconcat(head, "00: 00000002 00000000 00010000 0001 01 1 /run/ga.sock\n", NULL);
    g_autofree char *client =
        g_strconcat(head, "00: 00000002 00000000 00000000 0001 03 1 /run/ga.sock\n", NULL);

    g_free(f->config->method);
    g_free(f->config->path);
    f->config->method = g_strdup("unix-listen");
    f->config->path = g_strdup("/run/ga.sock");
    fake_sys_set_file(f->fake, "/proc/net/unix", there);
    frost_check_port(&f->check);
    assert_found(f, FROST_GRADE_OK, "a program listens on /run/ga.sock");

    fake_sys_set_file(f->fake, "/proc/net/unix", client);
    frost_check_port(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "no program listens on /run/ga.sock");
}

static void
a_freeze_is_compared_with_the_hosts_that_wait_for_it(void **state)
{
    Fixture *f = *state;

    frost_check_limits(&f->check);
    assert_found(f, FROST_GRADE_OK, "only the steps of a freeze have limits");
    assert_found(f, FROST_GRADE_OK,
                 "CloudStack after 10 s, KubeVirt and Velero after 60 s, Proxmox");

    f->config->freeze_budget_s = 60;
    g_ptr_array_set_size(f->check.findings, 0);
    frost_check_limits(&f->check);
    assert_found(f, FROST_GRADE_OK, "CloudStack after 10 s, KubeVirt and Velero after 60 s");
    assert_null(find(f, "Proxmox"));

    f->config->freeze_budget_s = 9;
    g_ptr_array_set_size(f->check.findings, 0);
    frost_check_limits(&f->check);
    assert_found(f, FROST_GRADE_OK, "before any host");
    assert_null(find(f, "CloudStack"));
}

static void
a_thaw_that_is_answered_too_late_for_its_host_is_a_warning(void **state)
{
    Fixture *f = *state;

    frost_check_limits(&f->check);
    assert_null(find(f, "a thaw"));
    f->config->thaw_reply_timeout_s = 0;
    frost_check_limits(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "a thaw is answered when its hooks have ended, but");
    f->config->thaw_reply_timeout_s = 10;
    frost_check_limits(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "or thaw-reply-timeout has passed, but");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_keeps_the_freezer_from_being_sealed_is_found),
        CASE(what_the_kernel_has_of_the_seal_is_not_missed),
        CASE(the_findings_on_a_system_with_many_troubles_are_those_of_the_golden_file),
        CASE(a_sound_system_has_only_the_warning_that_no_agent_runs),
        CASE(without_root_it_is_not_claimed_that_no_agent_runs),
        CASE(colour_and_grades_go_together),
        CASE(without_cap_sys_admin_a_freeze_is_a_problem),
        CASE(selinux_is_a_problem_without_its_boolean),
        CASE(the_mounts_of_another_process_need_cap_sys_ptrace),
        CASE(without_cap_sys_ptrace_other_namespaces_are_not_frozen),
        CASE(a_socket_is_searched_for_in_the_kernels_list),
        CASE(a_freeze_is_compared_with_the_hosts_that_wait_for_it),
        CASE(a_thaw_that_is_answered_too_late_for_its_host_is_a_warning),
    };

    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
