/* SPDX-License-Identifier: MIT */
#include "block-topology.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "fake-sys.h"
#include "test-support.h"

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

static bool
has_device(const GArray *devices, dev_t device)
{
    for (guint i = 0; i < devices->len; i++) {
        if (g_array_index(devices, dev_t, i) == device)
            return true;
    }
    return false;
}

static void
a_disk_stands_on_nothing(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "sda");
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), disk);

    assert_int_equal(it->devices->len, 1);
    assert_true(has_device(it->devices, disk));
    assert_int_equal(it->backings->len, 0);
    assert_null(it->unseen);
}

static void
a_partition_stands_on_its_disk(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "sda");
    dev_t partition = fake_sys_add_partition(fake, "sda1", disk);
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), partition);

    assert_int_equal(it->devices->len, 2);
    assert_true(has_device(it->devices, disk));
    assert_null(it->unseen);
}

static void
a_stack_is_followed_to_the_bottom_on_every_side(void **state)
{
    FakeSys *fake = *state;
    dev_t disks[] = {fake_sys_add_disk(fake, "sda"), fake_sys_add_disk(fake, "sdb")};
    dev_t partitions[] = {fake_sys_add_partition(fake, "sda1", disks[0]),
                          fake_sys_add_partition(fake, "sdb1", disks[1])};
    dev_t raid = fake_sys_add_stacked(fake, "md0", partitions, 2);
    dev_t crypt = fake_sys_add_stacked(fake, "dm-0", &raid, 1);
    dev_t volume = fake_sys_add_stacked(fake, "dm-1", &crypt, 1);
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), volume);

    assert_int_equal(it->devices->len, 7);
    assert_true(has_device(it->devices, disks[0]));
    assert_true(has_device(it->devices, disks[1]));
    assert_null(it->unseen);
}

static void
a_device_that_is_reached_twice_is_listed_once(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "sda");
    dev_t partitions[] = {fake_sys_add_partition(fake, "sda1", disk),
                          fake_sys_add_partition(fake, "sda2", disk)};
    dev_t raid = fake_sys_add_stacked(fake, "md0", partitions, 2);
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), raid);

    assert_int_equal(it->devices->len, 4);
}

static void
a_loop_names_its_backing_file(void **state)
{
    FakeSys *fake = *state;
    FakeFs *srv = fake_sys_add_fs(fake, "/srv", "ext4");
    dev_t loop = fake_sys_add_loop(fake, srv);
    dev_t partition = fake_sys_add_partition(fake, "loop0p1", loop);
    dev_t volume = fake_sys_add_stacked(fake, "dm-0", &partition, 1);
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), volume);

    assert_int_equal(it->devices->len, 3);
    assert_int_equal(it->backings->len, 1);
    FrostBacking backing = g_array_index(it->backings, FrostBacking, 0);
    assert_true(backing.loop == loop);
    assert_true(backing.dev == fake_fs_dev(srv));
    assert_null(it->unseen);
}

static void
a_loop_over_a_device_stands_on_that_device(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "sda");
    dev_t loop = fake_sys_add_loop_over(fake, fake_sys_add_partition(fake, "sda1", disk));
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), loop);

    assert_int_equal(it->devices->len, 3);
    assert_true(has_device(it->devices, disk));
    assert_int_equal(it->backings->len, 0);
    assert_null(it->unseen);
}

static void
a_part_that_sysfs_does_not_show_is_unseen(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "sda");
    dev_t volume = fake_sys_add_stacked(fake, "dm-0", &disk, 1);
    fake_sys_hide_device(fake, volume);
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), volume);

    assert_non_null(it->unseen);
    assert_non_null(strstr(it->unseen, "253:0"));
    assert_non_null(strstr(it->unseen, g_strerror(EACCES)));
}

static void
a_device_that_sysfs_does_not_know_has_an_unseen_part(void **state)
{
    FakeSys *fake = *state;
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), makedev(99, 3));

    assert_non_null(it->unseen);
    assert_int_equal(it->devices->len, 1);
}

/* The link to its folder is there, but something is mounted over the folder. */
static void
a_device_whose_folder_is_hidden_has_an_unseen_part(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "sda");
    dev_t volume = fake_sys_add_stacked(fake, "dm-0", &disk, 1);
    fake_sys_fail_path(fake, "/sys/dev/block/253:0/dev", ENOENT);
    fake_sys_fail_path(fake, "/sys/dev/block/253:0/slaves", ENOENT);
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), volume);

    assert_non_null(it->unseen);
    assert_non_null(strstr(it->unseen, "253:0"));
}

static void
each_part_that_cannot_be_read_makes_part_of_it_unseen(void **state)
{
    static const char *const PATHS[] = {"", "/slaves", "/slaves/sda/dev", "/partition"};

    for (size_t i = 0; i < G_N_ELEMENTS(PATHS); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        dev_t disk = fake_sys_add_disk(fake, "sda");
        dev_t volume = fake_sys_add_stacked(fake, "dm-0", &disk, 1);
        g_autofree char *path = g_strconcat("/sys/dev/block/253:0", PATHS[i], NULL);
        fake_sys_fail_path(fake, path, EIO);
        g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), volume);

        if (!it->unseen)
            fail_msg("all is seen though %s cannot be read", path);
    }
}

static void
a_device_number_that_is_none_makes_part_of_it_unseen(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "sda");
    dev_t volume = fake_sys_add_stacked(fake, "dm-0", &disk, 1);
    fake_sys_set_file(fake, "/sys/dev/block/253:0/slaves/sda/dev", "nonsense\n");
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), volume);

    assert_non_null(it->unseen);
}

static void
a_loop_that_hides_its_file_has_an_unseen_part(void **state)
{
    FakeSys *fake = *state;
    dev_t loop = fake_sys_add_loop(fake, fake_sys_add_fs(fake, "/srv", "ext4"));
    fake_sys_fail_loop(fake, loop, EACCES);
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), loop);

    assert_non_null(it->unseen);
    assert_int_equal(it->backings->len, 0);
}

static void
a_loop_without_a_file_stands_on_nothing(void **state)
{
    FakeSys *fake = *state;
    dev_t loop = fake_sys_add_loop(fake, fake_sys_add_fs(fake, "/srv", "ext4"));
    fake_sys_fail_loop(fake, loop, ENXIO);
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), loop);

    assert_null(it->unseen);
    assert_int_equal(it->backings->len, 0);
}

static void
a_disk_that_the_machine_may_serve_to_itself_may_stand_on_anything(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "nbd0");
    dev_t partition = fake_sys_add_partition(fake, "nbd0p1", disk);
    dev_t volume = fake_sys_add_stacked(fake, "dm-0", &partition, 1);
    fake_sys_set_bus(fake, disk, "/sys/devices/virtual/block");
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), volume);

    assert_string_equal(it->unseen, "nbd0 may be served by this machine itself");
}

static void
a_device_with_something_below_is_not_taken_for_a_served_disk(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "sda");
    dev_t mirror = fake_sys_add_stacked(fake, "drbd0", &disk, 1);
    fake_sys_set_bus(fake, mirror, "/sys/devices/virtual/block");
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), mirror);

    assert_null(it->unseen);
}

static void
devices_upon_each_other_come_to_an_end(void **state)
{
    FakeSys *fake = *state;
    dev_t first = fake_sys_add_stacked(fake, "dm-0", NULL, 0);
    dev_t second = fake_sys_add_stacked(fake, "dm-1", &first, 1);
    fake_sys_stack_upon(fake, first, second);
    g_autoptr(FrostFoundation) it = frost_foundation_of(fake_sys_get(fake), first);

    assert_int_equal(it->devices->len, 2);
}

static void
all_members_of_a_btrfs_are_its_devices(void **state)
{
    FakeSys *fake = *state;
    dev_t disks[] = {fake_sys_add_disk(fake, "sda"), fake_sys_add_disk(fake, "sdb")};
    FakeFs *other = fake_sys_add_fs(fake, "/other", "btrfs");
    FakeFs *fs = fake_sys_add_fs_on(fake, "/", "btrfs", disks[0]);
    fake_fs_add_member(fs, disks[1]);

    FrostSys *sys = fake_sys_get(fake);
    int fd = sys->open_mount(sys, "/");
    uint8_t fsid[16];
    assert_int_equal(sys->btrfs_fsid(sys, fd, fsid), 0);
    sys->close(sys, fd);

    g_autoptr(GArray) by_id = frost_btrfs_devices(sys, fsid, 0);
    assert_int_equal(by_id->len, 2);
    assert_true(has_device(by_id, disks[1]));
    g_autoptr(GArray) by_member = frost_btrfs_devices(sys, NULL, disks[1]);
    assert_int_equal(by_member->len, 2);
    assert_true(has_device(by_member, disks[0]));
    g_autoptr(GArray) by_stranger = frost_btrfs_devices(sys, NULL, makedev(99, 1));
    assert_int_equal(by_stranger->len, 0);
    g_autoptr(GArray) of_other = frost_btrfs_devices(sys, NULL, fake_fs_device(other));
    assert_int_equal(of_other->len, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest TESTS[] = {
        TEST(a_disk_stands_on_nothing),
        TEST(a_partition_stands_on_its_disk),
        TEST(a_stack_is_followed_to_the_bottom_on_every_side),
        TEST(a_device_that_is_reached_twice_is_listed_once),
        TEST(a_loop_names_its_backing_file),
        TEST(a_loop_over_a_device_stands_on_that_device),
        TEST(a_part_that_sysfs_does_not_show_is_unseen),
        TEST(a_device_that_sysfs_does_not_know_has_an_unseen_part),
        TEST(a_device_whose_folder_is_hidden_has_an_unseen_part),
        cmocka_unit_test(each_part_that_cannot_be_read_makes_part_of_it_unseen),
        TEST(a_device_number_that_is_none_makes_part_of_it_unseen),
        TEST(a_loop_that_hides_its_file_has_an_unseen_part),
        TEST(a_loop_without_a_file_stands_on_nothing),
        TEST(a_disk_that_the_machine_may_serve_to_itself_may_stand_on_anything),
        TEST(a_device_with_something_below_is_not_taken_for_a_served_disk),
        TEST(devices_upon_each_other_come_to_an_end),
        TEST(all_members_of_a_btrfs_are_its_devices),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
