/* SPDX-License-Identifier: MIT */
#include "fake-sys.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "test-support.h"

/* The fake is what the other tests believe in: it is held against the kernel's facts here. */

static int
setup(void **state)
{
    *state = fake_sys_new();
    return 0;
}

static int
teardown(void **state)
{
    fake_sys_free(*state);
    return 0;
}

static int
open_path(FakeSys *fake, const char *path)
{
    FrostSys *sys = fake_sys_get(fake);

    return sys->open_mount(sys, path);
}

static int
freeze(FakeSys *fake, int fd)
{
    FrostSys *sys = fake_sys_get(fake);

    return sys->kernel.freeze(&sys->kernel, fd);
}

static int
thaw(FakeSys *fake, int fd)
{
    FrostSys *sys = fake_sys_get(fake);

    return sys->kernel.thaw(&sys->kernel, fd);
}

static void
assert_journal(FakeSys *fake, const char *expected)
{
    g_autofree char *journal = fake_sys_journal(fake);

    assert_string_equal(journal, expected);
}

static void
assert_violation(FakeSys *fake, const char *part)
{
    g_autofree char *violations = fake_sys_take_violations(fake);

    if (!strstr(violations, part))
        fail_msg("no \"%s\" in \"%s\"", part, violations);
}

static void
assert_no_violation(FakeSys *fake)
{
    g_autofree char *violations = fake_sys_take_violations(fake);

    assert_string_equal(violations, "");
}

static void
a_freeze_holds_until_its_thaw(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/srv", "ext4");
    int fd = open_path(fake, "/srv");

    assert_int_equal(freeze(fake, fd), 0);
    assert_true(fake_sys_is_frozen(fake, fs));
    assert_int_equal(freeze(fake, fd), -EBUSY);
    assert_int_equal(thaw(fake, fd), 0);
    assert_int_equal(fake_sys_frozen(fake), 0);
    assert_journal(fake, "freeze /srv\nfreeze /srv: EBUSY\nthaw /srv\n");
}

static void
a_second_thaw_is_a_violation(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/srv", "xfs");
    int fd = open_path(fake, "/srv");

    assert_int_equal(freeze(fake, fd), 0);
    assert_int_equal(thaw(fake, fd), 0);
    assert_no_violation(fake);
    assert_int_equal(thaw(fake, fd), -EINVAL);
    assert_violation(fake, "/srv, which we have not frozen");
}

static void
a_type_without_a_freeze_says_so_and_need_not_be_thawed(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/boot/efi", "vfat");
    int fd = open_path(fake, "/boot/efi");

    assert_int_equal(freeze(fake, fd), -EOPNOTSUPP);
    assert_int_equal(thaw(fake, fd), -EINVAL);
    assert_violation(fake, "not frozen");
}

static void
a_foreign_freeze_is_busy_and_not_ours_to_thaw(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/srv", "ext4");
    int fd = open_path(fake, "/srv");

    fake_sys_freeze_by_other(fake, fs);
    assert_int_equal(freeze(fake, fd), -EBUSY);
    assert_int_equal(thaw(fake, fd), 0);
    assert_violation(fake, "not frozen");
}

static void
a_thaw_after_another_programs_thaw_is_einval_and_no_violation(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/srv", "ext4");
    int fd = open_path(fake, "/srv");

    assert_int_equal(freeze(fake, fd), 0);
    fake_sys_thaw_by_other(fake, fs);
    assert_int_equal(thaw(fake, fd), -EINVAL);
}

static void
an_earlier_freeze_of_ours_may_be_thawed(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/srv", "ext4");

    fake_sys_freeze_earlier(fake, fs);
    assert_int_equal(thaw(fake, open_path(fake, "/srv")), 0);
}

static void
a_suspended_device_is_busy_and_hangs_a_thaw(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/srv", "ext4");
    int fd = open_path(fake, "/srv");

    fake_sys_suspend(fake, fs, true);
    assert_int_equal(freeze(fake, fd), -EBUSY);
    thaw(fake, fd);
    assert_violation(fake, "suspended");
}

static void
a_lower_filesystem_frozen_first_is_a_deadlock(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "ext4");
    dev_t loop = fake_sys_add_loop(fake, lower);
    dev_t volume = fake_sys_add_stacked(fake, NULL, &loop, 1);
    FakeFs *middle =
        fake_sys_add_fs_on(fake, "/middle", "ext4", fake_sys_add_partition(fake, NULL, volume));
    fake_sys_add_loop_fs(fake, "/upper", "xfs", middle);

    assert_int_equal(freeze(fake, open_path(fake, "/lower")), 0);
    assert_int_equal(freeze(fake, open_path(fake, "/upper")), 0);
    assert_violation(fake, "freeze of /upper, which stands on /lower, which is frozen: deadlock");
    thaw(fake, open_path(fake, "/upper"));
    assert_violation(fake, "thaw of /upper, which stands on /lower, which is frozen");
    assert_int_equal(thaw(fake, open_path(fake, "/lower")), 0);
}

static void
the_right_order_is_no_violation(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "ext4");
    fake_sys_add_loop_fs(fake, "/upper", "xfs", lower);
    int upper = open_path(fake, "/upper"), below = open_path(fake, "/lower");

    assert_int_equal(freeze(fake, upper), 0);
    assert_int_equal(freeze(fake, below), 0);
    assert_int_equal(thaw(fake, below), 0);
    assert_int_equal(thaw(fake, upper), 0);
}

static void
calls_fail_as_scripted(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/srv", "ext4");
    FrostSys *sys = fake_sys_get(fake);
    int fd = open_path(fake, "/srv");

    fake_sys_fail(fake, fs, FAKE_SYNC, 2, EIO);
    assert_int_equal(sys->kernel.syncfs(&sys->kernel, fd), 0);
    assert_int_equal(sys->kernel.syncfs(&sys->kernel, fd), -EIO);
    assert_int_equal(sys->kernel.syncfs(&sys->kernel, fd), 0);
    fake_sys_fail(fake, fs, FAKE_FREEZE, 0, EPERM);
    assert_int_equal(freeze(fake, fd), -EPERM);
    assert_int_equal(freeze(fake, fd), -EPERM);
    fake_sys_fail(fake, fs, FAKE_OPEN, 1, EMFILE);
    assert_int_equal(open_path(fake, "/srv"), -EMFILE);
    assert_journal(fake, "sync /srv\nsync /srv: EIO\nsync /srv\n"
                         "freeze /srv: EPERM\nfreeze /srv: EPERM\n");
}

typedef struct {
    FakeSys *fake;
    int fd;
    int result;
} Late;

static gpointer
freeze_late(gpointer user)
{
    Late *late = user;

    late->result = freeze(late->fake, late->fd);
    return NULL;
}

static void
a_freeze_at_the_gate_cannot_be_thawed_and_comes_later(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/srv", "ext4");
    Late late = {.fake = fake, .fd = open_path(fake, "/srv"), .result = 42};

    fake_sys_hold(fake, fs, FAKE_FREEZE);
    GThread *thread = g_thread_new("late", freeze_late, &late);
    assert_true(fake_sys_wait_held(fake, fs, FAKE_FREEZE));
    assert_int_equal(thaw(fake, late.fd), -EINVAL);
    assert_false(fake_sys_is_frozen(fake, fs));
    assert_int_equal(freeze(fake, late.fd), -EBUSY);

    fake_sys_release(fake, fs, FAKE_FREEZE);
    g_thread_join(thread);
    assert_int_equal(late.result, 0);
    assert_true(fake_sys_is_frozen(fake, fs));
    assert_int_equal(thaw(fake, late.fd), 0);
}

static void
a_covered_path_leads_to_what_covers_it(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/", "ext4");
    FakeFs *below = fake_sys_add_fs(fake, "/mnt/p", "ext4");
    FakeFs *hidden = fake_sys_add_fs(fake, "/mnt/p/q", "ext4");
    FakeFs *above = fake_sys_add_fs(fake, "/mnt/p", "xfs");

    assert_true(fake_sys_fs_of_fd(fake, open_path(fake, "/mnt/p")) == above);
    assert_int_equal(open_path(fake, "/mnt/p/q"), -ENOENT);
    fake_sys_add_entry(fake, above, "/mnt/p/q", S_IFDIR | 0755);
    assert_true(fake_sys_fs_of_fd(fake, open_path(fake, "/mnt/p/q")) == above);
    fake_sys_umount(fake, "/mnt/p");
    assert_true(fake_sys_fs_of_fd(fake, open_path(fake, "/mnt/p")) == below);
    assert_true(fake_sys_fs_of_fd(fake, open_path(fake, "/mnt/p/q")) == hidden);
    assert_int_equal(fake_sys_opened(fake, "/mnt/p/q"), 3);
}

static void
subvolumes_differ_in_st_dev_and_share_all_else(void **state)
{
    FakeSys *fake = *state;
    FrostSys *sys = fake_sys_get(fake);
    FakeFs *fs = fake_sys_add_fs(fake, "/", "btrfs");
    fake_sys_add_subvolume(fake, fs, "/home");
    int fds[] = {open_path(fake, "/"), open_path(fake, "/home")};
    FrostStat stats[2];
    uint8_t ids[2][16];

    for (int i = 0; i < 2; i++) {
        assert_int_equal(sys->stat_fd(sys, fds[i], &stats[i]), 0);
        assert_int_equal(sys->btrfs_fsid(sys, fds[i], ids[i]), 0);
        assert_true(stats[i].dev != fake_fs_dev(fs));
    }
    assert_true(stats[0].dev != stats[1].dev);
    assert_memory_equal(ids[0], ids[1], 16);
    assert_int_equal(freeze(fake, fds[0]), 0);
    assert_int_equal(freeze(fake, fds[1]), -EBUSY);
    assert_int_equal(thaw(fake, fds[1]), 0);
}

static void
descriptors_are_counted(void **state)
{
    FakeSys *fake = *state;
    FrostSys *sys = fake_sys_get(fake);
    fake_sys_add_fs(fake, "/", "ext4");
    int fd = open_path(fake, "/");

    assert_int_equal(fake_sys_open_fds(fake), 1);
    sys->close(sys, fd);
    assert_int_equal(fake_sys_open_fds(fake), 0);
    sys->close(sys, fd);
    assert_violation(fake, "not open");
    assert_int_equal(freeze(fake, fd), -EBADF);
    assert_violation(fake, "not open");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest TESTS[] = {
        TEST(a_freeze_holds_until_its_thaw),
        TEST(a_second_thaw_is_a_violation),
        TEST(a_type_without_a_freeze_says_so_and_need_not_be_thawed),
        TEST(a_foreign_freeze_is_busy_and_not_ours_to_thaw),
        TEST(a_thaw_after_another_programs_thaw_is_einval_and_no_violation),
        TEST(an_earlier_freeze_of_ours_may_be_thawed),
        TEST(a_suspended_device_is_busy_and_hangs_a_thaw),
        TEST(a_lower_filesystem_frozen_first_is_a_deadlock),
        TEST(the_right_order_is_no_violation),
        TEST(calls_fail_as_scripted),
        TEST(a_freeze_at_the_gate_cannot_be_thawed_and_comes_later),
        TEST(a_covered_path_leads_to_what_covers_it),
        TEST(subvolumes_differ_in_st_dev_and_share_all_else),
        TEST(descriptors_are_counted),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
