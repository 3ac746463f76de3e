/* SPDX-License-Identifier: MIT */

/*
 * The freeze order of filesystems that may stand on others that cannot be seen.
 */

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "plan-fixture.h"
#include "plan.h"
#include "test-support.h"

static void
behind_an_overlay_without_a_visible_upper_directory_the_order_is_unknown(void **state)
{
    static const char *const OPTIONS[] = {
        "ro,lowerdir=/a:/b",   "rw,lowerdir=/l,upperdir=/gone", "rw,upperdir=relative",
        "rw,upperdir=/nfs/up", "rw,upperdir=/merged/up",        "rw,upperdir=/fuse/up",
    };
    FakeSys *fake = *state;
    FakeFs *nfs = fake_sys_add_nodev_fs(fake, "/nfs", "nfs4", "192.0.2.1:/");
    fake_sys_add_entry(fake, nfs, "/nfs/up", S_IFDIR | 0755);
    FakeFs *fuse = fake_sys_add_fs(fake, "/fuse", "fuseblk");
    fake_sys_add_entry(fake, fuse, "/fuse/up", S_IFDIR | 0755);
    FakeFs *overlay = fake_sys_add_nodev_fs(fake, "/merged", "overlay", "overlay");
    fake_sys_add_entry(fake, overlay, "/merged/up", S_IFDIR | 0755);
    fake_sys_add_loop_fs(fake, "/upper", "ext4", overlay);

    for (size_t i = 0; i < G_N_ELEMENTS(OPTIONS); i++) {
        fake_fs_set_super_options(overlay, OPTIONS[i]);
        assert_levels(fake, NULL, "0:/upper 1:/");
    }
    assert_int_equal(fake_sys_looked_up(fake, "/nfs/up"), 0);
    assert_int_equal(fake_sys_looked_up(fake, "/fuse/up"), 0);
}

/* The path of the upper directory is that of another namespace, or a link: what is there now is on
 * another filesystem than the path says. */
static void
an_upper_directory_that_leads_elsewhere_is_not_used(void **state)
{
    FakeSys *fake = *state;
    dev_t elsewhere = fake_sys_add_loop(fake, fake_sys_add_fs(fake, "/lower", "ext4"));
    fake_sys_give_own_dev(fake, elsewhere);
    g_autofree char *upper = path_of_loop_file(fake, elsewhere);
    g_autofree char *options = g_strconcat("rw,upperdir=", upper, NULL);
    FakeFs *overlay = fake_sys_add_nodev_fs(fake, "/merged", "overlay", "overlay");
    fake_fs_set_super_options(overlay, options);
    fake_sys_add_loop_fs(fake, "/upper", "ext4", overlay);

    assert_levels(fake, NULL, "0:/upper 1:/lower 1:/");
}

static void
a_file_on_the_network_may_be_anywhere(void **state)
{
    static const char *const TYPES[] = {"nfs4", "fuse.mergerfs", "9p"};

    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        fake_sys_add_fs(fake, "/", "ext4");
        FakeFs *remote = fake_sys_add_nodev_fs(fake, "/remote", TYPES[i], "there");
        FakeFs *upper = fake_sys_add_loop_fs(fake, "/upper", "ext4", remote);
        fake_sys_add_loop_fs(fake, "/top", "ext4", upper);

        assert_levels(fake, NULL, "0:/top 1:/upper 2:/");
    }
}

static void
a_path_on_a_mount_that_may_hang_is_not_looked_up(void **state)
{
    static const char *const PATHS[] = {"/nfs/file", "/fuse/file"};
    FakeSys *fake = *state;
    FakeFs *nfs = fake_sys_add_nodev_fs(fake, "/nfs", "nfs4", "192.0.2.1:/");
    FakeFs *fuse = fake_sys_add_fs(fake, "/fuse", "fuseblk");
    dev_t loop = fake_sys_add_loop(fake, nfs);
    fake_sys_add_fs_on(fake, "/upper", "ext4", loop);
    fake_sys_add_entry(fake, nfs, PATHS[0], S_IFREG | 0600);
    fake_sys_add_entry(fake, fuse, PATHS[1], S_IFREG | 0600);

    for (size_t i = 0; i < G_N_ELEMENTS(PATHS); i++) {
        fake_sys_set_loop_backing(fake, loop, makedev(0, 777), PATHS[i]);
        assert_levels(fake, NULL, "0:/upper 1:/");
        assert_int_equal(fake_sys_looked_up(fake, PATHS[i]), 0);
    }
}

static void
a_filesystem_of_unknown_order_is_frozen_before_all_that_it_may_stand_on(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, NULL);
    dev_t hidden = fake_sys_add_stacked(fake, NULL, &disk, 1);
    FakeFs *a = fake_sys_add_fs(fake, "/a", "ext4");
    fake_sys_add_fs_on(fake, "/opaque", "ext4", hidden);
    fake_sys_add_loop_fs(fake, "/b", "ext4", a);
    fake_sys_hide_device(fake, hidden);

    assert_levels(fake, NULL, "0:/opaque 1:/b 1:/ 2:/a");
}

static dev_t
add_served_disk(FakeSys *fake, const char *name)
{
    dev_t disk = fake_sys_add_disk(fake, name);

    fake_sys_set_bus(fake, disk, "/sys/devices/virtual/block");
    return disk;
}

/* Three deep: nbd on a file on LIO on a file, newest first. */
static void
disks_that_the_machine_serves_to_itself_are_frozen_before_the_rest_newest_first(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/carrier", "ext4");
    fake_sys_add_fs_on(fake, "/older", "ext4", add_served_disk(fake, "sda"));
    fake_sys_add_fs(fake, "/other", "ext4");
    fake_sys_add_fs_on(fake, "/newer", "ext4", add_served_disk(fake, "nbd0"));

    assert_levels(fake, NULL, "0:/newer 1:/older 2:/other 2:/carrier 2:/");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);
    assert_string_equal(plan_find(plan, "/newer")->unseen,
                        "nbd0 may be served by this machine itself");
    assert_null(plan_find(plan, "/other")->unseen);
}

/* What is in between is known to stand on one of unknown order, and older: it waits. */
static void
a_served_disk_may_lie_on_what_stands_on_another_one(void **state)
{
    FakeSys *fake = *state;
    FakeFs *low = fake_sys_add_fs_on(fake, "/low", "ext4", add_served_disk(fake, "sda"));
    fake_sys_add_loop_fs(fake, "/middle", "ext4", low);
    fake_sys_add_fs_on(fake, "/high", "ext4", add_served_disk(fake, "nbd0"));

    assert_levels(fake, NULL, "0:/high 1:/middle 2:/low 3:/");
}

#define BDI "/sys/class/bdi/"

/* 50 of them, on one overlay or btrfs of another namespace; what is on another one comes after. */
static void
loops_over_files_of_one_hidden_filesystem_are_frozen_together(void **state)
{
    FakeSys *fake = *state;
    fake_sys_set_file(fake, BDI "7:0/max_ratio", "100\n");
    for (unsigned n = 0; n < 51; n++) {
        g_autofree char *path = g_strdup_printf("/loop%u", n);
        dev_t loop = fake_fs_device(fake_sys_add_fs_on(
            fake, path, "ext4", fake_sys_add_loop(fake, fake_sys_add_fs(fake, "/t", "tmpfs"))));
        fake_sys_set_loop_backing(fake, loop, makedev(0, n == 0 ? 776 : 777), NULL);
    }

    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);
    for (unsigned n = 0; n < 51; n++) {
        g_autofree char *path = g_strdup_printf("/loop%u", n);
        assert_int_equal(plan_find(plan, path)->level, n == 0);
        assert_non_null(plan_find(plan, path)->unseen);
    }
    assert_int_equal(plan_find(plan, "/")->level, 2);
}

/* As mergerfs does; or it cannot be told. */
static void
files_of_a_served_filesystem_may_lie_on_different_ones(void **state)
{
    static const char *const FILES[] = {NULL, BDI "0:777/max_ratio", BDI "7:0/max_ratio"};
    static const char *const LEVELS[] = {"0:/b 1:/a 2:/", "0:/b 1:/a 2:/", "0:/b 0:/a 1:/"};

    for (size_t i = 0; i < G_N_ELEMENTS(FILES); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        FakeFs *root = fake_sys_add_fs(fake, "/", "ext4");
        FakeFs *both[] = {fake_sys_add_loop_fs(fake, "/a", "ext4", root),
                          fake_sys_add_loop_fs(fake, "/b", "ext4", root)};
        if (FILES[i])
            fake_sys_set_file(fake, FILES[i], "100\n");
        for (size_t n = 0; n < G_N_ELEMENTS(both); n++)
            fake_sys_set_loop_backing(fake, fake_fs_device(both[n]), makedev(0, 777), NULL);

        assert_levels(fake, NULL, LEVELS[i]);
    }
}

/* As in a container without sysfs: then mount order is the best guess there is. */
static void
without_sysfs_the_newest_is_frozen_first_one_by_one(void **state)
{
    FakeSys *fake = *state;
    fake_sys_hide_device(fake, fake_fs_device(fake_sys_add_fs(fake, "/a", "ext4")));
    fake_sys_hide_device(fake, fake_fs_device(fake_sys_add_fs(fake, "/b", "ext4")));
    fake_sys_hide_device(fake, makedev(3001, 0));

    assert_levels(fake, NULL, "0:/b 1:/a 2:/");
}

static void
the_order_above_a_pool_is_unknown(void **state)
{
    FakeSys *fake = *state;
    FakeFs *tank = fake_sys_add_nodev_fs(fake, "/tank", "zfs", "tank");
    fake_sys_add_loop_fs(fake, "/upper", "ext4", tank);

    assert_levels(fake, NULL, "0:/upper 1:/");
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        PLAN_TEST(behind_an_overlay_without_a_visible_upper_directory_the_order_is_unknown),
        PLAN_TEST(an_upper_directory_that_leads_elsewhere_is_not_used),
        cmocka_unit_test(a_file_on_the_network_may_be_anywhere),
        PLAN_TEST(a_path_on_a_mount_that_may_hang_is_not_looked_up),
        PLAN_TEST(a_filesystem_of_unknown_order_is_frozen_before_all_that_it_may_stand_on),
        PLAN_TEST(disks_that_the_machine_serves_to_itself_are_frozen_before_the_rest_newest_first),
        PLAN_TEST(a_served_disk_may_lie_on_what_stands_on_another_one),
        PLAN_TEST(loops_over_files_of_one_hidden_filesystem_are_frozen_together),
        cmocka_unit_test(files_of_a_served_filesystem_may_lie_on_different_ones),
        PLAN_TEST(without_sysfs_the_newest_is_frozen_first_one_by_one),
        PLAN_TEST(the_order_above_a_pool_is_unknown),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
