# SPDX-License-Identifier: MIT
"""A frozen guest that moves live to another QEMU, and one that goes back to a snapshot of its whole
machine, memory and disks, that was made while it was frozen."""
import subprocess

import snapshot
from cases import case, equal, within
from guestdisk import Disk
from host import freeze, status, thaw
from vmload import Load
from vmworld import must_be_frozen, must_come_through, must_not_be_frozen

GUEST = {"disks": ("ext4", "xfs")}


@case(limit=240)
def moved_live_while_frozen_it_is_frozen_there_its_copies_are_clean_and_it_thaws(world):
    guest = world.guest
    with world.agent() as agent, Load(guest) as load:
        with agent.port() as port:
            freeze(port, 2)
        held = must_be_frozen(guest)
        guest.move()
        with guest.port() as port:
            status(port, "frozen")
            notes = load.notes()
            images = snapshot.by_backup(guest, "moved")
            equal(snapshot.faults(guest, images, notes), {"/mnt/ext4": [], "/mnt/xfs": []},
                  "faults of the disks, copied where it is now")
            thaw(port, 2, limit_s=60)
            must_come_through(guest, held)
            freeze(port, 2, limit_s=60)
            thaw(port, 2, limit_s=60)


# Back to a snapshot of the machine -------------------------------------------------------------------


class Qcow2(Disk):
    """One that can have snapshots inside."""

    def __init__(self, name, fs_type, point, image):
        super().__init__(name, fs_type, point, f"{image}.raw")
        subprocess.run(["qemu-img", "convert", "-O", "qcow2", self.image, image], check=True)
        self.remove()
        self.image = image

    def argv(self):
        return ["-blockdev", f"driver=file,filename={self.image},node-name=file-{self.name}",
                "-blockdev", f"driver=qcow2,file=file-{self.name},node-name={self.node}",
                "-device", f"virtio-blk-pci,drive={self.node},id=dev-{self.name}"]


def _qcow2(name, fs_type):
    return lambda guest: Qcow2(name, fs_type, f"/mnt/{fs_type}", guest.path(f"{name}.img"))


def _job(guest, name):
    """One of QEMU's jobs about snapshots, to its end."""
    nodes = [d.node for d in guest.disks]
    guest.qmp.call(name, **{"job-id": name, "tag": "frozen", "vmstate": nodes[0], "devices": nodes})

    def ended():
        found = [job for job in guest.qmp.call("query-jobs") if job["id"] == name]
        equal(found[0].get("error"), None, f"error of {name}")
        return found[0]["status"] == "concluded"

    within(300, ended, f"{name} ends")
    guest.qmp.call("job-dismiss", id=name)


@case(limit=300)
def taken_back_to_a_snapshot_of_its_frozen_machine_it_is_frozen_again_and_thaws_again(world):
    guest = world.boot(disks=(_qcow2("vda", "ext4"), _qcow2("vdb", "xfs")))
    with world.agent(guest=guest) as agent, agent.port() as port:
        freeze(port, 2)
        _job(guest, "snapshot-save")
        status(port, "frozen")
        thaw(port, 2, limit_s=60)
        guest.run("echo later >/mnt/ext4/later; sync /mnt/ext4/later")
        must_not_be_frozen(guest)
        _job(guest, "snapshot-load")
        guest.qmp.call("cont")
        status(port, "frozen")
        held = must_be_frozen(guest)
        thaw(port, 2, limit_s=60)
        must_come_through(guest, held)
        equal(guest.run("ls /mnt/ext4/later 2>&1 || true").strip()[-25:], "No such file or directory",
              "what was written after the snapshot")
