/* SPDX-License-Identifier: MIT */

/*
 * test-plan-elsewhere-mounts.c - what the kernel has mounted, but not where the plan looks
 */

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "plan-fixture.h"
#include "test-support.h"

/* A superblock on 8:N that no mount of ours shows: in sysfs as TYPE/NAME. */
static void
add_hidden(FakeSys *fake, const char *type, const char *name, unsigned minor)
{
    g_autofree char *folder = g_strdup_printf("/sys/fs/%s/%s/session_write_kbytes", type, name);
    g_autofree char *block = g_strdup_printf("/sys/class/block/%s/dev", name);
    g_autofree char *dev = g_strdup_printf("8:%u\n", minor);

    fake_sys_set_file(fake, folder, "0\n");
    fake_sys_set_file(fake, block, dev);
}

static void
add_namespace(FakeSys *fake, const char *pid, const char *mountinfo)
{
    FakeFs *proc = fake_sys_add_nodev_fs(fake, "/proc", "proc", "proc");
    g_autofree char *ns = g_strdup_printf("/proc/%s/ns/mnt", pid);
    g_autofree char *table = g_strdup_printf("/proc/%s/mountinfo", pid);

    fake_sys_add_entry(fake, proc, ns, S_IFREG | 0444);
    fake_sys_set_file(fake, table, mountinfo);
}

static void
a_filesystem_mounted_only_in_another_namespace_is_named(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/srv", "xfs");
    fake_sys_set_file(fake, "/sys/fs/xfs/stats/stats", "0\n");
    add_hidden(fake, "xfs", "sdb", 16);
    add_hidden(fake, "ext4", "sdc1", 33);
    add_namespace(fake, "77", "40 1 8:16 / /data rw - xfs /dev/sdb rw\n");

    assert_plan(fake, NULL,
                "/srv freeze, / freeze, /proc untouched, /dev/sdc1 elsewhere, "
                "/proc/77/root/data elsewhere");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);
    const FrostFilesystem *fs = plan_find(plan, "/proc/77/root/data");
    assert_string_equal(fs->reason,
                        "not frozen: mounted in other namespaces only (namespaces=own)");
    assert_string_equal(fs->source, "/dev/sdb");
    assert_true(fs->device == makedev(8, 16));
    assert_int_equal(plan->freezable, 2);
    g_autoptr(FrostPlan) all = plan_make(fake, &(FrostPlanFilter){.all_namespaces = true});
    fs = plan_find(all, "/dev/sdc1");
    assert_string_equal(fs->reason, "not frozen: mounted in no namespace that can be reached");
    frost_plan_free(g_steal_pointer(&all));
    assert_int_equal(fake_sys_open_fds(fake), 2);
}

static void
a_filesystem_that_our_own_mounts_show_is_not_elsewhere(void **state)
{
    FakeSys *fake = *state;

    fake_sys_set_file(fake, "/sys/fs/ext4/vd0/session_write_kbytes", "0\n");
    fake_sys_set_file(fake, "/sys/class/block/vd0/dev", "3001:0\n");
    fake_sys_add_fs(fake, "/pool", "btrfs");
    assert_plan(fake, NULL, "/pool freeze, / freeze");
}

static void
a_btrfs_elsewhere_is_known_by_its_devices(void **state)
{
    FakeSys *fake = *state;
    FakeFs *other = fake_sys_add_fs(fake, "/pool", "btrfs");

    fake_sys_umount(fake, "/pool");
    g_autoptr(FrostPlan) plan = plan_make(fake, NULL);
    assert_int_equal(plan->filesystems->len, 2);
    const FrostFilesystem *fs = plan->filesystems->pdata[1];
    assert_int_equal(fs->decision, FROST_DECISION_ELSEWHERE);
    assert_true(fs->device == fake_fs_device(other));
}

static void
a_filesystem_that_is_read_only_elsewhere_is_not_named(void **state)
{
    FakeSys *fake = *state;
    fake_sys_add_fs(fake, "/srv", "xfs");
    add_hidden(fake, "ext4", "sdb", 16);
    fake_sys_set_file(fake, "/proc/fs/ext4/sdb/options", "ro\nbsddf\n");
    add_hidden(fake, "xfs", "sdc", 32);
    add_namespace(fake, "77", "40 1 8:32 / /data rw - xfs /dev/sdc ro\n");

    assert_plan(fake, NULL, "/srv freeze, / freeze, /proc untouched");
}

static void
the_filters_count_elsewhere_too(void **state)
{
    FakeSys *fake = *state;
    add_hidden(fake, "xfs", "sdb", 16);

    assert_plan(fake, &(FrostPlanFilter){.exclude = GLOBS("/dev/sdb")},
                "/ freeze, /dev/sdb excluded");
    assert_plan(fake, &(FrostPlanFilter){.include = GLOBS("/")}, "/ freeze, /dev/sdb excluded");
    assert_plan(fake, &(FrostPlanFilter){.mount_points = GLOBS("/")},
                "/ freeze, /dev/sdb not-listed");
    assert_plan(fake, &(FrostPlanFilter){.mode = FROST_PLAN_SYNC}, "/ sync");
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        PLAN_TEST(a_filesystem_mounted_only_in_another_namespace_is_named),
        PLAN_TEST(a_filesystem_that_our_own_mounts_show_is_not_elsewhere),
        PLAN_TEST(a_btrfs_elsewhere_is_known_by_its_devices),
        PLAN_TEST(a_filesystem_that_is_read_only_elsewhere_is_not_named),
        PLAN_TEST(the_filters_count_elsewhere_too),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
