/* SPDX-License-Identifier: MIT */

/*
 * test-filesystems.c - a kernel in memory for the table, folders of the test's for the tours
 */

#include "filesystems.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "fake-sys.h"
#include "fs-walk.h"
#include "made-up-sysfs.h"
#include "test-support.h"

/* "/srv ext4; /old xfs unreachable" */
static char *
render(const GPtrArray *list)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < list->len; i++) {
        const FrostMounted *mounted = g_ptr_array_index(list, i);

        g_string_append_printf(text, "%s%s %s%s", i > 0 ? "; " : "", mounted->mount_point,
                               mounted->type, mounted->is_reachable ? "" : " unreachable");
    }
    return g_string_free(text, FALSE);
}

static void
assert_table(FakeSys *fake, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = frost_filesystems_read(fake_sys_get(fake), "/nonexistent", &error);

    assert_no_error(error);
    g_autofree char *text = render(list);
    assert_string_equal(text, expected);
}

static void
the_newest_comes_first_and_only_what_is_on_a_block_device(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();

    fake_sys_add_fs(fake, "/", "ext4");
    fake_sys_add_nodev_fs(fake, "/run", "tmpfs", "tmpfs");
    fake_sys_add_nodev_fs(fake, "/net", "nfs", "server:/x");
    fake_sys_add_fs(fake, "/boot", "vfat");
    fake_sys_add_fs(fake, "/srv", "btrfs");
    assert_table(fake, "/srv btrfs; /boot vfat; / ext4");
    assert_int_equal(fake_sys_opened(fake, "/net"), 0);
    assert_int_equal(fake_sys_opened(fake, "/"), 0);
}

static void
a_bind_mount_is_no_filesystem_of_its_own(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();

    fake_sys_add_fs(fake, "/", "ext4");
    FakeFs *srv = fake_sys_add_fs(fake, "/srv", "xfs");
    fake_sys_bind(fake, srv, "/mnt/again");
    assert_table(fake, "/srv xfs; / ext4");
}

static void
a_covered_filesystem_is_listed_and_not_mistaken_for_the_covering_one(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();

    fake_sys_add_fs(fake, "/", "ext4");
    fake_sys_add_fs(fake, "/srv", "xfs");
    fake_sys_add_fs(fake, "/srv", "ext4");
    assert_table(fake, "/srv ext4; /srv xfs unreachable; / ext4");
}

static void
a_covered_filesystem_is_shown_by_the_mount_that_leads_to_it(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();

    fake_sys_add_fs(fake, "/", "ext4");
    FakeFs *lower = fake_sys_add_fs(fake, "/srv", "xfs");
    fake_sys_bind(fake, lower, "/mnt/way");
    fake_sys_add_fs(fake, "/srv", "ext4");
    assert_table(fake, "/srv ext4; /mnt/way xfs; / ext4");
}

static void
subvolumes_of_one_btrfs_are_one(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();

    fake_sys_add_fs(fake, "/", "ext4");
    FakeFs *srv = fake_sys_add_fs(fake, "/srv", "btrfs");
    fake_sys_add_subvolume(fake, srv, "/srv/sub");
    assert_table(fake, "/srv btrfs; / ext4");
}

static void
those_of_another_process_have_its_names_and_are_reached_below_its_root(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    g_autoptr(GError) error = NULL;

    fake_sys_add_fs(fake, "/", "ext4");
    FakeFs *srv = fake_sys_add_fs(fake, "/proc/4711/root/srv", "xfs");
    g_autofree char *line = g_strdup_printf("30 1 %u:%u / /srv rw - xfs /dev/vdb rw\n",
                                            major(fake_fs_dev(srv)), minor(fake_fs_dev(srv)));
    fake_sys_set_file(fake, "/proc/4711/mountinfo", line);
    fake_sys_get(fake)->mounts_of = 4711;
    g_autoptr(GPtrArray) list = frost_filesystems_read(fake_sys_get(fake), "/nonexistent", &error);

    assert_no_error(error);
    assert_int_equal(list->len, 1);
    assert_string_equal(((const FrostMounted *)list->pdata[0])->mount_point, "/srv");
    assert_string_equal(((const FrostMounted *)list->pdata[0])->path, "/proc/4711/root/srv");
}

static void
sysfs_tells_its_name_and_disk_and_without_it_the_name_is_a_number(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    g_autoptr(GError) error = NULL;
    char *root = tree_new();
    dev_t known = fake_sys_add_disk(fake, "vda");
    dev_t unknown = fake_sys_add_disk(fake, "vdb");
    g_autofree char *link = g_strdup_printf("/sys/dev/block/%u:%u", major(known), minor(known));
    g_autofree char *number = g_strdup_printf("%u:%u", major(unknown), minor(unknown));

    tree_folder(root, "/sys/devices/pci0000:00/0000:00:05.0/virtio2/block/vda");
    tree_link(root, link, "../../devices/pci0000:00/0000:00:05.0/virtio2/block/vda");
    fake_sys_add_fs_on(fake, "/", "ext4", known);
    fake_sys_add_fs_on(fake, "/srv", "ext4", unknown);
    g_autoptr(GPtrArray) list = frost_filesystems_read(fake_sys_get(fake), root, &error);
    assert_no_error(error);
    test_remove_dir(root);

    const FrostMounted *srv = list->pdata[0], *top = list->pdata[1];
    assert_string_equal(top->name, "vda");
    assert_int_equal(top->disks->len, 1);
    assert_string_equal(srv->name, number);
    assert_int_equal(srv->disks->len, 0);
}

static void
without_a_mount_table_that_is_an_error(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    g_autoptr(GError) error = NULL;

    fake_sys_fail_path(fake, "/proc/self/mountinfo", EACCES);
    assert_null(frost_filesystems_read(fake_sys_get(fake), "", &error));
    assert_error(error, FROST_FILESYSTEMS_ERROR, FROST_FILESYSTEMS_ERROR_READ, "Permission denied");
}

/* Tours -------------------------------------------------------------------------------------- */

static void
mounted_free(gpointer data)
{
    FrostMounted *mounted = data;

    g_free(mounted->mount_point);
    g_free(mounted->path);
    g_ptr_array_unref(mounted->disks);
    g_free(mounted);
}

static FrostMounted *
add(GPtrArray *list, const char *mount_point)
{
    FrostMounted *mounted = g_new0(FrostMounted, 1);

    mounted->mount_point = g_strdup(mount_point);
    mounted->path = g_strdup(mount_point);
    mounted->disks = g_ptr_array_new();
    mounted->is_reachable = true;
    g_ptr_array_add(list, mounted);
    return mounted;
}

static GPtrArray *
list_new(void)
{
    return g_ptr_array_new_with_free_func(mounted_free);
}

static void
a_walk_measures_each(void **state)
{
    char *folder = test_make_dir();
    GPtrArray *list = list_new();
    const FrostMounted *here = add(list, folder);
    const FrostMounted *gone = add(list, "/nonexistent/x");
    g_autoptr(FrostFsWalk) walk = frost_fs_walk_new(list);

    assert_false(frost_mounted_is_done(here));
    frost_fs_walk_measure(walk);
    assert_true(frost_mounted_is_done(here));
    assert_int_equal(here->error, 0);
    assert_true(here->space.total > 0);
    assert_true(here->space.used <= here->space.total);
    assert_true(here->space.total <= here->space.privileged);
    assert_true(frost_mounted_is_done(gone));
    assert_int_equal(gone->error, ENOENT);
    test_remove_dir(folder);
}

static void
a_mount_point_with_another_filesystem_by_now_is_not_measured(void **state)
{
    char *folder = test_make_dir();
    GPtrArray *list = list_new();
    FrostMounted *other = add(list, folder);
    struct stat st;

    assert_int_equal(stat(folder, &st), 0);
    other->verify = st.st_dev + 1;
    FrostMounted *same = add(list, folder);
    same->verify = st.st_dev;
    FrostMounted *hidden = add(list, folder);
    hidden->is_reachable = false;
    g_autoptr(FrostFsWalk) walk = frost_fs_walk_new(list);
    frost_fs_walk_measure(walk);
    assert_int_equal(other->error, ESTALE);
    assert_int_equal(same->error, 0);
    assert_int_equal(hidden->error, ENOENT);
    test_remove_dir(folder);
}

static void
a_walk_that_is_stopped_begins_nothing(void **state)
{
    GPtrArray *list = list_new();
    const FrostMounted *mounted = add(list, "/nonexistent/x");
    g_autoptr(FrostFsWalk) walk = frost_fs_walk_new(list);

    frost_fs_walk_stop(walk);
    frost_fs_walk_measure(walk);
    assert_false(frost_mounted_is_done(mounted));
}

static void
a_filesystem_that_a_process_serves_is_not_trimmed(void **state)
{
    char *folder = test_make_dir();
    GPtrArray *list = list_new();
    FrostMounted *served = add(list, folder);
    FrostMounted *gone = add(list, "/nonexistent/x");
    g_autoptr(FrostFsWalk) walk = frost_fs_walk_new(list);

    served->is_served = true;
    frost_fs_walk_trim(walk, 0);
    assert_int_equal(served->refusal, EOPNOTSUPP);
    assert_int_equal(gone->error, ENOENT);
    test_remove_dir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_comes_first_and_only_what_is_on_a_block_device),
        cmocka_unit_test(a_bind_mount_is_no_filesystem_of_its_own),
        cmocka_unit_test(a_covered_filesystem_is_listed_and_not_mistaken_for_the_covering_one),
        cmocka_unit_test(a_covered_filesystem_is_shown_by_the_mount_that_leads_to_it),
        cmocka_unit_test(subvolumes_of_one_btrfs_are_one),
        cmocka_unit_test(those_of_another_process_have_its_names_and_are_reached_below_its_root),
        cmocka_unit_test(sysfs_tells_its_name_and_disk_and_without_it_the_name_is_a_number),
        cmocka_unit_test(without_a_mount_table_that_is_an_error),
        cmocka_unit_test(a_walk_measures_each),
        cmocka_unit_test(a_mount_point_with_another_filesystem_by_now_is_not_measured),
        cmocka_unit_test(a_walk_that_is_stopped_begins_nothing),
        cmocka_unit_test(a_filesystem_that_a_process_serves_is_not_trimmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
