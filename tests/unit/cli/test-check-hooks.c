/* SPDX-License-Identifier: MIT */

/*
 * The checks of hooks.
 */

#include "check-fixture.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static void
a_required_hook_that_is_refused_is_a_problem(void **state)
{
    Fixture *f = *state;

    f->config->fsfreeze_hook = g_build_filename(f->dir, "hook", NULL);
    assert_true(g_file_set_contents(f->config->fsfreeze_hook, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(f->config->fsfreeze_hook, 0777), 0);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "is refused");
}

static void
a_missing_hook_is_a_problem(void **state)
{
    Fixture *f = *state;

    f->config->hook_trust = false;
    f->config->fsfreeze_hook = g_build_filename(f->dir, "hook", NULL);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "is refused: No such file or directory");

    g_ptr_array_set_size(f->check.findings, 0);
    assert_true(g_file_set_contents(f->config->fsfreeze_hook, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(f->config->fsfreeze_hook, 0600), 0);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_PROBLEM, "is refused: it is not executable");
    assert_found(f, FROST_GRADE_WARNING, "0 of");

    g_ptr_array_set_size(f->check.findings, 0);
    assert_int_equal(chmod(f->config->fsfreeze_hook, 0700), 0);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_OK, "1 of");
    assert_null(find(f, "is refused"));
}

static void
hooks_that_are_switched_off_are_no_finding(void **state)
{
    Fixture *f = *state;

    f->config->fsfreeze_hook = g_strdup("/dev/null");
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_OK, "switched off by the path /dev/null");
    assert_int_equal(f->check.findings->len, 1);
}

static void
a_hook_of_the_folder_that_is_not_executable_is_named(void **state)
{
    Fixture *f = *state;
    g_autofree char *on = g_build_filename(f->dir, "10-on", NULL);
    g_autofree char *off = g_build_filename(f->dir, "20-off.sample", NULL);
    g_autofree char *forgotten = g_build_filename(f->dir, "30-forgotten", NULL);

    assert_true(g_file_set_contents(on, "#!/bin/sh\n", -1, NULL));
    assert_true(g_file_set_contents(off, "#!/bin/sh\n", -1, NULL));
    assert_true(g_file_set_contents(forgotten, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(on, 0755), 0);
    f->config->hook_trust = false;
    f->config->fsfreeze_hook = g_strdup(f->dir);
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "30-forgotten is ignored: it is not executable");
    assert_found(f, FROST_GRADE_OK, "1 of");
    assert_null(find(f, "20-off"));
    assert_null(find(f, "10-on"));
}

static void
selinux_confines_a_hook_without_its_label(void **state)
{
    static const char free_label[] = "system_u:object_r:virt_qemu_ga_unconfined_exec_t:s0";
    Fixture *f = *state;
    g_autofree char *hook = g_build_filename(f->dir, "10-db", NULL);

    assert_true(g_file_set_contents(hook, "#!/bin/sh\n", -1, NULL));
    assert_int_equal(chmod(hook, 0755), 0);
    f->config->hook_trust = false;
    f->config->fsfreeze_hook = g_strdup(f->dir);
    fake_sys_set_file(f->fake, "/sys/fs/selinux/enforce", "1");
    fake_sys_set_file(f->fake, "/proc/self/attr/current", "system_u:system_r:virt_qemu_ga_t:s0");
    frost_check_hooks(&f->check);
    assert_found(f, FROST_GRADE_WARNING, "10-db only what the agent may do");

    g_ptr_array_set_size(f->check.findings, 0);
    bool is_labelled = setxattr(hook, "security.selinux", free_label, sizeof free_label, 0) == 0;
    frost_check_hooks(&f->check); /* only root can give it one, and not on every filesystem */
    assert_int_equal(find(f, "within what") == NULL, is_labelled);

    g_ptr_array_set_size(f->check.findings, 0);
    fake_sys_set_file(f->fake, "/proc/self/attr/current", "unconfined_u:unconfined_r:unconfined_t");
    removexattr(hook, "security.selinux");
    frost_check_hooks(&f->check);
    assert_null(find(f, "within what"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_required_hook_that_is_refused_is_a_problem),
        CASE(a_missing_hook_is_a_problem),
        CASE(hooks_that_are_switched_off_are_no_finding),
        CASE(a_hook_of_the_folder_that_is_not_executable_is_named),
        CASE(selinux_confines_a_hook_without_its_label),
    };

    return cmocka_run_group_tests_name("check-hooks", tests, NULL, NULL);
}
