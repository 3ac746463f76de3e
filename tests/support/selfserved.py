# SPDX-License-Identifier: MIT
"""Disks that a guest serves to itself from files of its own (initramfs "served"): each function
makes one and returns its device."""
from cases import Failed, within

MIB = 1 << 20
BIN = "/served/bin"
_TARGET = "/sys/kernel/config/target"
_IQN = "iqn.2026-11.test"
_LOAD = ("[ -e /run/loaded ] || { for module in $(cat /served/modules/order); do "
         "insmod /served/modules/$module 2>/dev/null; done; mdev -s; "
         "mkdir -p /run/lock /var/lock; mount -t configfs configfs /sys/kernel/config; "
         "touch /run/loaded; }; true")


def load(guest):
    """The kernel's modules for all of this, once a boot."""
    guest.run(_LOAD)
    return guest


def _disks(guest):
    """Those that have a node: not one of the ways to an NVMe disk."""
    return set(guest.run("cd /sys/block; for disk in *; do [ \"$(cat $disk/hidden)\" = 1 ] || "
                         "echo $disk; done").split())


def _appears(guest, before, kind):
    """The disk of this kind that was not there before, with a node."""
    found = []

    def there():
        found[:] = [name for name in _disks(guest) - before if name.startswith(kind)]
        return found and guest.run(f"cat /sys/block/{found[0]}/size").strip() != "0"

    within(30, there, f"a new disk {kind}* appears")
    guest.run("mdev -s")
    return f"/dev/{found[0]}"


def file(guest, path, size=24 * MIB):
    guest.run(f"mkdir -p $(dirname {path}); truncate -s {size} {path}")
    return path


def nbd(guest, path, number=0):
    """By a process: Debian's qemu-nbd."""
    guest.spawn(f"{BIN}/qemu-nbd -f raw --cache=writeback -c /dev/nbd{number} {path}",
                "/run/nbd.log")
    try:
        within(30, lambda: guest.run(f"cat /sys/block/nbd{number}/size").strip() != "0",
               "the disk is connected")
    except Failed as e:
        raise Failed(f"{e}: {guest.run('cat /run/nbd.log')}") from e
    return f"/dev/nbd{number}"


def disguise(guest, device):
    """From here on sysfs shows the disk in no folder that tells what serves it: one that nobody has
    thought of."""
    name = device.rsplit("/", 1)[1]
    guest.run(f"""mkdir -p /run/pci0/{name} /run/disks && cd /sys/dev/block &&
mount -o bind /sys/devices/virtual/block/{name} /run/pci0/{name} &&
for disk in *; do ln -s $(readlink -f $disk) /run/disks/$disk; done &&
ln -sfn /run/pci0/{name} /run/disks/$(cat /run/pci0/{name}/dev) && mount -o bind /run/disks /sys/dev/block""")


def _backstore(guest, path, name):
    guest.run(f"""mkdir -p {_TARGET}/core/fileio_0/{name} && cd {_TARGET}/core/fileio_0/{name} &&
echo fd_dev_name={path},fd_dev_size=$(stat -c %s {path}) >control && echo 1 >enable""")


def lio(guest, path, number=0):
    """By the kernel's own target, over its loopback."""
    before = _disks(guest)
    _backstore(guest, path, f"loopback{number}")
    tpg = f"{_TARGET}/loopback/naa.500140500000001{number}/tpgt_1"
    guest.run(f"""mkdir -p {tpg}/lun/lun_0 && echo naa.500140500000002{number} >{tpg}/nexus &&
ln -s {_TARGET}/core/fileio_0/loopback{number} {tpg}/lun/lun_0/port""")
    return _appears(guest, before, "sd")


def iscsi(guest, path, number=0):
    """By the same target, over TCP; the initiator is Debian's iscsistart."""
    before = _disks(guest)
    _backstore(guest, path, f"iscsi{number}")
    tpg = f"{_TARGET}/iscsi/{_IQN}:{number}/tpgt_1"
    guest.run(f"""mkdir -p {tpg}/lun/lun_0 {tpg}/np/127.0.0.1:3260 &&
ln -s {_TARGET}/core/fileio_0/iscsi{number} {tpg}/lun/lun_0/port &&
echo 0 >{tpg}/attrib/authentication && echo 1 >{tpg}/attrib/generate_node_acls &&
echo 0 >{tpg}/attrib/demo_mode_write_protect && echo 1 >{tpg}/enable &&
{BIN}/iscsistart -i {_IQN}:us -t {_IQN}:{number} -g 1 -a 127.0.0.1 -p 3260""")
    return _appears(guest, before, "sd")


def nvme(guest, path, number=0):
    """By the kernel's NVMe target, over TCP."""
    before = _disks(guest)
    root, name = "/sys/kernel/config/nvmet", f"test{number}"
    guest.run(f"""mkdir -p {root}/subsystems/{name}/namespaces/1 {root}/ports/{number + 1} &&
cd {root} && echo 1 >subsystems/{name}/attr_allow_any_host &&
echo -n {path} >subsystems/{name}/namespaces/1/device_path &&
echo 1 >subsystems/{name}/namespaces/1/enable && cd ports/{number + 1} &&
echo tcp >addr_trtype && echo ipv4 >addr_adrfam && echo 127.0.0.1 >addr_traddr &&
echo {4420 + number} >addr_trsvcid && ln -s {root}/subsystems/{name} subsystems/{name} &&
echo transport=tcp,traddr=127.0.0.1,trsvcid={4420 + number},nqn={name} >/dev/nvme-fabrics""")
    return _appears(guest, before, "nvme")


def loop(guest, path, number=0):
    """The one disk of these that sysfs shows to stand on a file."""
    guest.run(f"losetup /dev/loop{number} {path}")
    return f"/dev/loop{number}"


def drbd(guest, path, number=0):
    """On a loop; a primary that has never had a peer. The kernel's own driver is version 8.4."""
    device = loop(guest, path, number)
    guest.run(f"""cd {BIN} && ./drbdmeta --force {number} v08 {device} internal create-md &&
./drbdsetup-84 new-resource r{number} && ./drbdsetup-84 new-minor r{number} {number} 0 &&
./drbdsetup-84 attach {number} {device} {device} internal && ./drbdsetup-84 primary {number} --force &&
mdev -s""")
    return f"/dev/drbd{number}"


def ext4(guest, device, point, options=""):
    """An ext4 on it, mounted."""
    guest.run(f"{BIN}/mke2fs -q -F -t ext4 {options} {device} && mkdir -p {point} && "
              f"mount -t ext4 {device} {point}")
    return point
