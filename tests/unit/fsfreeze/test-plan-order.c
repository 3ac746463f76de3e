/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "plan-fixture.h"
#include "plan.h"
#include "test-support.h"

/* Who is frozen before whom. */

/* "0:/upper 1:/lower 1:/": level and mount point of what is to be frozen. */
static void
assert_levels(FakeSys *fake, const FrostPlanFilter *filter, const char *expected)
{
    g_autoptr(FrostPlan) plan = plan_make(fake, filter);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < plan->freezable; i++) {
        const FrostFilesystem *fs = plan->filesystems->pdata[i];
        g_string_append_printf(text, "%s%u:%s", i ? " " : "", fs->level, fs->mount_point);
    }
    assert_string_equal(text->str, expected);
}

static char *
loop_attribute(dev_t loop, const char *name)
{
    return g_strdup_printf("/sys/dev/block/%u:%u/loop/%s", major(loop), minor(loop), name);
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
a_loop_is_above_what_its_file_is_on(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "xfs");
    fake_sys_add_loop_fs(fake, "/upper", "ext4", lower);

    assert_levels(fake, NULL, "0:/upper 0:/ 1:/lower");
}

/* The case in which freezing in mount order deadlocks for good: the filesystem below is seen only
 * by a bind mount that is newer than what stands on it. */
static void
mount_order_has_no_say(void **state)
{
    FakeSys *fake = *state;
    FakeFs *lower = fake_sys_add_fs(fake, "/lower", "xfs");
    fake_sys_add_loop_fs(fake, "/upper", "ext4", lower);
    fake_sys_bind(fake, lower, "/seen");
    fake_sys_umount(fake, "/lower");

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
dependence_runs_through_what_is_not_frozen(void **state)
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
what_is_mounted_elsewhere_is_looked_through(void **state)
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

static char *
path_of_loop_file(FakeSys *fake, dev_t loop)
{
    FrostSys *sys = fake_sys_get(fake);
    g_autofree char *file = loop_attribute(loop, "backing_file");
    char *path = NULL;

    assert_int_equal(sys->read_file(sys, file, &path, NULL), 0);
    return g_strchomp(path);
}

/* With nothing but a path that proves to be another file, the safe rule holds. */
static void
a_path_is_believed_only_with_device_and_inode(void **state)
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
an_overlay_without_an_upper_directory_in_sight_is_opaque(void **state)
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
an_upper_directory_that_leads_elsewhere_is_not_believed(void **state)
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
a_path_into_what_may_hang_is_not_looked_up(void **state)
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
what_cannot_be_seen_is_frozen_before_what_may_carry_it(void **state)
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
what_a_pool_stands_on_is_not_known(void **state)
{
    FakeSys *fake = *state;
    FakeFs *tank = fake_sys_add_nodev_fs(fake, "/tank", "zfs", "tank");
    fake_sys_add_loop_fs(fake, "/upper", "ext4", tank);

    assert_levels(fake, NULL, "0:/upper 1:/");
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

/* A random machine: filesystems on disks, partitions, volumes and loops over each other, then
 * bind mounts, and some mount points gone, so that the order of mounts says nothing. */
static void
add_random_fs(FakeSys *fake, GRand *rand, GPtrArray *all, unsigned number)
{
    static const char *const TYPES[] = {"ext4", "xfs", "btrfs", "vfat", "fuseblk"};
    const char *type = TYPES[g_rand_int_range(rand, 0, G_N_ELEMENTS(TYPES))];
    g_autoptr(GArray) below = g_array_new(FALSE, FALSE, sizeof(dev_t));
    char path[32];

    for (int n = g_rand_int_range(rand, 1, 4); n > 0; n--) {
        bool loop = all->len > 0 && g_rand_int_range(rand, 0, 3) > 0;
        dev_t device =
            loop ? fake_sys_add_loop(fake, all->pdata[g_rand_int_range(rand, 0, (gint32)all->len)])
                 : fake_sys_add_disk(fake, NULL);
        if (g_rand_boolean(rand))
            device = fake_sys_add_partition(fake, NULL, device);
        g_array_append_val(below, device);
    }
    dev_t device = g_array_index(below, dev_t, 0);
    if (below->len > 1 && strcmp(type, "btrfs") != 0)
        device = fake_sys_add_stacked(fake, NULL, (dev_t *)(void *)below->data, below->len);

    snprintf(path, sizeof(path), "/fs%u", number);
    FakeFs *fs = fake_sys_add_fs_on(fake, path, type, device);
    for (guint i = 1; strcmp(type, "btrfs") == 0 && i < below->len; i++)
        fake_fs_add_member(fs, g_array_index(below, dev_t, i));
    g_ptr_array_add(all, fs);
}

/* A btrfs that is not mounted here gives its files device numbers that lead nowhere: what stands on
 * it is opaque, and then nobody can know the order. All others can go. */
static bool
may_go(const FakeFs *fs)
{
    return major(fake_fs_dev(fs)) != 0;
}

static void
shuffle_mounts(FakeSys *fake, GRand *rand, GPtrArray *all)
{
    for (unsigned number = 0; number < all->len; number++) {
        char path[32], alias[32];

        snprintf(path, sizeof(path), "/fs%u", number);
        snprintf(alias, sizeof(alias), "/alias%u", (unsigned)g_rand_int_range(rand, 0, 30));
        switch (g_rand_int_range(rand, 0, 5)) {
        case 0:
            fake_sys_bind(fake, all->pdata[number], alias);
            break;
        case 1:
            fake_sys_bind(fake, all->pdata[number], alias);
            fake_sys_umount(fake, path);
            break;
        case 2:
            if (may_go(all->pdata[number]))
                fake_sys_umount(fake, path);
            break;
        default:
            break;
        }
    }
}

/* Freezes level by level, in any order within one, and thaws in reverse: the fake kernel is the
 * judge, and knows what stands on what without having asked sysfs. */
static void
freeze_as_planned(FakeSys *fake, GRand *rand, const FrostPlan *plan)
{
    FrostSys *sys = fake_sys_get(fake);
    g_autoptr(GPtrArray) order = g_ptr_array_new();

    for (unsigned level = 0; level < plan->levels; level++) {
        guint begin = order->len;

        for (guint i = 0; i < plan->freezable; i++) {
            FrostFilesystem *fs = plan->filesystems->pdata[i];
            if (fs->level == level)
                g_ptr_array_insert(
                    order, g_rand_int_range(rand, (gint32)begin, (gint32)order->len + 1), fs);
        }
        assert_true(order->len > begin);
    }
    assert_int_equal(order->len, plan->freezable);
    for (guint i = 0; i < order->len; i++)
        assert_int_equal(sys->freeze(sys, ((FrostFilesystem *)order->pdata[i])->fd), 0);
    for (guint i = order->len; i-- > 0;)
        assert_int_equal(sys->thaw(sys, ((FrostFilesystem *)order->pdata[i])->fd), 0);
}

static void
any_machine_is_frozen_without_a_deadlock(void **state)
{
    GRand *rand = g_rand_new_with_seed(4711);
    unsigned deepest = 0;

    for (unsigned round = 0; round < 1000; round++) {
        g_autoptr(FakeSys) fake = fake_sys_new();
        g_autoptr(GPtrArray) all = g_ptr_array_new();
        FrostPlanFilter filter = {.exclude = g_rand_boolean(rand) ? GLOBS("*[37]") : NULL};

        if (g_rand_boolean(rand))
            fake_sys_add_fs(fake, "/", "ext4");
        for (int n = g_rand_int_range(rand, 1, 12), i = 0; i < n; i++)
            add_random_fs(fake, rand, all, (unsigned)i);
        shuffle_mounts(fake, rand, all);

        g_autoptr(FrostPlan) plan = plan_make(fake, &filter);
        freeze_as_planned(fake, rand, plan);
        deepest = MAX(deepest, plan->levels);
        g_autofree char *violations = fake_sys_take_violations(fake);
        if (*violations)
            fail_msg("round %u: %s", round, violations);
    }
    assert_true(deepest >= 5); /* or the machines were too simple to prove anything */
    g_rand_free(rand);
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        PLAN_TEST(filesystems_that_do_not_meet_share_a_level),
        PLAN_TEST(a_loop_is_above_what_its_file_is_on),
        PLAN_TEST(mount_order_has_no_say),
        PLAN_TEST(devices_between_do_not_matter),
        PLAN_TEST(a_stack_has_a_level_for_each_filesystem),
        cmocka_unit_test(dependence_runs_through_what_is_not_frozen),
        PLAN_TEST(what_is_mounted_elsewhere_is_looked_through),
        PLAN_TEST(a_file_in_memory_stands_on_nothing),
        PLAN_TEST(a_file_on_btrfs_is_known_by_its_subvolume),
        PLAN_TEST(a_file_in_a_subvolume_that_is_not_mounted_is_found_by_its_path),
        PLAN_TEST(a_path_is_believed_only_with_device_and_inode),
        PLAN_TEST(every_device_of_a_btrfs_counts),
        PLAN_TEST(a_file_on_an_overlay_is_where_its_upper_directory_is),
        PLAN_TEST(an_overlay_without_an_upper_directory_in_sight_is_opaque),
        PLAN_TEST(an_upper_directory_that_leads_elsewhere_is_not_believed),
        cmocka_unit_test(a_file_on_the_network_may_be_anywhere),
        PLAN_TEST(a_path_into_what_may_hang_is_not_looked_up),
        PLAN_TEST(what_cannot_be_seen_is_frozen_before_what_may_carry_it),
        PLAN_TEST(without_sysfs_the_newest_is_frozen_first_one_by_one),
        PLAN_TEST(what_a_pool_stands_on_is_not_known),
        PLAN_TEST(filesystems_that_stand_on_each_other_are_an_error),
        cmocka_unit_test(any_machine_is_frozen_without_a_deadlock),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
