/* SPDX-License-Identifier: MIT */
#include "disk-origin.h"

#include <errno.h>

#include "fake-sys.h"
#include "test-support.h"

/* Folders as Linux 6.1 and 7.3 show them. */
static void
a_disk_comes_from_where_its_folder_says(void **state)
{
    static const struct {
        const char *folder;
        FrostOrigin origin;
    } ROWS[] = {
        {"pci0000:00/0000:00:03.0/virtio1/block/vda", FROST_ORIGIN_HARDWARE},
        {"pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda", FROST_ORIGIN_HARDWARE},
        {"pci0000:00/0000:00:05.0/nvme/nvme0/nvme0n1", FROST_ORIGIN_HARDWARE},
        {"LNXSYSTM:00/LNXSYBUS:00/ACPI0004:00/VMBUS:00/f8b3781a-1e82/host0/target0:0:0/0:0:0:0/"
         "block/sda",
         FROST_ORIGIN_HARDWARE},
        {"vbd-51712/block/xvda", FROST_ORIGIN_HARDWARE},
        {"platform/fe340000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0", FROST_ORIGIN_HARDWARE},
        {"css0/0.0.0000/0.0.0001/virtio1/block/vda", FROST_ORIGIN_HARDWARE},
        {"platform/sessions/block/sda", FROST_ORIGIN_HARDWARE},
        {"virtual/block/nbd0", FROST_ORIGIN_SERVED},
        {"virtual/block/ublkb0", FROST_ORIGIN_SERVED},
        {"virtual/block/drbd1", FROST_ORIGIN_SERVED},
        {"virtual/block/zd0", FROST_ORIGIN_SERVED},
        {"virtual/block/etherd!e0.0", FROST_ORIGIN_SERVED},
        {"virtual/vduse/d0/vdpa0/virtio2/block/vdb", FROST_ORIGIN_SERVED},
        {"tcm_loop_0/tcm_loop_adapter_0/host0/target0:0:1/0:0:1:0/block/sda", FROST_ORIGIN_SERVED},
        {"platform/host1/session1/target1:0:0/1:0:0:0/block/sdb", FROST_ORIGIN_SERVED},
        {"pci0000:00/0000:00:09.0/host3/session12/target3:0:0/3:0:0:1/block/sdb",
         FROST_ORIGIN_SERVED},
        {"rbd/0/block/rbd0", FROST_ORIGIN_SERVED},
        {"platform/vhci_hcd.0/usb3/3-1/3-1:1.0/host2/target2:0:0/2:0:0:0/block/sdb",
         FROST_ORIGIN_SERVED},
        {"platform/dummy_hcd.0/usb1/1-1/1-1:1.0/host2/target2:0:0/2:0:0:0/block/sdb",
         FROST_ORIGIN_SERVED},
        {"virtual/nvme-fabrics/ctl/nvme0/nvme0n1", FROST_ORIGIN_SERVED},
        {"virtual/nvme-subsystem/nvme-subsys0/nvme0n1", FROST_ORIGIN_NVME_HEAD},
        {"virtual/block/zram0", FROST_ORIGIN_MEMORY},
        {"virtual/block/ram15", FROST_ORIGIN_MEMORY},
        {"virtual/block/ramdisk", FROST_ORIGIN_SERVED},
        {"virtual/block/zram", FROST_ORIGIN_SERVED},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autofree char *folder = g_strconcat("/sys/devices/", ROWS[i].folder, NULL);
        FrostOrigin origin = frost_origin_of_folder(folder);

        if (origin != ROWS[i].origin)
            fail_msg("%s: %d", folder, (int)origin);
    }
}

#define SUBSYSTEM "/sys/devices/virtual/nvme-subsystem/nvme-subsys0"

static void
a_multipath_nvme_disk_has_the_origin_of_its_controllers(void **state)
{
    static const struct {
        const char *transports[2];
        FrostOrigin origin;
    } ROWS[] = {
        {{"pcie\n", "pcie\n"}, FROST_ORIGIN_HARDWARE},
        {{"pcie\n", NULL}, FROST_ORIGIN_HARDWARE},
        {{"tcp\n", NULL}, FROST_ORIGIN_SERVED},
        {{"pcie\n", "loop\n"}, FROST_ORIGIN_SERVED},
        {{"", NULL}, FROST_ORIGIN_SERVED},
        {{NULL, NULL}, FROST_ORIGIN_SERVED},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
        g_autoptr(FakeSys) fake = fake_sys_new();

        fake_sys_set_file(fake, SUBSYSTEM "/subsystype", "nvm\n");
        fake_sys_set_file(fake, SUBSYSTEM "/nvme0n1/transport", "nonsense\n");
        if (ROWS[i].transports[0])
            fake_sys_set_file(fake, SUBSYSTEM "/nvme0/transport", ROWS[i].transports[0]);
        if (ROWS[i].transports[1])
            fake_sys_set_file(fake, SUBSYSTEM "/nvme1/transport", ROWS[i].transports[1]);
        if (frost_origin_of_disk(fake_sys_get(fake), SUBSYSTEM "/nvme0n1") != ROWS[i].origin)
            fail_msg("row %zu", i);
    }
}

static void
controllers_that_cannot_be_asked_may_be_anywhere(void **state)
{
    g_autoptr(FakeSys) fake = fake_sys_new();
    FrostSys *sys = fake_sys_get(fake);

    assert_int_equal(frost_origin_of_disk(sys, SUBSYSTEM "/nvme0n1"), FROST_ORIGIN_SERVED);
    fake_sys_set_file(fake, SUBSYSTEM "/nvme0/transport", "pcie\n");
    fake_sys_fail_path(fake, SUBSYSTEM "/nvme0/transport", EIO);
    assert_int_equal(frost_origin_of_disk(sys, SUBSYSTEM "/nvme0n1"), FROST_ORIGIN_SERVED);
}

int
main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(a_disk_comes_from_where_its_folder_says),
        cmocka_unit_test(a_multipath_nvme_disk_has_the_origin_of_its_controllers),
        cmocka_unit_test(controllers_that_cannot_be_asked_may_be_anywhere),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
