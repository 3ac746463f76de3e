/* SPDX-License-Identifier: MIT */

/*
 * The freeze order of filesystems whose devices are all known.
 */

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "plan-fixture.h"
#include "plan.h"
#include "test-support.h"

/* An ext4 in a file of an xfs that only a newer bind mount shows. */
static void
add_loop_older_than_what_shows_its_file(FakeSys *fake)
{
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "xfs");
    fake_sys_add_loop_fs(fake, "/upper", "ext4", lower);
    fake_sys_bind(fake, lower, "/seen");
    fake_sys_umount(fake, "/lower");
}

/* As they would be frozen one at a time: newest first, but a loop before what its file is on. */
static void
each_filesystem_has_a_turn_of_its_own(void **state)
{
    FakeSys *fake = *state;
    add_loop_older_than_what_shows_its_file(fake);
    fake_sys_add_fs(fake, "/efi", "vfat");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_int_equal(plan_find(plan, "/upper")->turn, 0);
    assert_int_equal(plan_find(plan, "/seen")->turn, 1);
    assert_int_equal(plan_find(plan, "/")->turn, 2);
    assert_int_equal(plan_find(plan, "/efi")->turn, 0);
}

static void
filesystems_that_do_not_meet_share_a_level(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "sda");
    fake_sys_add_fs_on(fake, "/a", "ext4", fake_sys_add_partition(fake, NULL, disk));
    fake_sys_add_fs_on(fake, "/b", "xfs", fake_sys_add_partition(fake, NULL, disk));

    assert_levels(fake, NULL, "0:/b 0:/a 0:/");
}

static void
a_loop_is_frozen_before_the_filesystem_of_its_file(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "xfs");
    fake_sys_add_loop_fs(fake, "/upper", "ext4", lower);

    assert_levels(fake, NULL, "0:/upper 0:/ 1:/lower");
}

/* The case in which freezing in mount order deadlocks for good: the filesystem below is seen only
 * by a bind mount that is newer than what stands on it. */
static void
the_order_of_mounts_does_not_matter(void **state)
{
    FakeSys *fake = *state;
    add_loop_older_than_what_shows_its_file(fake);

    assert_levels(fake, NULL, "0:/upper 0:/ 1:/seen");
}

static void
devices_between_do_not_matter(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "xfs");
    dev_t loops[] = {fake_sys_add_loop(fake, lower), fake_sys_add_loop(fake, lower)};
    dev_t volume = fake_sys_add_stacked(fake, NULL, loops, 2);
    dev_t over = fake_sys_add_loop_over(fake, fake_sys_add_partition(fake, NULL, volume));
    fake_sys_add_fs_on(fake, "/upper", "ext4", over);

    assert_levels(fake, NULL, "0:/upper 0:/ 1:/lower");
}

static void
a_stack_has_a_level_for_each_filesystem(void **state)
{
    FakeSys *fake = *state;
    FakeFs *a = fake_sys_add_fs(fake, "/a", "xfs");
    FakeFs *b = fake_sys_add_loop_fs(fake, "/b", "btrfs", a);
    FakeFs *c = fake_sys_add_loop_fs(fake, "/c", "ext4", b);
    fake_sys_add_loop_fs(fake, "/d", "ext4", c);
    fake_sys_add_loop_fs(fake, "/e", "ext4", a);

    assert_levels(fake, NULL, "0:/e 0:/d 0:/ 1:/c 2:/b 3:/a");
}

static void
a_stack_may_pass_through_a_filesystem_that_is_not_frozen(void **state)
{
    static const char *const TYPES[] = {"ext4", "vfat", "fuseblk"};

    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        FakeFs *lower = fake_sys_add_fs(fake, "/lower", "ext4");
        FakeFs *middle = fake_sys_add_loop_fs(fake, "/middle", TYPES[i], lower);
        fake_sys_add_loop_fs(fake, "/upper", "ext4", middle);

        assert_levels(fake, &(FrostPlanFilter){.exclude = GLOBS("/middle")}, "0:/upper 1:/lower");
        assert_levels(fake, &(FrostPlanFilter){.mount_points = GLOBS("/lower", "/upper")},
                      "0:/upper 1:/lower");
        fake_fs_set_super_options(middle, "ro");
        assert_levels(fake, NULL, "0:/upper 1:/lower");
        fake_sys_fail_path(fake, "/middle", ENOENT);
        fake_fs_set_super_options(middle, "rw");
        assert_levels(fake, NULL, "0:/upper 1:/lower");
    }
}

static void
a_stack_may_pass_through_a_filesystem_that_is_mounted_elsewhere(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "ext4");
    FakeFs *middle = fake_sys_add_loop_fs(fake, "/middle", "xfs", lower);
    fake_sys_add_loop_fs(fake, "/upper", "ext4", middle);
    fake_sys_umount(fake, "/middle");

    assert_levels(fake, NULL, "0:/upper 0:/ 1:/lower");
}

static void
a_file_in_memory_stands_on_nothing(void **state)
{
    FakeSys *fake = *state;
    FakeFs *run = fake_sys_add_nodev_fs(fake, "/run", "tmpfs", "tmpfs");
    fake_sys_add_loop_fs(fake, "/upper", "ext4", run);

    assert_levels(fake, NULL, "0:/upper 0:/");
}

static void
a_file_on_btrfs_is_known_by_its_subvolume(void **state)
{
    FakeSys *fake = *state;
    FakeFs *data = fake_sys_add_fs(fake, "/data", "btrfs");
    fake_sys_add_subvolume(fake, data, "/home");
    dev_t loop = fake_sys_add_loop(fake, data); /* its file is in /home, the newest mount */
    fake_sys_add_fs_on(fake, "/upper", "ext4", loop);
    g_autofree char *path = loop_attribute(loop, "backing_file");
    fake_sys_fail_path(fake, path, EACCES);

    assert_levels(fake, NULL, "0:/upper 0:/ 1:/data");
    assert_levels(fake, &(FrostPlanFilter){.exclude = GLOBS("/nothing")}, "0:/upper 0:/ 1:/data");
}

static void
a_file_in_a_subvolume_that_is_not_mounted_is_found_by_its_path(void **state)
{
    FakeSys *fake = *state;
    FakeFs *data = fake_sys_add_fs(fake, "/data", "btrfs");
    dev_t loop = fake_sys_add_loop(fake, data);
    fake_sys_give_own_dev(fake, loop);
    fake_sys_add_fs_on(fake, "/upper", "ext4", loop);

    assert_levels(fake, NULL, "0:/upper 0:/ 1:/data");
}

/* With nothing but a path that proves to be another file, the safe rule holds. */
static void
a_path_is_taken_only_with_device_and_inode(void **state)
{
    FakeSys *fake = *state;
    FakeFs *data = fake_sys_add_fs(fake, "/data", "btrfs");
    dev_t decoy = fake_sys_add_loop(fake, data);
    fake_sys_give_own_dev(fake, decoy);
    g_autofree char *decoy_path = path_of_loop_file(fake, decoy);
    FrostLoopBacking decoy_file;
    fake_sys_get(fake)->loop_backing(fake_sys_get(fake), decoy, &decoy_file);

    dev_t loop = fake_sys_add_loop(fake, data);
    g_autofree char *own_path = path_of_loop_file(fake, loop);
    fake_sys_add_fs_on(fake, "/upper", "ext4", loop);
    assert_levels(fake, NULL, "0:/upper 0:/ 1:/data");

    /* another inode on the same device */
    fake_sys_set_loop_backing(fake, loop, decoy_file.dev, decoy_path);
    assert_levels(fake, NULL, "0:/upper 1:/data 1:/");
    /* the same inode on another device */
    fake_sys_set_loop_backing(fake, loop, makedev(0, 777), own_path);
    assert_levels(fake, NULL, "0:/upper 1:/data 1:/");
    /* nothing there at all */
    fake_sys_set_loop_backing(fake, loop, makedev(0, 777), "/data/gone (deleted)");
    assert_levels(fake, NULL, "0:/upper 1:/data 1:/");
    fake_sys_set_loop_backing(fake, loop, makedev(0, 777), NULL);
    assert_levels(fake, NULL, "0:/upper 1:/data 1:/");
}

static void
every_device_of_a_btrfs_counts(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "ext4");
    FakeFs *upper = fake_sys_add_fs(fake, "/upper", "btrfs");
    fake_fs_add_member(upper, fake_sys_add_loop(fake, lower));

    assert_levels(fake, NULL, "0:/upper 0:/ 1:/lower");
    /* not opened, hence no FSID: its source leads to the others */
    fake_sys_add_loop_fs(fake, "/top", "ext4", upper);
    assert_levels(fake, &(FrostPlanFilter){.exclude = GLOBS("/upper")}, "0:/top 0:/ 1:/lower");
}

static void
a_file_on_an_overlay_is_where_its_upper_directory_is(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "ext4");
    fake_sys_add_entry(fake, lower, "/lower/up dir", S_IFDIR | 0755);
    FakeFs *overlay = fake_sys_add_nodev_fs(fake, "/merged", "overlay", "overlay");
    fake_fs_set_super_options(overlay, "rw,lowerdir=/l,upperdir=/lower/up\\040dir,workdir=/w");
    dev_t loop = fake_sys_add_loop(fake, overlay);
    fake_sys_add_fs_on(fake, "/upper", "ext4", loop);

    assert_levels(fake, NULL, "0:/upper 0:/ 1:/lower");
    fake_sys_give_own_dev(fake, loop); /* which overlay does where its layers differ */
    assert_levels(fake, NULL, "0:/upper 0:/ 1:/lower");
}

static void
filesystems_that_stand_on_each_other_are_an_error(void **state)
{
    FakeSys *fake = *state;
    dev_t first = fake_sys_add_stacked(fake, NULL, NULL, 0);
    FakeFs *a = fake_sys_add_fs_on(fake, "/a", "ext4", first);
    FakeFs *b = fake_sys_add_loop_fs(fake, "/b", "ext4", a);
    fake_sys_stack_upon(fake, first, fake_sys_add_loop(fake, b));

    assert_no_plan(fake, FROST_PLAN_ERROR_CYCLE, "/a");
    assert_no_plan(fake, FROST_PLAN_ERROR_CYCLE, "/b");
    assert_plan(fake, &(FrostPlanFilter){.exclude = GLOBS("/[ab]")},
                "/ freeze, /b excluded, /a excluded");
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        PLAN_TEST(each_filesystem_has_a_turn_of_its_own),
        PLAN_TEST(filesystems_that_do_not_meet_share_a_level),
        PLAN_TEST(a_loop_is_frozen_before_the_filesystem_of_its_file),
        PLAN_TEST(the_order_of_mounts_does_not_matter),
        PLAN_TEST(devices_between_do_not_matter),
        PLAN_TEST(a_stack_has_a_level_for_each_filesystem),
        cmocka_unit_test(a_stack_may_pass_through_a_filesystem_that_is_not_frozen),
        PLAN_TEST(a_stack_may_pass_through_a_filesystem_that_is_mounted_elsewhere),
        PLAN_TEST(a_file_in_memory_stands_on_nothing),
        PLAN_TEST(a_file_on_btrfs_is_known_by_its_subvolume),
        PLAN_TEST(a_file_in_a_subvolume_that_is_not_mounted_is_found_by_its_path),
        PLAN_TEST(a_path_is_taken_only_with_device_and_inode),
        PLAN_TEST(every_device_of_a_btrfs_counts),
        PLAN_TEST(a_file_on_an_overlay_is_where_its_upper_directory_is),
        PLAN_TEST(filesystems_that_stand_on_each_other_are_an_error),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
