# SPDX-License-Identifier: MIT
"""A disk on each bus, under the kernel for every machine: what the agent tells of them is what QEMU
says of the same disks. The witness of a trim is the image."""
import contextlib

import guesthardware
from cases import case, equal, true, within
from guesthardware import BUSES, MIB
from host import freeze, thaw
from vmtwins import TWIN, VmTwins
from vmworld import must_be_frozen, must_come_through

KERNEL = "generic"
GUEST = {**guesthardware.SHAPE, "ports": (TWIN,), "initramfs": ("lvm",)}
UNKNOWN_PCI = {"domain": -1, "bus": -1, "slot": -1, "function": -1}


def node_of(guest, bus):
    return f"/dev/{guesthardware.names(guest)[bus]}"


def mounted(world):
    """The guest, with the filesystem of each disk at /mnt/BUS."""
    for bus, name in guesthardware.names(world.guest).items():
        part = "1" if bus == guesthardware.IN_PARTS else ""
        world.guest.run(f"mkdir -p /mnt/{bus}; grep -q ' /mnt/{bus} ' /proc/mounts || "
                        f"mount -t ext4 /dev/{name}{part} /mnt/{bus}")
    return world.guest


def by_name(disks):
    return {disk["name"]: disk for disk in disks}


def place(address):
    """Where it is plugged in, without its names."""
    return {key: value for key, value in address.items() if key not in ("dev", "serial")}


@case(limit=200)
def each_disk_is_where_qemu_has_plugged_it(world):
    guest = world.guest
    nodes = {bus: node_of(guest, bus) for bus in BUSES}
    with world.agent() as agent, agent.port() as port:
        disks = by_name(port.call("guest-get-disks", limit_s=60))
        for bus, node in nodes.items():
            equal(place(disks[node]["address"]), guesthardware.address_by_qemu(guest, bus), bus)
            equal(disks[node]["address"]["dev"], node, "dev")
            equal((disks[node]["partition"], disks[node]["dependencies"]), (False, []), bus)


@case(limit=120)
def partitions_stand_on_their_disk_and_nothing_else_is_one(world):
    node = node_of(world.guest, guesthardware.IN_PARTS)
    with world.agent() as agent, agent.port() as port:
        found = [disk for disk in port.call("guest-get-disks", limit_s=60) if disk["partition"]]
        equal(found, [{"name": f"{node}{n}", "partition": True, "dependencies": [node]}
                      for n in (1, 2)], "partitions")


@case(limit=120)
def a_filesystem_is_told_with_its_disk(world):
    guest = mounted(world)
    with world.agent() as agent, agent.port() as port:
        found = {fs["mountpoint"]: fs for fs in port.call("guest-get-fsinfo", limit_s=60)}
        equal(sorted(found), sorted(f"/mnt/{bus}" for bus in BUSES), "mount points")
        for bus in BUSES:
            fs = found[f"/mnt/{bus}"]
            equal([place(disk) for disk in fs["disk"]],
                  [guesthardware.address_by_qemu(guest, bus)], bus)
            equal(fs["disk"][0]["dev"], f"/dev/{fs['name']}", "dev")
            blocks = guest.run(f"stat -f -c '%S %b %f %a' /mnt/{bus}").split()
            size, total, free, available = (int(n) for n in blocks)
            equal((fs["total-bytes-privileged"], fs["used-bytes"], fs["total-bytes"]),
                  (size * total, size * (total - free), size * (total - free + available)),
                  f"sizes of {bus}")


@case(limit=120)
def without_udev_virtio_and_nvme_tell_their_serial_numbers(world):
    guest = world.guest
    serials = {disk.bus: disk.serial for disk in guest.disks}
    nodes = {bus: node_of(guest, bus) for bus in BUSES}
    with world.agent() as agent, agent.port() as port:
        disks = by_name(port.call("guest-get-disks", limit_s=60))
        told = {bus: disks[node]["address"].get("serial") for bus, node in nodes.items()}
        equal(told, {bus: serials[bus] if bus in ("virtio", "nvme") else None for bus in BUSES},
              "serial numbers")


def as_qemu_ga_tells_it(address):
    """Of what is ours: it knows no target of SCSI, and no USB."""
    if address["bus-type"] == "scsi":
        return {**address, "target": 0}
    if address["bus-type"] == "usb":
        return {**address, "bus-type": "unknown", "pci-controller": UNKNOWN_PCI}
    return address


def note_serials(guest):
    """As udev does."""
    guest.run("mkdir -p /run/udev/data; for disk in /sys/block/*; do "
              "echo \"E:ID_SERIAL=noted-${disk##*/}\" >/run/udev/data/b$(cat $disk/dev); done; "
              "touch /run/udev/control")


@case(limit=120)
def qemu_ga_tells_the_same_disks(world):
    guest = mounted(world)
    note_serials(guest)
    try:
        with VmTwins(world) as twins:
            (ours, _), (theirs, _) = twins.both("guest-get-disks")
            for disk in ours + theirs:
                disk.pop("smart", None)   # moves
            ours, theirs = by_name(ours), by_name(theirs)
            for disk in ours.values():
                if "address" in disk:
                    equal(disk["address"]["serial"], f"noted-{disk['name'][5:]}", "serial number")
                    disk["address"] = as_qemu_ga_tells_it(disk["address"])
            equal(ours, theirs, "disks")
    finally:
        guest.run("rm -r /run/udev")


@case(limit=120)
def qemu_ga_tells_the_same_filesystems(world):
    mounted(world)
    with VmTwins(world) as twins:
        (ours, _), (theirs, _) = twins.both("guest-get-fsinfo")
        for fs in ours:
            del fs["total-bytes-privileged"]   # since 9.1
            for disk in fs["disk"]:
                disk.pop("serial", None)       # without udev
            fs["disk"] = [as_qemu_ga_tells_it(disk) for disk in fs["disk"]]
        equal(ours, theirs, "filesystems")


@contextlib.contextmanager
def volume_over(guest, disk, more):
    """A device-mapper volume of a disk and 8 MiB of another one; its filesystem is the disk's."""
    sectors = guest.run(f"cat /sys/block/{disk.removeprefix('/dev/')}/size").strip()
    guest.run(f"export DM_DISABLE_UDEV=1; umount {disk} 2>/dev/null; mkdir -p /mnt/volume; "
              f"printf '0 {sectors} linear {disk} 0\\n{sectors} 16384 linear {more} 0\\n' | "
              f"/sbin-lvm/dmsetup create volume && mount -t ext4 /dev/mapper/volume /mnt/volume")
    try:
        yield
    finally:
        guest.run("umount /mnt/volume; DM_DISABLE_UDEV=1 /sbin-lvm/dmsetup remove volume")


@case(limit=120)
def a_volume_is_told_with_all_that_it_stands_on(world):
    guest = world.guest
    parts = {"virtio": f"{node_of(guest, 'virtio')}2", "usb": node_of(guest, "usb")}
    with volume_over(guest, parts["usb"], parts["virtio"]), world.agent() as agent, \
            agent.port() as port:
        volume = {disk.get("alias"): disk
                  for disk in port.call("guest-get-disks", limit_s=60)}["volume"]
        equal(sorted(volume["dependencies"]), sorted(parts.values()), "dependencies")
        true("address" not in volume and not volume["partition"], f"a volume: {volume}")
        told = {fs["mountpoint"]: fs for fs in port.call("guest-get-fsinfo", limit_s=60)}
        equal(volume["name"], f"/dev/{told['/mnt/volume']['name']}", "name")
        found = {disk["dev"]: place(disk) for disk in told["/mnt/volume"]["disk"]}
        equal(found, {node: guesthardware.address_by_qemu(guest, bus)
                      for bus, node in parts.items()}, "disks below the filesystem")


@case(limit=120)
def the_health_of_nvme_is_what_the_drive_says_of_itself(world):
    guest = world.guest
    node = node_of(guest, "nvme")
    drive = "/machine/peripheral/dev-nvme"
    with VmTwins(world) as twins:
        for warning in (4, 0):
            guest.qmp.call("qom-set", path=drive, property="smart_critical_warning", value=warning)
            before, ours, after = (by_name(disks)[node]["smart"]
                                   for disks in twins.between("guest-get-disks"))
            equal(ours["critical-warning"], warning, "critical-warning")
            equal(sorted(ours), sorted(before), "what is told")
            for name, value in ours.items():
                true(before[name] <= value <= after[name],
                     f"{name}: {before[name]}, {value}, {after[name]}")
        true(before["host-read-commands-lo"] > 0, "the drive counts")


def fill_and_remove(guest, bus):
    """The image keeps what the file needed."""
    guest.run(f"dd if=/dev/urandom of=/mnt/{bus}/junk bs=1M count=16 2>/dev/null && sync && "
              f"rm /mnt/{bus}/junk && sync")


@case(limit=120)
def a_trim_gives_back_what_no_file_needs_and_images_shrink(world):
    guest = mounted(world)
    trimmed = [disk for disk in guest.disks if disk.bus != "usb"]   # QEMU's takes no trim
    for disk in guest.disks:
        fill_and_remove(guest, disk.bus)
        true(disk.allocated() > 16 * MIB, f"{disk.bus}: {disk.allocated()} bytes of image")
    with world.agent() as agent, agent.port() as port:
        paths = {p["path"]: p for p in port.call("guest-fstrim", limit_s=60)["paths"]}
    equal(paths.pop("/mnt/usb"), {"path": "/mnt/usb", "error": "trim not supported"}, "USB")
    equal(sorted(paths), sorted(f"/mnt/{disk.bus}" for disk in trimmed), "paths")
    for disk in trimmed:
        told = paths[f"/mnt/{disk.bus}"]
        true(told["trimmed"] > 16 * MIB and "error" not in told, f"{disk.bus}: {told}")
        within(20, lambda: disk.allocated() < 10 * MIB,
               lambda: f"the image of {disk.bus} shrinks: {disk.allocated()} bytes")


@case(limit=120)
def a_trim_passes_over_what_is_smaller_than_the_minimum(world):
    guest = mounted(world)
    fill_and_remove(guest, "scsi")
    with world.agent() as agent, agent.port() as port:
        for path in port.call("guest-fstrim", {"minimum": 1 << 40}, limit_s=60)["paths"]:
            true(path.get("trimmed", 0) == 0, f"trimmed although smaller: {path}")


@case(limit=120)
def a_disk_on_each_bus_is_frozen_and_thawed(world):
    guest = mounted(world)
    with world.agent() as agent, agent.port() as port:
        freeze(port, len(BUSES))
        held = must_be_frozen(guest, [f"/mnt/{bus}" for bus in BUSES])
        thaw(port, len(BUSES))
        must_come_through(guest, held)


@case(limit=120)
def a_disk_that_is_pulled_out_is_told_no_more(world):
    guest = world.guest
    world.discard_later()
    node = node_of(guest, "usb")
    with world.agent() as agent, agent.port() as port:
        true(node in by_name(port.call("guest-get-disks", limit_s=60)), "it was there")
        guest.run("umount /mnt/usb 2>/dev/null; true")
        guest.qmp.call("device_del", id="dev-usb")
        within(30, lambda: node not in by_name(port.call("guest-get-disks", limit_s=60)),
               "the disk is gone")
