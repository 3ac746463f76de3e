/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-address.h - where a disk is plugged in, told by its path in sysfs
 *
 * The host knows its disks by controller and place; the path of a block device names both:
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
#include <sys/types.h>

/* -1 where it is not known. */
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
 * @root: as in tree.h
 * @folder: of a block device or partition, links followed: "/sys/devices/..."
 *
 * NULL for a virtual one (loop, dm, md, zram), which is plugged in nowhere.
 */
FrostDiskAddress *frost_disk_address_new(const char *root, const char *folder);

/* Of FrostDiskAddress: where @device is, or what it stands on: the members of dm and md. Empty
 * where nothing below is plugged in. */
GPtrArray *frost_disk_addresses_of(const char *root, dev_t device);

/* "/dev/vda1" of a folder like that above; NULL where the kernel names no node. g_free() it. */
char *frost_disk_node(const char *root, const char *folder);
