/* SPDX-License-Identifier: MIT */

/*
 * test-disk-address.c - paths of sysfs as machines of each kind have them
 */

#include "disk-address.h"

#include "made-up-sysfs.h"
#include "test-support.h"

/* A block device with its node, and the link from its number. */
static void
add_device(const char *root, const char *folder, const char *node, const char *number)
{
    g_autofree char *dev = g_strconcat(folder, "/dev", NULL);
    g_autofree char *uevent = g_strconcat(folder, "/uevent", NULL);
    g_autofree char *event = g_strdup_printf("MAJOR=1\nDEVNAME=%s\nDEVTYPE=disk\n", node);
    g_autofree char *link = g_strconcat("/sys/dev/block/", number, NULL);
    g_autofree char *target = g_strconcat("../../..", folder, NULL);

    tree_file(root, dev, number);
    tree_file(root, uevent, event);
    tree_link(root, link, target);
}

static void
add_driver(const char *root, const char *pci_folder, const char *driver)
{
    g_autofree char *link = g_strconcat(pci_folder, "/driver", NULL);
    g_autofree char *folder = g_strconcat("/sys/bus/pci/drivers/", driver, NULL);
    g_autofree char *target = g_strconcat(root, folder, NULL);

    tree_folder(root, folder);
    tree_link(root, link, target);
}

/* "virtio 0/0/5/0 0:0:0 /dev/vda serial" */
static char *
render(const FrostDiskAddress *address)
{
    if (!address)
        return g_strdup("none");
    return g_strdup_printf("%s %d/%d/%d/%d %d:%d:%d %s %s", address->bus_type,
                           (int)address->pci.domain, (int)address->pci.bus, (int)address->pci.slot,
                           (int)address->pci.function, (int)address->bus, (int)address->target,
                           (int)address->unit, address->dev,
                           address->serial ? address->serial : "-");
}

static void
assert_address(const char *root, const char *folder, const char *expected)
{
    g_autoptr(FrostDiskAddress) address = frost_disk_address_new(root, folder);
    g_autofree char *text = render(address);

    assert_string_equal(text, expected);
}

#define PCI "/sys/devices/pci0000:00"

static void
virtio_blk_is_its_pci_function(void **state)
{
    const char *disk = PCI "/0000:00:05.0/virtio2/block/vda";

    add_device(*state, disk, "vda", "254:0");
    assert_address(*state, disk, "virtio 0/0/5/0 0:0:0 /dev/vda -");
}

static void
behind_bridges_the_last_function_counts(void **state)
{
    const char *disk = PCI "/0000:00:02.3/0001:04:1f.7/virtio2/block/vda";

    add_device(*state, disk, "vda", "254:0");
    assert_address(*state, disk, "virtio 1/4/31/7 0:0:0 /dev/vda -");
}

static void
virtio_scsi_has_channel_target_and_lun(void **state)
{
    const char *disk = PCI "/0000:00:06.0/virtio3/host2/target2:0:1/2:0:1:4/block/sda";

    add_device(*state, disk, "sda", "8:0");
    assert_address(*state, disk, "scsi 0/0/6/0 0:1:4 /dev/sda -");
}

static void
a_partition_is_where_its_disk_is(void **state)
{
    const char *part = PCI "/0000:00:06.0/virtio3/host2/target2:1:0/2:1:0:9/block/sda/sda1";

    add_device(*state, part, "sda1", "8:1");
    assert_address(*state, part, "scsi 0/0/6/0 1:0:9 /dev/sda1 -");
}

static void
of_ahci_the_port_is_the_unit_whatever_the_kernel_counts(void **state)
{
    const char *controller = PCI "/0000:00:1f.2";
    const char *disk = PCI "/0000:00:1f.2/ata5/host4/target4:0:0/4:0:0:0/block/sda";

    add_device(*state, disk, "sda", "8:0");
    tree_folder(*state, PCI "/0000:00:1f.2/ata3");
    tree_folder(*state, PCI "/0000:00:1f.2/ata4");
    tree_folder(*state, PCI "/0000:00:1f.2/ata10");
    add_driver(*state, controller, "ahci");
    assert_address(*state, disk, "sata 0/0/31/2 0:0:2 /dev/sda -");
}

static void
of_ide_the_port_is_the_bus_and_the_drive_the_unit(void **state)
{
    const char *disk = PCI "/0000:00:01.1/ata2/host1/target1:0:1/1:0:1:0/block/sr0";

    add_device(*state, disk, "sr0", "11:0");
    tree_folder(*state, PCI "/0000:00:01.1/ata1");
    add_driver(*state, PCI "/0000:00:01.1", "ata_piix");
    assert_address(*state, disk, "ide 0/0/1/1 1:0:1 /dev/sr0 -");
}

static void
of_the_lsi_controller_the_target_is_the_unit(void **state)
{
    const char *disk = PCI "/0000:00:07.0/host2/target2:0:3/2:0:3:0/block/sda";

    add_device(*state, disk, "sda", "8:0");
    add_driver(*state, PCI "/0000:00:07.0", "sym53c8xx");
    assert_address(*state, disk, "scsi 0/0/7/0 0:0:3 /dev/sda -");
}

static void
usb_is_its_controller(void **state)
{
    const char *disk = PCI "/0000:00:04.0/usb1/1-1/1-1:1.0/host3/target3:0:0/3:0:0:0/block/sdb";

    add_device(*state, disk, "sdb", "8:16");
    assert_address(*state, disk, "usb 0/0/4/0 0:0:0 /dev/sdb -");
}

static void
nvme_is_its_pci_function_with_its_serial(void **state)
{
    const char *disk = PCI "/0000:00:08.0/nvme/nvme0/nvme0n1";

    add_device(*state, disk, "nvme0n1", "259:0");
    tree_file(*state, PCI "/0000:00:08.0/nvme/nvme0/serial", "  abc123   \n");
    tree_link(*state, PCI "/0000:00:08.0/nvme/nvme0/nvme0n1/device", "..");
    assert_address(*state, disk, "nvme 0/0/8/0 0:0:0 /dev/nvme0n1 abc123");
}

static void
nvme_with_multipath_is_found_by_its_controller(void **state)
{
    const char *disk = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1";

    add_device(*state, disk, "nvme0n1", "259:0");
    tree_folder(*state, PCI "/0000:00:08.0/nvme/nvme0");
    tree_link(*state, "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0",
              "../../../pci0000:00/0000:00:08.0/nvme/nvme0");
    assert_address(*state, disk, "nvme 0/0/8/0 0:0:0 /dev/nvme0n1 -");
}

static void
ccw_has_the_subchannel_and_the_device(void **state)
{
    const char *disk = "/sys/devices/css0/0.1.0003/fe.2.00a1/virtio1/block/vda";

    add_device(*state, disk, "vda", "252:0");
    g_autoptr(FrostDiskAddress) address = frost_disk_address_new(*state, disk);
    g_autofree char *text = render(address);
    assert_string_equal(text, "virtio -1/-1/-1/-1 0:0:0 /dev/vda -");
    assert_true(address->has_ccw);
    assert_int_equal(address->ccw.cssid, 0);
    assert_int_equal(address->ccw.ssid, 1);
    assert_int_equal(address->ccw.subchno, 3);
    assert_int_equal(address->ccw.devno, 0xa1);
}

static void
memory_mapped_virtio_has_no_pci_function(void **state)
{
    const char *disk = "/sys/devices/platform/a003e00.virtio_mmio/virtio0/block/vda";

    add_device(*state, disk, "vda", "254:0");
    assert_address(*state, disk, "virtio -1/-1/-1/-1 0:0:0 /dev/vda -");
}

static void
an_unknown_bus_still_has_its_pci_function(void **state)
{
    const char *disk = PCI "/0000:00:09.0/odd0/block/odd";

    add_device(*state, disk, "odd", "240:0");
    assert_address(*state, disk, "unknown 0/0/9/0 0:0:0 /dev/odd -");
}

static void
names_that_only_look_like_addresses_are_none(void **state)
{
    const char *disk = "/sys/devices/0000:00:05.0z/virtioX/hosts/2:0:1:4z/ata/block/vda";

    add_device(*state, disk, "vda", "254:0");
    assert_address(*state, disk, "unknown -1/-1/-1/-1 0:0:0 /dev/vda -");
}

static void
the_serial_is_what_udev_wrote_before_what_the_kernel_says(void **state)
{
    const char *disk = PCI "/0000:00:05.0/virtio2/block/vda";

    add_device(*state, disk, "vda", "254:0");
    tree_file(*state, PCI "/0000:00:05.0/virtio2/block/vda/serial", "kernel\n");
    assert_address(*state, disk, "virtio 0/0/5/0 0:0:0 /dev/vda kernel");
    tree_file(*state, "/run/udev/data/b254:0", "S:disk/x\nE:ID_SERIALX=no\nE:ID_SERIAL=udev\n");
    assert_address(*state, disk, "virtio 0/0/5/0 0:0:0 /dev/vda udev");
}

static void
a_loop_is_plugged_in_nowhere(void **state)
{
    add_device(*state, "/sys/devices/virtual/block/loop0", "loop0", "7:0");
    assert_address(*state, "/sys/devices/virtual/block/loop0", "none");
    g_autoptr(GPtrArray) addresses =
        frost_disk_addresses_of(*state, "/sys/devices/virtual/block/loop0");
    assert_int_equal(addresses->len, 0);
}

/* No kernel shows members of a loop device: to list them would be in vain. */
static void
what_is_below_a_loop_is_not_asked(void **state)
{
    const char *loop = "/sys/devices/virtual/block/loop0";
    const char *disk = PCI "/0000:00:05.0/virtio2/block/vda";

    add_device(*state, loop, "loop0", "7:0");
    add_device(*state, disk, "vda", "254:0");
    tree_link(*state, "/sys/devices/virtual/block/loop0/slaves/vda",
              "../../../../pci0000:00/0000:00:05.0/virtio2/block/vda");

    g_autoptr(GPtrArray) addresses = frost_disk_addresses_of(*state, loop);
    assert_int_equal(addresses->len, 0);
}

static void
a_mapped_device_is_on_all_disks_below_it_each_once(void **state)
{
    const char *upper = "/sys/devices/virtual/block/dm-1";
    const char *lower = "/sys/devices/virtual/block/dm-0";
    const char *a = PCI "/0000:00:05.0/virtio2/block/vda";
    const char *b = PCI "/0000:00:06.0/virtio3/block/vdb/vdb2";

    add_device(*state, upper, "dm-1", "253:1");
    add_device(*state, lower, "dm-0", "253:0");
    add_device(*state, a, "vda", "254:0");
    add_device(*state, b, "vdb2", "254:18");
    tree_link(*state, "/sys/devices/virtual/block/dm-1/slaves/dm-0", "../../dm-0");
    tree_link(*state, "/sys/devices/virtual/block/dm-1/slaves/vdb2",
              "../../../../pci0000:00/0000:00:06.0/virtio3/block/vdb/vdb2");
    tree_link(*state, "/sys/devices/virtual/block/dm-0/slaves/vda",
              "../../../../pci0000:00/0000:00:05.0/virtio2/block/vda");
    tree_link(*state, "/sys/devices/virtual/block/dm-0/slaves/dm-1", "../../dm-1");

    g_autoptr(GPtrArray) addresses = frost_disk_addresses_of(*state, upper);
    assert_int_equal(addresses->len, 2);
    g_autofree char *first = render(g_ptr_array_index(addresses, 0));
    g_autofree char *second = render(g_ptr_array_index(addresses, 1));
    assert_string_equal(first, "virtio 0/0/6/0 0:0:0 /dev/vdb2 -");
    assert_string_equal(second, "virtio 0/0/5/0 0:0:0 /dev/vda -");
}

static void
a_device_that_sysfs_does_not_know_has_no_address(void **state)
{
    g_autoptr(GPtrArray) addresses = frost_disk_addresses_of(*state, NULL);

    assert_int_equal(addresses->len, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, tree_set_up, tree_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(virtio_blk_is_its_pci_function),
        CASE(behind_bridges_the_last_function_counts),
        CASE(virtio_scsi_has_channel_target_and_lun),
        CASE(a_partition_is_where_its_disk_is),
        CASE(of_ahci_the_port_is_the_unit_whatever_the_kernel_counts),
        CASE(of_ide_the_port_is_the_bus_and_the_drive_the_unit),
        CASE(of_the_lsi_controller_the_target_is_the_unit),
        CASE(usb_is_its_controller),
        CASE(nvme_is_its_pci_function_with_its_serial),
        CASE(nvme_with_multipath_is_found_by_its_controller),
        CASE(ccw_has_the_subchannel_and_the_device),
        CASE(memory_mapped_virtio_has_no_pci_function),
        CASE(an_unknown_bus_still_has_its_pci_function),
        CASE(names_that_only_look_like_addresses_are_none),
        CASE(the_serial_is_what_udev_wrote_before_what_the_kernel_says),
        CASE(a_loop_is_plugged_in_nowhere),
        CASE(a_mapped_device_is_on_all_disks_below_it_each_once),
        CASE(what_is_below_a_loop_is_not_asked),
        CASE(a_device_that_sysfs_does_not_know_has_no_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
