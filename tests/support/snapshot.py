# SPDX-License-Identifier: MIT
"""The two ways in which hosts copy the disks of a running guest, for all disks at one moment."""
import json
import os
import subprocess
import sys

from cases import Failed, within
from guestdisk import copy_sparse

DELETED = 3   # files that a process has deleted and holds open on each filesystem with writers
VERIFY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "verify.py")


def _all_disks(guest):
    return ([guest.root] if guest.root else []) + guest.disks


def _points(guest):
    return {d.name: d.point for d in _all_disks(guest) if d.point}


def by_backup(guest, label, while_copying=None):
    """A transaction of backup jobs; {point: image}. The moment is that of the transaction."""
    copied = all_by_backup(guest, label, while_copying)
    return {point: copied[name] for name, point in _points(guest).items()}


def all_by_backup(guest, label, while_copying=None, speed=0):
    """The same of all disks, also of those that are mounted nowhere; {name: image}. speed: bytes a
    second of each job, 0: no limit."""
    guest.qmp.forget()
    targets = {d.name: guest.path(f"{label}-{d.name}.img") for d in _all_disks(guest)}
    guest.qmp.call("transaction", actions=[
        {"type": "drive-backup", "data": {"device": d.node, "job-id": f"copy-{d.name}",
                                          "sync": "full", "format": "raw",
                                          "target": targets[d.name], "speed": speed}}
        for d in _all_disks(guest)])
    if while_copying:
        while_copying()

    def finished():
        failed = guest.qmp.seen("BLOCK_JOB_ERROR")
        if failed:
            raise Failed(f"backup: {failed}")
        return len(guest.qmp.seen("BLOCK_JOB_COMPLETED")) == len(targets)

    within(120, finished, "the disks are copied")
    return targets


def by_overlay(guest, label):
    """An external snapshot of all disks: from here on the guest writes to new files; what lies
    below them is the image. Merged back before this returns, with a copy kept."""
    overlays = {d.name: guest.path(f"{label}-{d.name}.qcow2") for d in _all_disks(guest)}
    guest.qmp.call("transaction", actions=[
        {"type": "blockdev-snapshot-sync",
         "data": {"node-name": d.node, "snapshot-file": overlays[d.name], "format": "qcow2",
                  "snapshot-node-name": f"{label}-{d.name}"}} for d in _all_disks(guest)])
    images = {}
    for disk in _all_disks(guest):
        image = guest.path(f"{label}-{disk.name}.img")
        copy_sparse(disk.image, image)
        if disk.point:
            images[disk.point] = image
    return images


def merge_overlay(guest, label):
    """What was written since goes down into the images, and the guest writes to them again."""
    for disk in _all_disks(guest):
        job = f"merge-{disk.name}"
        guest.qmp.forget()
        guest.qmp.call("block-commit", device=f"{label}-{disk.name}", **{"job-id": job})
        guest.qmp.wait_for("BLOCK_JOB_READY")
        guest.qmp.call("job-complete", id=job)
        guest.qmp.wait_for("BLOCK_JOB_COMPLETED")


def by_virsh(guest, load, label, quiesce):
    """Faults of what an external snapshot by libvirt leaves below; it is merged back afterwards.
    quiesce: "--quiesce", or nothing."""
    mounted = [d for d in guest.disks if d.point]
    overlays = [guest.path(f"{label}-{d.name}.qcow2") for d in mounted]
    specs = [word for disk, path in zip(mounted, overlays)
             for word in ("--diskspec", f"{disk.name},file={path}")]
    specs += [word for disk in guest.disks if not disk.point
              for word in ("--diskspec", f"{disk.name},snapshot=no")]
    before = load.notes()
    guest.virsh("snapshot-create-as", label, "--disk-only", "--no-metadata", *specs,
                *([quiesce] if quiesce else []))
    after = load.notes()
    images = {}
    for disk in mounted:
        images[disk.point] = guest.path(f"{label}-{disk.name}.img")
        copy_sparse(disk.image, images[disk.point])
        guest.virsh("blockcommit", disk.name, "--active", "--pivot", "--wait")
    found = faults(guest, images, _between(before, after))
    remove(images)
    for path in overlays:
        os.unlink(path)
    return found


def _between(before, after):
    """Load.notes of a moment between two others: what had been begun later, and what was done before."""
    return {p: {kind: (after[p][kind][0], before[p][kind][1]) for kind in before[p]}
            for p in before}


def by_libvirts_backup(guest, load, label, frozen):
    """Faults of what a backup by libvirt writes that began while the guest was frozen, or was not; it is
    thawed while the job runs."""
    images = {d.point: guest.path(f"{label}-{d.name}.img") for d in guest.disks}
    targets = "".join(f"<disk name='{d.name}' type='file'><target file='{images[d.point]}'/>"
                      "<driver type='raw'/></disk>" for d in guest.disks)
    with open(guest.path(f"{label}.xml"), "w") as f:
        f.write(f"<domainbackup><disks>{targets}</disks></domainbackup>")
    before = load.notes()
    if frozen:
        guest.virsh("domfsfreeze")
    guest.virsh("backup-begin", guest.path(f"{label}.xml"))
    after = load.notes()
    if frozen:
        guest.virsh("domfsthaw")
    within(120, lambda: "None" in guest.virsh("domjobinfo"), "the backup ends")
    said = guest.virsh("domjobinfo", "--completed")
    if "Completed" not in said:
        raise Failed(f"the backup: {said}")
    found = faults(guest, images, _between(before, after))
    remove(images)
    return found


def remove(images):
    for image in images.values():
        os.unlink(image)


def faults(guest, images, notes):
    """{point: faults} of copies, by what the guest's writers had done (vmworld.Load.notes)."""
    types = {d.point: d.fs_type for d in _all_disks(guest)}
    found = {}
    for point, image in images.items():
        foreign = types[point] == "xfs" and guest.replay
        if foreign:
            guest.replay(image)
        done = subprocess.run([sys.executable, "-B", VERIFY, image, types[point],
                               json.dumps({**notes[point], "deleted": 0 if foreign else DELETED,
                                           "replayed": bool(foreign),
                                           "others_too": point == "/"})],
                              capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            raise Failed(f"verify.py: {done.stderr[-2000:]}")
        found[point] = json.loads(done.stdout)
    return found
