# SPDX-License-Identifier: MIT
"""A guest with a disk on each bus that QEMU's pc machine has, and what QEMU says of them.

Guest and QEMU name the same disk differently, and the guest in another order each time: they are
matched by their sizes, of which no two are alike.
"""
import os
import struct
import subprocess

from cases import Failed
from guestdisk import Disk

MIB = 1 << 20
_SECTOR = 512

# Bus: what it needs first, QEMU's device, and the name of the controller by which the guest reaches
# it (None: it is one itself; "": the machine's own).
_DEVICES = {
    "virtio": ("pci-bridge,id=bridge,chassis_nr=1", "virtio-blk-pci,bus=bridge,addr=5", None),
    "scsi": ("virtio-scsi-pci,id=scsi", "scsi-hd,bus=scsi.0,scsi-id=3,lun=2", "scsi"),
    "nvme": (None, "nvme", None),
    "sata": ("ich9-ahci,id=ahci", "ide-hd,bus=ahci.2", "ahci"),
    "ide": (None, "ide-hd,bus=ide.1,unit=1", ""),
    "usb": ("qemu-xhci,id=xhci", "usb-storage,bus=xhci.0", "xhci"),
}
BUSES = tuple(_DEVICES)
IN_PARTS = "virtio"   # this one has two partitions, the others are an ext4 as a whole
_IDE_CLASS = 0x0101


def partitioned(image, sizes):
    """Writes a table of partitions of so many MiB, the first with an ext4 on it."""
    entries, start = b"", 1
    for size in sizes:
        entries += struct.pack("<B3sB3sII", 0, b"\0\0\0", 0x83, b"\0\0\0",
                               start * MIB // _SECTOR, size * MIB // _SECTOR)
        start += size
    with open(image, "r+b") as f:
        f.seek(446)
        f.write(entries.ljust(64, b"\0") + b"\x55\xaa")
    subprocess.run(["mkfs.ext4", "-q", "-F", "-E", f"offset={MIB}", image, f"{sizes[0]}M"],
                   check=True, capture_output=True)


class BusDisk(Disk):
    """The disk on one of BUSES."""

    def __init__(self, guest, bus):
        self.bus = bus
        self.size = (64 + BUSES.index(bus)) * MIB
        in_parts = bus == IN_PARTS
        super().__init__(bus, None if in_parts else "ext4", None, guest.path(f"{bus}.img"),
                         size=self.size)
        if in_parts:
            partitioned(self.image, (40, 20))

    @property
    def serial(self):
        return f"frost-{self.bus}-1"

    def argv(self):
        first, device, _ = _DEVICES[self.bus]
        return [*(["-device", first] if first else []),
                "-blockdev", f"driver=file,filename={self.image},node-name=file-{self.name},"
                             f"discard=unmap",
                "-blockdev", f"driver=raw,file=file-{self.name},node-name={self.node},"
                             f"discard=unmap",
                "-device", f"{device},drive={self.node},id=dev-{self.name},serial={self.serial}"]

    def allocated(self):
        """Bytes that its image takes up."""
        return os.stat(self.image).st_blocks * 512


# For a module's GUEST.
SHAPE = {"disks": [lambda guest, bus=bus: BusDisk(guest, bus) for bus in BUSES]}


# What QEMU says ------------------------------------------------------------------------------


def _pci_devices(buses):
    for bus in buses:
        for device in bus["devices"]:
            yield device
            inner = device.get("pci_bridge", {}).get("devices")
            if inner:
                yield from _pci_devices([{"devices": inner}])


def _pci_address(guest, qdev_id):
    """The PCI address in the form in which an agent reports it."""
    for device in _pci_devices(guest.qmp.call("query-pci")):
        if device["qdev_id"] == qdev_id and (
                qdev_id or device["class_info"]["class"] == _IDE_CLASS):
            return {"domain": 0, "bus": device["bus"], "slot": device["slot"],
                    "function": device["function"]}
    raise Failed(f"QEMU has no PCI device {qdev_id!r}")


def _property(guest, bus, name):
    return guest.qmp.call("qom-get", path=f"/machine/peripheral/dev-{bus}", property=name)


def _place(guest, bus):
    """(bus, target, unit)"""
    plugged_into = _property(guest, bus, "parent_bus").rsplit(".", 1)[-1]
    if bus == "scsi":
        return 0, _property(guest, bus, "scsi-id"), _property(guest, bus, "lun")
    if bus == "sata":
        return 0, 0, int(plugged_into)
    if bus == "ide":
        return int(plugged_into), 0, _property(guest, bus, "unit")
    return 0, 0, 0


def address_by_qemu(guest, bus):
    """What an agent should report about the disk on this bus, without the disk's names."""
    controller = _DEVICES[bus][2]
    number, target, unit = _place(guest, bus)
    return {"bus-type": bus, "bus": number, "target": target, "unit": unit,
            "pci-controller": _pci_address(guest, f"dev-{bus}" if controller is None
                                           else controller)}


# What the guest says -------------------------------------------------------------------------


def names(guest):
    """{bus: name of its disk in the guest}, once all are there."""
    said = guest.run("for i in $(seq 100); do n=0; for s in $(cat /sys/block/*/size); do "
                     f"[ $s -lt {64 * MIB // _SECTOR} ] || n=$((n + 1)); done; "
                     f"[ $n -lt {len(BUSES)} ] || break; sleep 0.1; done; "
                     "grep . /sys/block/*/size")
    sizes = {int(size) * _SECTOR: path.split("/")[3]
             for path, size in (line.split(":") for line in said.splitlines())}
    return {disk.bus: sizes[disk.size] for disk in guest.disks}
