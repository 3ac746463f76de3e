/* SPDX-License-Identifier: MIT */

#include "disks.h"

#include "made-up-sysfs.h"
#include "test-support.h"

#define VDA "/sys/devices/pci0000:00/0000:00:05.0/virtio2/block/vda"
#define VIRTUAL "/sys/devices/virtual/block/"

static void
add(const char *root, const char *folder, const char *node, const char *sectors)
{
    g_autofree char *size = g_strconcat(folder, "/size", NULL);
    g_autofree char *uevent = g_strconcat(folder, "/uevent", NULL);
    g_autofree char *event = g_strdup_printf("DEVNAME=%s\n", node);

    tree_file(root, size, sectors);
    tree_file(root, uevent, event);
}

static void
some_disks(const char *root)
{
    add(root, VDA, "vda", "2048\n");
    add(root, VDA "/vda1", "vda1", "1024\n");
    tree_file(root, VDA "/vda1/partition", "1\n");
    add(root, VDA "/vda10", "vda10", "8\n");
    tree_file(root, VDA "/vda10/partition", "10\n");
    add(root, VDA "/vda2", "vda2", "8\n");
    tree_file(root, VDA "/vda2/partition", "2\n");
    tree_folder(root, VDA "/queue");
    tree_link(root, "/sys/block/vda", "../devices/pci0000:00/0000:00:05.0/virtio2/block/vda");
    add(root, VIRTUAL "loop0", "loop0", "0\n");
    tree_link(root, "/sys/block/loop0", "../devices/virtual/block/loop0");
    add(root, VIRTUAL "dm-0", "dm-0", "512\n");
    tree_file(root, VIRTUAL "dm-0/dm/name", "vg-root\n");
    tree_link(root, VIRTUAL "dm-0/slaves/vda2",
              "../../../../pci0000:00/0000:00:05.0/virtio2/block/vda/vda2");
    tree_link(root, "/sys/block/dm-0", "../devices/virtual/block/dm-0");
}

/* A line each: "/dev/vda1 partition on /dev/vda". */
static char *
render(const GPtrArray *disks)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < disks->len; i++) {
        const FrostDisk *disk = g_ptr_array_index(disks, i);

        g_string_append(text, disk->node);
        if (disk->is_partition)
            g_string_append(text, " partition");
        for (guint k = 0; k < disk->stands_on->len; k++)
            g_string_append_printf(text, " on %s",
                                   (const char *)g_ptr_array_index(disk->stands_on, k));
        if (disk->alias)
            g_string_append_printf(text, " alias %s", disk->alias);
        if (disk->address)
            g_string_append_printf(text, " at %s", disk->address->bus_type);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static void
disks_come_with_their_partitions_and_what_they_stand_on(void **state)
{
    g_autoptr(GError) error = NULL;

    some_disks(*state);
    g_autoptr(GPtrArray) disks = frost_disks_read(*state, &error);
    assert_no_error(error);
    g_autofree char *text = render(disks);
    assert_string_equal(text, "/dev/dm-0 on /dev/vda2 alias vg-root\n"
                              "/dev/vda at virtio\n"
                              "/dev/vda1 partition on /dev/vda\n"
                              "/dev/vda2 partition on /dev/vda\n"
                              "/dev/vda10 partition on /dev/vda\n");
}

static void
rubbish_in_sysfs_is_left_out(void **state)
{
    add(*state, VIRTUAL "a", "a", "many\n");
    add(*state, VIRTUAL "b", "b", "");
    tree_file(*state, VIRTUAL "c/size", "8\n");
    tree_file(*state, VIRTUAL "c/uevent", "NOTHING\n\n=\nDEVNAMES=x\n");
    tree_link(*state, "/sys/block/a", "../devices/virtual/block/a");
    tree_link(*state, "/sys/block/b", "../devices/virtual/block/b");
    tree_link(*state, "/sys/block/c", "../devices/virtual/block/c");
    tree_link(*state, "/sys/block/d", "../devices/virtual/block/nowhere");
    tree_link(*state, "/sys/block/e", "e");
    tree_file(*state, "/sys/block/f", "a file");
    g_autoptr(GPtrArray) disks = frost_disks_read(*state, NULL);
    assert_int_equal(disks->len, 0);
}

static void
without_sysfs_that_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_null(frost_disks_read(*state, &error));
    assert_error(error, FROST_DISKS_ERROR, FROST_DISKS_ERROR_READ, "/sys/block");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, tree_set_up, tree_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(disks_come_with_their_partitions_and_what_they_stand_on),
        CASE(rubbish_in_sysfs_is_left_out),
        CASE(without_sysfs_that_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
