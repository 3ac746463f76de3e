/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-address.h - where a disk is plugged in, from its path in sysfs
 *
 * A host knows its disks by their controller and their place on it. The path of a block device in
 * sysfs shows both:
 *
 *   .../0000:00:05.0/virtio2/block/vda                                      virtio-blk
 *   .../0000:00:06.0/virtio3/host2/target2:0:1/2:0:1:4/block/sda            virtio-scsi
 *   .../0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sda               AHCI, IDE
 *   .../0000:00:04.0/usb1/1-1/1-1:1.0/host3/target3:0:0/3:0:0:0/block/sdb   USB
 *   .../0000:00:07.0/nvme/nvme0/nvme0n1                                     NVMe
 *   .../css0/0.0.0003/0.0.0001/virtio1/block/vda                            CCW (s390)
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* -1: not known. */
typedef struct {
    int64_t domain;
    int64_t bus;
    int64_t slot;
    int64_t function;
} FrostPciAddress;

typedef struct {
    unsigned cssid;
    unsigned ssid;
    unsigned subchno;
    unsigned devno;
} FrostCcwAddress;

typedef struct {
    const char *bus_type; /* "virtio", "scsi", "ide", "sata", "usb", "nvme"...; "unknown" */
    int64_t bus;
    int64_t target;
    int64_t unit;
    FrostPciAddress pci;
    bool has_ccw;
    FrostCcwAddress ccw;
    char *serial; /* (nullable) */
    char *dev;    /* (nullable): "/dev/vda1" */
} FrostDiskAddress;

void frost_disk_address_free(FrostDiskAddress *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostDiskAddress, frost_disk_address_free)

/**
 * frost_disk_address_new:
 * @root: as in sysfs-text.h
 * @folder: of a block device or partition, with all links resolved: "/sys/devices/..."
 *
 * Returns NULL for a virtual device (loop, dm, md, zram), which is not plugged in anywhere.
 */
FrostDiskAddress *frost_disk_address_new(const char *root, const char *folder);

/* Of FrostDiskAddress: the address of the device whose folder is @folder (nullable), or those of
 * the disks below a dm or md device. Empty if none of them is plugged in. */
GPtrArray *frost_disk_addresses_of(const char *root, const char *folder);

/* The device node ("/dev/vda1") of a folder as above, g_free() it; NULL: the kernel names none. */
char *frost_disk_node(const char *root, const char *folder);
