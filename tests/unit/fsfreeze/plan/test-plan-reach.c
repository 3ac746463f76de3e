/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "plan-fixture.h"
#include "plan-reopen.h"
#include "plan.h"
#include "test-support.h"

/* What a mount point leads to, and what it means when it does not open. */

static void
a_covered_filesystem_is_reached_by_another_name(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/mnt", "ext4");
    fake_sys_bind(fake, lower, "/elsewhere");
    FakeFs *upper = fake_sys_add_fs(fake, "/mnt", "ext4");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_true(fake_sys_fs_of_fd(fake, plan_find(plan, "/elsewhere")->fd) == lower);
    assert_true(fake_sys_fs_of_fd(fake, plan_find(plan, "/mnt")->fd) == upper);
}

static void
a_covered_btrfs_is_told_from_the_one_above(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/mnt", "btrfs");
    fake_sys_add_subvolume(fake, lower, "/elsewhere");
    FakeFs *upper = fake_sys_add_fs(fake, "/mnt", "btrfs");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_true(fake_sys_fs_of_fd(fake, plan_find(plan, "/elsewhere")->fd) == lower);
    assert_true(fake_sys_fs_of_fd(fake, plan_find(plan, "/mnt")->fd) == upper);
}

static void
a_mount_point_covered_by_a_network_filesystem_is_not_opened(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/mnt", "ext4");
    fake_sys_add_fs(fake, "/mnt/deep", "ext4");
    fake_sys_add_nodev_fs(fake, "/mnt", "nfs4", "192.0.2.1:/");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_int_equal(plan->freezable, 1);
    assert_int_equal(plan_find(plan, "/mnt/deep")->decision, FROST_DECISION_UNREACHABLE);
    assert_non_null(plan_find(plan, "/mnt/deep")->reason);
    assert_int_equal(plan_find(plan, "/mnt/deep")->fd, -1);
    assert_int_equal(fake_sys_opened(fake, "/mnt"), 0);
    assert_int_equal(fake_sys_opened(fake, "/mnt/deep"), 0);
}

/* A chroot: mountinfo does not show the root, so that nothing can be told on paper. */
static void
without_a_root_descriptors_alone_decide(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    FakeFs *lower = fake_sys_add_fs(fake, "/mnt", "ext4");
    FakeFs *btrfs = fake_sys_add_fs(fake, "/data", "btrfs");
    FakeFs *upper = fake_sys_add_fs(fake, "/mnt", "xfs");
    fake_sys_add_fs(fake, "/data", "btrfs");
    fake_sys_bind(fake, lower, "/lower");
    fake_sys_bind(fake, btrfs, "/btrfs");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_int_equal(plan->freezable, 4);
    assert_true(fake_sys_fs_of_fd(fake, plan_find(plan, "/lower")->fd) == lower);
    assert_true(fake_sys_fs_of_fd(fake, plan_find(plan, "/btrfs")->fd) == btrfs);
    assert_true(fake_sys_fs_of_fd(fake, plan_find(plan, "/mnt")->fd) == upper);
    assert_int_equal(fake_sys_open_fds(fake), 4);
    g_clear_pointer(&plan, frost_plan_free);
    assert_int_equal(fake_sys_open_fds(fake), 0);
}

static void
the_errno_decides_what_a_mount_point_that_does_not_open_means(void **state)
{
    static const struct {
        int error;
        bool hidden;
    } ROWS[] = {
        {ENOENT, true},  {ENOTDIR, true}, {ENXIO, true},   {ESTALE, true},     {ELOOP, true},
        {EACCES, false}, {EPERM, false},  {EIO, false},    {EMFILE, false},    {ENFILE, false},
        {ENOMEM, false}, {EINVAL, false}, {ENODEV, false}, {ETIMEDOUT, false},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        fake_sys_add_fs(fake, "/", "ext4");
        FakeFs *fs = fake_sys_add_fs(fake, "/srv", "ext4");
        fake_sys_fail_path(fake, "/srv", ROWS[i].error);

        if (ROWS[i].hidden) {
            assert_plan(fake, NULL, "/ freeze, /srv unreachable");
        } else {
            g_autofree char *text =
                g_strdup_printf("failed to open /srv: %s", g_strerror(ROWS[i].error));
            assert_no_plan(fake, FROST_PLAN_ERROR_OPEN, text);
        }
        fake_sys_bind(fake, fs, "/again");
        assert_plan(fake, NULL, "/again freeze, / freeze");
    }
}

static void
a_descriptor_that_cannot_be_verified_fails_the_plan(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/srv", "ext4");

    fake_sys_fail(fake, fs, FAKE_STAT, 0, EIO);
    assert_no_plan(fake, FROST_PLAN_ERROR_OPEN, "failed to open /srv");
}

static void
a_mount_on_a_device_node_is_unreachable(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/srv", "ext4");
    fake_sys_set_mount_mode(fake, "/srv", S_IFSOCK | 0600);

    assert_plan(fake, NULL, "/ freeze, /srv unreachable");
}

static void
a_mount_on_a_regular_file_will_do(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/etc/hosts", "ext4");
    fake_sys_set_mount_mode(fake, "/etc/hosts", S_IFREG | 0644);

    assert_plan(fake, NULL, "/etc/hosts freeze, / freeze");
}

static void
an_error_closes_what_was_open(void **state)
{
    FakeSys *fake = *state;
    FakeFs *btrfs = fake_sys_add_fs(fake, "/data", "btrfs");
    fake_sys_add_subvolume(fake, btrfs, "/home");
    fake_sys_set_mountinfo_dev(fake, "/home", makedev(0, 901));
    FakeFs *bad = fake_sys_add_fs(fake, "/bad", "ext4");
    fake_sys_add_fs(fake, "/srv", "xfs");
    fake_sys_fail(fake, bad, FAKE_OPEN, 0, EIO);

    assert_no_plan(fake, FROST_PLAN_ERROR_OPEN, "failed to open /bad");
}

static void
a_reopened_filesystem_is_the_one_that_was_meant(void **state)
{
    FakeSys *fake = *state;
    FrostSys *sys = fake_sys_get(fake);
    FakeFs *srv = fake_sys_add_fs(fake, "/srv", "ext4");
    FakeFs *data = fake_sys_add_fs(fake, "/data", "btrfs");
    dev_t second = fake_sys_add_disk(fake, NULL);
    fake_fs_add_member(data, second);

    int fds[] = {
        frost_plan_reopen(sys, fake_fs_dev(srv), fake_fs_device(srv)),
        frost_plan_reopen(sys, fake_fs_dev(data), fake_fs_device(data)),
        frost_plan_reopen(sys, fake_fs_dev(data), 0),
        /* mounted anew: another anonymous number, the same device */
        frost_plan_reopen(sys, makedev(0, 999), fake_fs_device(data)),
        frost_plan_reopen(sys, makedev(0, 999), second),
    };
    FakeFs *const expected[] = {srv, data, data, data, data};

    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        assert_true(fds[i] >= 0);
        assert_true(fake_sys_fs_of_fd(fake, fds[i]) == expected[i]);
    }
    assert_int_equal(fake_sys_open_fds(fake), G_N_ELEMENTS(fds));
}

static void
a_filesystem_that_no_table_shows_is_not_reopened(void **state)
{
    FakeSys *fake = *state;
    FrostSys *sys = fake_sys_get(fake);
    FakeFs *srv = fake_sys_add_fs(fake, "/srv", "ext4");
    FakeFs *data = fake_sys_add_fs(fake, "/data", "btrfs");
    dev_t gone = fake_sys_add_disk(fake, NULL);

    assert_int_equal(frost_plan_reopen(sys, gone, gone), -ENOENT);
    /* the anonymous number has gone to another filesystem since */
    assert_int_equal(frost_plan_reopen(sys, fake_fs_dev(data), gone), -ENOENT);
    fake_sys_umount(fake, "/srv");
    assert_int_equal(frost_plan_reopen(sys, fake_fs_dev(srv), fake_fs_device(srv)), -ENOENT);
    fake_sys_add_nodev_fs(fake, "/data", "nfs4", "192.0.2.1:/");
    assert_int_equal(frost_plan_reopen(sys, fake_fs_dev(data), fake_fs_device(data)), -ENOENT);
    fake_sys_umount(fake, "/data");
    fake_sys_fail(fake, data, FAKE_OPEN, 0, EMFILE);
    assert_int_equal(frost_plan_reopen(sys, fake_fs_dev(data), fake_fs_device(data)), -EMFILE);
    assert_int_equal(fake_sys_open_fds(fake), 0);
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        PLAN_TEST(a_covered_filesystem_is_reached_by_another_name),
        PLAN_TEST(a_covered_btrfs_is_told_from_the_one_above),
        PLAN_TEST(a_mount_point_covered_by_a_network_filesystem_is_not_opened),
        cmocka_unit_test(without_a_root_descriptors_alone_decide),
        cmocka_unit_test(the_errno_decides_what_a_mount_point_that_does_not_open_means),
        PLAN_TEST(a_descriptor_that_cannot_be_verified_fails_the_plan),
        PLAN_TEST(a_mount_on_a_device_node_is_unreachable),
        PLAN_TEST(a_mount_on_a_regular_file_will_do),
        PLAN_TEST(an_error_closes_what_was_open),
        PLAN_TEST(a_reopened_filesystem_is_the_one_that_was_meant),
        PLAN_TEST(a_filesystem_that_no_table_shows_is_not_reopened),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
