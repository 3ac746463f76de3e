/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-origin.h - whether a disk is hardware, memory, or may be served by this machine to itself
 *
 * For disks with nothing below them in sysfs. The disk's folder there shows its driver and bus
 * (`/sys/devices/pci0000:00/.../block/vda`). A disk that a process serves (nbd, ublk), or a server
 * on a network (iSCSI, LIO's loopback, NVMe over TCP, rbd, USB over IP), may lie in a file on any
 * filesystem of this very machine, and nothing shows on which. The same holds for a disk that is on
 * no bus.
 */

#include "sys.h"

typedef enum {
    FROST_ORIGIN_HARDWARE,  /* on a bus of the machine: its data is outside of this guest */
    FROST_ORIGIN_SERVED,    /* it may be served by this machine */
    FROST_ORIGIN_NVME_HEAD, /* a multipath NVMe disk: its controllers decide */
    FROST_ORIGIN_MEMORY,    /* zram or ram: no snapshot of the disks has its data */
} FrostOrigin;

/* @folder: of the whole disk in sysfs, with all links resolved. Pure. */
FrostOrigin frost_origin_of_folder(const char *folder);

/* The same, but reads the controllers of an NVMe head; never FROST_ORIGIN_NVME_HEAD. */
FrostOrigin frost_origin_of_disk(FrostSys *sys, const char *folder);
