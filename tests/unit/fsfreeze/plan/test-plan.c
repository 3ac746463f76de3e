/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "ledger.h"
#include "plan-fixture.h"
#include "test-support.h"

static void
filesystems_to_be_frozen_stay_open_until_the_plan_is_freed(void **state)
{
    FakeSys *fake = *state;
    FakeFs *srv = fake_sys_add_fs(fake, "/srv", "xfs");
    FrostPlan *plan = plan_make(fake, NULL);

    assert_int_equal(plan->freezable, 2);
    assert_int_equal(plan->levels, 1);
    assert_int_equal(fake_sys_open_fds(fake), 2);
    const FrostFilesystem *fs = plan_find(plan, "/srv");
    assert_true(fake_sys_fs_of_fd(fake, fs->fd) == srv);
    assert_true(fs->mount_dev == fake_fs_dev(srv));
    assert_true(fs->device == fake_fs_device(srv));
    assert_string_equal(fs->fs_type, "xfs");
    assert_string_equal(fs->source, "/dev/vd1");
    assert_null(fs->reason);
    frost_plan_free(plan);
    assert_int_equal(fake_sys_open_fds(fake), 0);
}

static void
the_newest_comes_first_and_the_rest_after_what_is_frozen(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_nodev_fs(fake, "/run", "tmpfs", "tmpfs");
    fake_sys_add_fs(fake, "/boot/efi", "vfat");
    fake_sys_add_fs(fake, "/srv", "xfs");
    fake_fs_set_super_options(fake_sys_add_fs(fake, "/usr", "ext4"), "ro");
    fake_sys_add_fs(fake, "/home", "ext4");

    assert_plan(fake, NULL,
                "/home freeze, /srv freeze, / freeze, /boot/efi sync, /usr read-only, "
                "/run untouched");
}

static void
network_and_its_like_are_listed_but_never_opened(void **state)
{
    static const char *const TYPES[] = {"nfs4",    "cifs",    "fuse.sshfs", "fuse",     "autofs",
                                        "overlay", "tmpfs",   "9p",         "virtiofs", "ceph",
                                        "proc",    "fusectl", "afs",        "zonefs"};
    FakeSys *fake = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        g_autofree char *path = g_strdup_printf("/mnt/%zu", i);
        FakeFs *fs = fake_sys_add_nodev_fs(fake, path, TYPES[i], "source");
        fake_sys_bind(fake, fs, path);
    }
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_int_equal(plan->filesystems->len, 1 + G_N_ELEMENTS(TYPES));
    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        g_autofree char *path = g_strdup_printf("/mnt/%zu", i);
        const FrostFilesystem *fs = plan_find(plan, path);

        assert_int_equal(fs->decision, FROST_DECISION_UNTOUCHED);
        assert_int_equal(fs->fd, -1);
        assert_non_null(strstr(fs->reason, TYPES[i]));
        assert_int_equal(fake_sys_opened(fake, path), 0);
    }
}

static void
fuse_on_a_block_device_is_not_opened_either(void **state)
{
    static const char *const TYPES[] = {"fuseblk", "fuseblk.ntfs-3g", "fuse.exfat"};
    FakeSys *fake = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        g_autofree char *path = g_strdup_printf("/mnt/%zu", i);
        fake_sys_add_fs(fake, path, TYPES[i]);
    }
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        g_autofree char *path = g_strdup_printf("/mnt/%zu", i);
        assert_int_equal(plan_find(plan, path)->decision, FROST_DECISION_UNTOUCHED);
        assert_int_equal(fake_sys_opened(fake, path), 0);
    }
}

static void
a_filesystem_that_cannot_be_frozen_is_opened_to_be_synced(void **state)
{
    static const char *const TYPES[] = {"vfat", "msdos", "exfat", "ntfs3", "udf", "hfsplus"};
    FakeSys *fake = *state;

    fake_sys_add_nodev_fs(fake, "/tank", "zfs", "tank");
    for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++) {
        g_autofree char *path = g_strdup_printf("/mnt/%zu", i);
        fake_sys_add_fs(fake, path, TYPES[i]);
    }
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_int_equal(plan->freezable, 1);
    for (guint i = 1; i < plan->filesystems->len; i++) {
        const FrostFilesystem *fs = plan->filesystems->pdata[i];
        assert_int_equal(fs->decision, FROST_DECISION_SYNC);
        assert_true(fs->fd >= 0);
        assert_non_null(strstr(fs->reason, fs->fs_type));
    }
    assert_true(plan_find(plan, "/tank")->device == 0);
}

static void
a_type_that_nobody_has_heard_of_is_tried(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/new", "futurefs");

    assert_plan(fake, NULL, "/new freeze, / freeze");
}

static void
a_read_only_superblock_is_not_opened(void **state)
{
    FakeSys *fake = *state;
    fake_fs_set_super_options(fake_sys_add_fs(fake, "/iso", "iso9660"), "ro,check=r");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_int_equal(plan_find(plan, "/iso")->decision, FROST_DECISION_READ_ONLY);
    assert_int_equal(plan_find(plan, "/iso")->fd, -1);
    assert_int_equal(fake_sys_opened(fake, "/iso"), 0);
}

static void
bind_mounts_are_one_filesystem_named_by_the_oldest(void **state)
{
    FakeSys *fake = *state;
    FakeFs *srv = fake_sys_add_fs(fake, "/srv", "ext4");
    fake_sys_bind(fake, srv, "/mnt/b");
    fake_sys_bind(fake, srv, "/mnt/a");
    fake_sys_bind(fake, srv, "/mnt/b");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_int_equal(plan->filesystems->len, 2);
    const FrostFilesystem *fs = plan_find(plan, "/srv");
    assert_int_equal(fs->aliases->len, 2);
    assert_string_equal(fs->aliases->pdata[0], "/mnt/b");
    assert_string_equal(fs->aliases->pdata[1], "/mnt/a");
    assert_int_equal(fake_sys_opened(fake, "/mnt/a") + fake_sys_opened(fake, "/mnt/b"), 0);
}

static void
subvolumes_are_one_filesystem(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/data", "btrfs");
    fake_sys_add_subvolume(fake, fs, "/home");
    fake_sys_add_subvolume(fake, fs, "/var");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_int_equal(plan->filesystems->len, 2);
    const FrostFilesystem *entry = plan_find(plan, "/data");
    assert_int_equal(entry->aliases->len, 2);
    assert_true(fake_sys_fs_of_fd(fake, entry->fd) == fs);
    assert_true(entry->mount_dev == fake_fs_dev(fs));
    assert_true(entry->device == fake_fs_device(fs));
    assert_int_equal(fake_sys_open_fds(fake), 2);
}

static void
subvolumes_with_device_numbers_of_their_own_are_one_by_fsid(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/data", "btrfs");
    fake_sys_add_subvolume(fake, fs, "/home");
    fake_sys_add_subvolume(fake, fs, "/var");
    fake_sys_set_mountinfo_dev(fake, "/home", makedev(0, 901));
    fake_sys_set_mountinfo_dev(fake, "/var", makedev(0, 902));
    fake_sys_add_fs(fake, "/other", "btrfs");

    assert_plan(fake, NULL, "/other freeze, /data freeze, / freeze");
    assert_plan(fake, &(FrostPlanFilter){.exclude = GLOBS("/var")},
                "/other freeze, / freeze, /data excluded");
    assert_int_equal(fake_sys_open_fds(fake), 0);
}

static void
a_filesystem_that_was_opened_only_to_identify_it_is_closed(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/data", "btrfs");
    fake_sys_add_subvolume(fake, fs, "/home");
    fake_sys_set_mountinfo_dev(fake, "/home", makedev(0, 901));
    FrostPlanFilter filter = {.exclude = GLOBS("btrfs")};
    g_autoptr(FrostPlan) plan = plan_make(fake, &filter);

    assert_int_equal(plan_find(plan, "/data")->fd, -1);
    assert_int_equal(plan_find(plan, "/data")->aliases->len, 1);
    assert_int_equal(fake_sys_open_fds(fake), 1);
}

static void
two_btrfs_of_one_source_stay_two(void **state)
{
    FakeSys *fake = *state;
    dev_t device = fake_sys_add_disk(fake, "sda");
    fake_sys_add_fs_on(fake, "/one", "btrfs", device);
    fake_sys_add_fs_on(fake, "/two", "btrfs", device);

    assert_plan(fake, NULL, "/two freeze, /one freeze, / freeze");
}

static void
a_btrfs_without_a_node_has_one_of_its_members(void **state)
{
    FakeSys *fake = *state;
    FakeFs *fs = fake_sys_add_fs(fake, "/data", "btrfs");
    fake_sys_fail_path(fake, "/dev/vd1", ENOENT);
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);

    assert_true(plan_find(plan, "/data")->device == fake_fs_device(fs));
}

static void
a_filesystem_that_is_left_out_cannot_fail_the_plan(void **state)
{
    FakeSys *fake = *state;
    fake_sys_fail(fake, fake_sys_add_fs(fake, "/bad", "ext4"), FAKE_OPEN, 0, EIO);

    assert_plan(fake, &(FrostPlanFilter){.exclude = GLOBS("/bad")}, "/ freeze, /bad excluded");
    assert_plan(fake, &(FrostPlanFilter){.mount_points = GLOBS("/")}, "/ freeze, /bad not-listed");
    assert_int_equal(fake_sys_opened(fake, "/bad"), 0);
}

static void
globs_mean_mount_point_alias_type_or_source(void **state)
{
    static const struct {
        const char *include, *exclude, *expected;
    } ROWS[] = {
        {NULL, NULL, "/home freeze, /srv/a freeze, / freeze"},
        {NULL, "/srv/a", "/home freeze, / freeze, /srv/a excluded"},
        {NULL, "/s*", "/home freeze, / freeze, /srv/a excluded"},
        {NULL, "/mnt/alias", "/home freeze, / freeze, /srv/a excluded"},
        {NULL, "xfs", "/srv/a freeze, / freeze, /home excluded"},
        {NULL, "/dev/vd[12]", "/ freeze, /home excluded, /srv/a excluded"},
        {NULL, "/srv", "/home freeze, /srv/a freeze, / freeze"},
        {NULL, "*", "/home excluded, /srv/a excluded, / excluded"},
        {"/home", NULL, "/home freeze, /srv/a excluded, / excluded"},
        {"ext?", NULL, "/srv/a freeze, / freeze, /home excluded"},
        {"ext4", "/", "/srv/a freeze, /home excluded, / excluded"},
        {"/nowhere", NULL, "/home excluded, /srv/a excluded, / excluded"},
    };
    FakeSys *fake = *state;
    fake_sys_bind(fake, fake_sys_add_fs(fake, "/srv/a", "ext4"), "/mnt/alias");
    fake_sys_add_fs(fake, "/home", "xfs");

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        FrostPlanFilter filter = {.include = ROWS[i].include ? GLOBS(ROWS[i].include) : NULL,
                                  .exclude = ROWS[i].exclude ? GLOBS(ROWS[i].exclude) : NULL};
        assert_plan(fake, &filter, ROWS[i].expected);
    }
    assert_plan(fake, &(FrostPlanFilter){.include = GLOBS(NULL), .exclude = GLOBS(NULL)},
                "/home freeze, /srv/a freeze, / freeze");
}

static void
a_freeze_list_names_mount_points_byte_by_byte(void **state)
{
    FakeSys *fake = *state;
    fake_sys_bind(fake, fake_sys_add_fs(fake, "/srv", "ext4"), "/mnt/alias");
    fake_sys_add_fs(fake, "/with space", "ext4");

    assert_plan(fake, &(FrostPlanFilter){.mount_points = GLOBS("/srv", "/with space", "/srv")},
                "/with space freeze, /srv freeze, / not-listed");
    assert_plan(fake, &(FrostPlanFilter){.mount_points = GLOBS("/mnt/alias")},
                "/srv freeze, /with space not-listed, / not-listed");
    assert_plan(fake, &(FrostPlanFilter){.mount_points = GLOBS("/srv/", "srv", "/s*", "")},
                "/with space not-listed, /srv not-listed, / not-listed");
    assert_plan(fake,
                &(FrostPlanFilter){.mount_points = GLOBS("/", "/srv"), .exclude = GLOBS("/srv")},
                "/ freeze, /with space not-listed, /srv excluded");
}

static void
an_empty_freeze_list_freezes_nothing(void **state)
{
    FakeSys *fake = *state;
    FrostPlanFilter filter = {.mount_points = GLOBS(NULL)};
    g_autoptr(FrostPlan) plan = plan_make(fake, &filter);

    assert_int_equal(plan->freezable, 0);
    assert_int_equal(plan->levels, 0);
    assert_int_equal(fake_sys_open_fds(fake), 0);
}

static void
without_a_mount_table_there_is_no_plan(void **state)
{
    FakeSys *fake = *state;

    fake_sys_fail_path(fake, "/proc/self/mountinfo", EACCES);
    assert_no_plan(fake, FROST_PLAN_ERROR_MOUNTINFO, "/proc/self/mountinfo");
}

static void
lines_that_are_not_understood_do_not_matter(void **state)
{
    FakeSys *fake = *state;
    fake_sys_set_file(fake, "/proc/self/mountinfo",
                      "nonsense\n20 1 3001:0 / / rw - ext4 /dev/vd0 rw\n\n");

    assert_plan(fake, NULL, "/ freeze");
}

static void
more_than_the_ledger_can_hold_is_too_many(void **state)
{
    FakeSys *fake = *state;

    for (unsigned i = 1; i < FROST_LEDGER_FILESYSTEMS; i++) {
        g_autofree char *path = g_strdup_printf("/mnt/%u", i);
        fake_sys_add_fs(fake, path, i % 2 ? "ext4" : "vfat");
    }
    FrostPlan *plan = plan_make(fake, NULL);
    assert_int_equal(plan->filesystems->len, FROST_LEDGER_FILESYSTEMS);
    frost_plan_free(plan);

    fake_sys_add_fs(fake, "/one-more", "ext4");
    assert_no_plan(fake, FROST_PLAN_ERROR_TOO_MANY, "1025");
}

static void
a_mode_decides_about_what_could_be_frozen_and_nothing_else(void **state)
{
    FakeSys *fake = *state;

    fake_sys_add_fs(fake, "/boot", "vfat");
    fake_fs_set_super_options(fake_sys_add_fs(fake, "/usr", "ext4"), "ro");
    assert_plan(fake, &(FrostPlanFilter){.mode = FROST_PLAN_SYNC},
                "/boot sync, / sync, /usr read-only");
    assert_plan(fake, &(FrostPlanFilter){.mode = FROST_PLAN_OFF},
                "/boot sync, /usr read-only, / excluded");
}

/* Frozen, it is not what a checker calls clean, on 6.1 and 7.3. */
static void
a_type_that_a_freeze_does_not_make_consistent_is_synced(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/jfs", "jfs");

    assert_plan(fake, NULL, "/ freeze, /jfs sync");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);
    assert_string_equal(plan_find(plan, "/jfs")->reason,
                        "a frozen jfs is not consistent on its disk: it is only synced");
}

static dev_t
add_in_memory(FakeSys *fake, const char *name)
{
    dev_t disk = fake_sys_add_disk(fake, name);

    fake_sys_set_bus(fake, disk, "/sys/devices/virtual/block");
    return disk;
}

/* No snapshot of a disk has it; what is only partly in memory is of unknown order at most. */
static void
a_filesystem_in_memory_is_left_out(void **state)
{
    FakeSys *fake = *state;
    dev_t zram = add_in_memory(fake, "zram0"), ram = add_in_memory(fake, "ram1");
    dev_t both[] = {zram, ram}, half[] = {ram, fake_sys_add_disk(fake, "sda")};
    FakeFs *fs = fake_sys_add_fs_on(fake, "/zram", "ext4", zram);
    fake_sys_add_fs_on(fake, "/part", "ext4", fake_sys_add_partition(fake, NULL, ram));
    fake_sys_add_fs_on(fake, "/volume", "vfat", fake_sys_add_stacked(fake, NULL, both, 2));
    fake_sys_add_fs_on(fake, "/mirror", "ext4", fake_sys_add_stacked(fake, NULL, half, 2));

    assert_plan(fake, NULL,
                "/mirror freeze, / freeze, /volume in-memory, /part in-memory, /zram in-memory");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);
    assert_string_equal(plan_find(plan, "/zram")->reason,
                        "in memory only: no snapshot of a disk has it");
    assert_int_equal(plan_find(plan, "/zram")->fd, -1);
    assert_null(plan_find(plan, "/zram")->unseen);
    assert_int_equal(fake_sys_open_fds(fake), 2);
    assert_false(fake_sys_is_frozen(fake, fs));
}

/* As the kernel marks it when it has given up its disk: every sync and FIFREEZE of it fails. */
static void
a_filesystem_that_the_kernel_has_shut_down_is_left_out(void **state)
{
    static const char *const OPTIONS[] = {"rw,shutdown", "rw,emergency_ro,errors=remount-ro",
                                          "rw,seclabel,shutdown,attr2"};

    for (size_t i = 0; i < G_N_ELEMENTS(OPTIONS); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        fake_sys_add_fs(fake, "/", "ext4");
        FakeFs *dead = fake_sys_add_fs(fake, "/dead", "xfs");
        fake_fs_set_super_options(dead, OPTIONS[i]);
        fake_sys_fail(fake, dead, FAKE_OPEN, 0, EIO);

        assert_plan(fake, NULL, "/ freeze, /dead gone");
    }
}

static void
a_filesystem_that_has_lost_its_disk_is_left_out(void **state)
{
    FakeSys *fake = *state;
    dev_t disk = fake_sys_add_disk(fake, "vdb");
    fake_sys_set_file(fake, "/sys/dev/block/1:0/dev", "1:0\n");
    fake_sys_add_fs_on(fake, "/dead", "ext4", disk);
    assert_plan(fake, NULL, "/dead freeze, / freeze");

    fake_sys_unplug(fake, disk);
    assert_plan(fake, NULL, "/ freeze, /dead gone");
    fake_sys_unplug(fake, fake_fs_device(fake_sys_add_fs(fake, "/lost", "btrfs")));
    assert_plan(fake, NULL, "/ freeze, /lost gone, /dead gone");
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        PLAN_TEST(filesystems_to_be_frozen_stay_open_until_the_plan_is_freed),
        PLAN_TEST(the_newest_comes_first_and_the_rest_after_what_is_frozen),
        PLAN_TEST(network_and_its_like_are_listed_but_never_opened),
        PLAN_TEST(fuse_on_a_block_device_is_not_opened_either),
        PLAN_TEST(a_filesystem_that_cannot_be_frozen_is_opened_to_be_synced),
        PLAN_TEST(a_type_that_nobody_has_heard_of_is_tried),
        PLAN_TEST(a_read_only_superblock_is_not_opened),
        PLAN_TEST(bind_mounts_are_one_filesystem_named_by_the_oldest),
        PLAN_TEST(subvolumes_are_one_filesystem),
        PLAN_TEST(subvolumes_with_device_numbers_of_their_own_are_one_by_fsid),
        PLAN_TEST(a_filesystem_that_was_opened_only_to_identify_it_is_closed),
        PLAN_TEST(two_btrfs_of_one_source_stay_two),
        PLAN_TEST(a_btrfs_without_a_node_has_one_of_its_members),
        PLAN_TEST(a_filesystem_that_is_left_out_cannot_fail_the_plan),
        PLAN_TEST(globs_mean_mount_point_alias_type_or_source),
        PLAN_TEST(a_freeze_list_names_mount_points_byte_by_byte),
        PLAN_TEST(an_empty_freeze_list_freezes_nothing),
        PLAN_TEST(a_mode_decides_about_what_could_be_frozen_and_nothing_else),
        PLAN_TEST(without_a_mount_table_there_is_no_plan),
        PLAN_TEST(lines_that_are_not_understood_do_not_matter),
        PLAN_TEST(more_than_the_ledger_can_hold_is_too_many),
        PLAN_TEST(a_type_that_a_freeze_does_not_make_consistent_is_synced),
        PLAN_TEST(a_filesystem_in_memory_is_left_out),
        cmocka_unit_test(a_filesystem_that_the_kernel_has_shut_down_is_left_out),
        PLAN_TEST(a_filesystem_that_has_lost_its_disk_is_left_out),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
