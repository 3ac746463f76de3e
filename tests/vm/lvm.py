# SPDX-License-Identifier: MIT
"""LVM in the guest: its snapshots freeze filesystems, too, and must go on doing so.

A snapshot is made of a volume on which writers are at work. If LVM has frozen the filesystem for
it, ext4 has no journal to replay there; if its freeze was lost, needs_recovery is set.
"""
from cases import Failed, case, contains, equal, true
from client import Refused
from guestdisk import Disk
from host import freeze, status, thaw
from vmworld import (Agent, has_kernel, must_be_frozen, must_come_through,
                     must_not_be_frozen, touches)


def _volume_disk(guest):
    return Disk("vdb", None, None, guest.path("vdb.img"), size=160 << 20)


def _template(guest):
    return Disk("vdc", "ext4", None, guest.path("vdc.img"), size=32 << 20)


SHAPE = {"disks": (lambda guest: Disk("vda", "ext4", "/mnt/ext4", guest.path("vda.img")),
                   _volume_disk, _template), "initramfs": ("lvm",)}
GUEST = SHAPE
_PATH = "PATH=$PATH:/sbin-lvm; "
_RECOVER = 0x4   # in s_feature_incompat


def lvm(guest, command):
    return guest.run(f"{_PATH} lvm {command}")


def with_volume(guest):
    """/mnt/data on the volume vg/data, with a writer; once a guest."""
    if guest.run("grep -c ' /mnt/data ' /proc/mounts || true").strip() == "1":
        return guest
    guest.run("mkdir -p /mnt/data /run/lock/lvm")
    for command in ("pvcreate -q /dev/vdb", "vgcreate -q vg /dev/vdb",
                    "lvcreate -q -W n -Z n -n data -L 32M vg"):
        lvm(guest, command)
    guest.run("dd if=/dev/vdc of=/dev/vg/data bs=1M 2>/dev/null; "
              "mount -t ext4 /dev/vg/data /mnt/data")
    writer = guest.spawn("writer buffered /mnt/data/w /run/note", "/run/writer.log")
    guest.run(f"echo {writer} >/run/writer.pid")
    return guest


def snapshot_is_clean(guest, name):
    """Of a volume with writers at work; it is removed again."""
    lvm(guest, f"lvcreate -q -s -n {name} -L 8M vg/data")
    flags = guest.run(f"dd if=/dev/vg/{name} bs=4 skip=$(((1024 + 96) / 4)) count=1 2>/dev/null "
                      "| od -An -tx4")
    lvm(guest, f"lvremove -q -f vg/{name}")
    return not int(flags, 16) & _RECOVER


def must_be_clean(guest, name):
    true(snapshot_is_clean(guest, name), f"snapshot {name}: LVM no longer freezes the filesystem")


def _forgets(guest):
    """Seen with 6.12.95 of Debian's backports; not with 6.12.117 and 7.3.4."""
    release = guest.run("uname -r").split("+")[0].split("-")[0].split(".")
    return release[:2] == ["6", "12"] and int(release[2]) < 117


@case(limit=180)
def snapshots_before_and_after_a_freeze_still_freeze_their_filesystem(world):
    guest = with_volume(world.guest)
    with world.agent() as agent, agent.port() as port:
        must_be_clean(guest, "before")
        for number in range(3):
            freeze(port, 2)
            held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/data"])
            thaw(port, 2)
            must_come_through(guest, held)
            must_be_clean(guest, f"after{number}")


@case(limit=180)
def a_snapshot_during_a_freeze_costs_neither_its_hold(world):
    """Kernels before 6.12 refuse it, and lvcreate leaves an empty volume: there is one freeze at a
    time. 6.12 nests the two, and forgot at first that LVM's has ended: later snapshots of the volume
    freeze nothing any more, whoever had frozen it (fsfreeze(8) or an agent), and after an umount it
    cannot be mounted. No agent can help that; what it holds must be held, and let go."""
    guest = with_volume(world.guest)
    with world.agent() as agent, agent.port() as port:
        freeze(port, 2)
        ticket = guest.control.begin(f"{_PATH} lvm lvcreate -q -s -n during -L 8M vg/data")
        made = guest.control.end(ticket, 60)
        if has_kernel(guest, 6, 12):
            equal(made[0], 0, f"status of lvcreate: {made[1]}")
        status(port, "frozen")
        held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/data"])
        thaw(port, 2)
        must_come_through(guest, held)
        world.discard_later()
        contains(lvm(guest, "lvs --noheadings -o lv_name vg"), "during", "the volumes")
        lvm(guest, "lvremove -q -f vg/during")   # on old kernels it is empty, and in LVM's way
        if _forgets(guest):
            true(not snapshot_is_clean(guest, "afterwards"), "LVM's later snapshots freeze again")
            _must_be_mended_by_activation(guest)
        must_be_clean(guest, "afterwards")


def _must_be_mended_by_activation(guest):
    """A volume that stays frozen for the kernel although nobody freezes it."""
    guest.run("writer=$(cat /run/writer.pid); kill $writer; "
              "while kill -0 $writer 2>/dev/null; do sleep 0.1; done; umount /mnt/data")
    again = "mount -t ext4 /dev/vg/data /mnt/data"
    contains(guest.run(f"{again} 2>&1; true"), "Device or resource busy", "a mount of the volume")
    lvm(guest, "lvchange -q -a n vg/data")
    lvm(guest, "lvchange -q -a y vg/data")
    guest.run(again)
    guest.spawn("writer buffered /mnt/data/w /run/note", "/run/writer.log")


@case(limit=180)
def a_freeze_that_meets_a_suspended_volume_waits_for_it_and_costs_lvm_nothing(world):
    """What LVM's own snapshot does for a moment: even a sync of such a filesystem waits."""
    guest = with_volume(world.guest)
    with world.agent() as agent, agent.port() as port:
        guest.run(f"{_PATH} dmsetup suspend vg-data")
        port.request("guest-fsfreeze-freeze")
        port.silent(1)
        guest.run(f"{_PATH} dmsetup resume vg-data")
        equal(port.answer(60), 2, "answer to freeze")
        held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/data"])
        thaw(port, 2)
        must_come_through(guest, held)
        must_be_clean(guest, "next")
        must_be_clean(guest, "one_more")


@case(limit=180)
def a_volume_that_stays_suspended_fails_the_freeze_and_is_not_thawed_by_it(world):
    guest = with_volume(world.guest)
    with world.agent(options="-v --sync-timeout=2") as agent, agent.port() as port:
        guest.run(f"{_PATH} dmsetup suspend vg-data")
        try:
            raise Failed(f"freeze: {port.call('guest-fsfreeze-freeze', limit_s=60)}")
        except Refused as e:
            contains(e.desc, "/mnt/data", "the error")
        equal(port.call("guest-fsfreeze-thaw", limit_s=30), 0, "answer to thaw")
        must_come_through(guest, {"/mnt/ext4": touches(guest, "/mnt/ext4")})
        guest.run(f"{_PATH} dmsetup resume vg-data")
        must_not_be_frozen(guest)
        must_be_clean(guest, "next")


@case(limit=180)
def qemu_ga_thaws_it_and_costs_lvm_its_next_freeze_so_that_would_be_seen(world):
    guest = with_volume(world.guest)
    agent = Agent(guest, "qemu-ga").start("")
    with agent.port() as port:
        guest.run(f"{_PATH} dmsetup suspend vg-data")
        port.call("guest-fsfreeze-freeze", limit_s=30)
        port.request("guest-fsfreeze-thaw")
        port.silent(1)   # it hangs in the thaw of what is not its own
        guest.run(f"{_PATH} dmsetup resume vg-data")
        port.answer(30)
        if snapshot_is_clean(guest, "lost"):
            raise Failed("LVM has frozen the filesystem: the case above proves nothing")
    world.discard_later()


@case(limit=180)
def a_writecache_that_dmsetup_has_made_is_named(world):
    """It has no name by which LVM's caches are known; its two disks belong together."""
    guest = world.guest
    guest.run("truncate -s 32M /run/origin; truncate -s 24M /run/cache; dd if=/dev/vdc of=/run/origin "
              "conv=notrunc bs=1M 2>/dev/null; losetup /dev/loop0 /run/origin; "
              "losetup /dev/loop1 /run/cache; DM_DISABLE_UDEV=1 /sbin-lvm/dmsetup create fast --table "
              "'0 65536 writecache s /dev/loop0 /dev/loop1 512 0' && mkdir -p /mnt/fast && "
              "mount -t ext4 /dev/mapper/fast /mnt/fast")
    world.discard_later()
    said = " ".join(guest.run("/agent/frost-ga check; true").split())
    contains(said, "/mnt/fast has a cache (", "check")
    with world.agent() as agent, agent.port() as port:
        freeze(port, 2, limit_s=60)
        held = must_be_frozen(guest, ["/mnt/ext4", "/mnt/fast"])
        thaw(port, 2, limit_s=60)
        must_come_through(guest, held)


NEWEST_KERNEL = (snapshots_before_and_after_a_freeze_still_freeze_their_filesystem,
                 a_snapshot_during_a_freeze_costs_neither_its_hold,
                 a_freeze_that_meets_a_suspended_volume_waits_for_it_and_costs_lvm_nothing,
                 a_volume_that_stays_suspended_fails_the_freeze_and_is_not_thawed_by_it)
FULL_ONLY = (a_writecache_that_dmsetup_has_made_is_named,)
