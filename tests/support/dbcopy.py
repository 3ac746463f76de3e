# SPDX-License-Identifier: MIT
"""Copies of disks with a server's data, as a host takes them, and the servers on the copies."""
import os
import shutil
import subprocess

import arena
import kernel
import loops
from cases import Failed

MIB = 1 << 20
SIZES = {"ext4": 192 * MIB, "xfs": 320 * MIB}


def data_in(folder, server_class):
    """The prepared data directory of a server; an empty one where none is needed."""
    data = f"{folder}/data"
    template = f"/templates/{server_class.name}"
    if os.path.isdir(template):
        subprocess.run(["cp", "-a", template, data], check=True)
    else:
        os.mkdir(data, 0o700)
    os.chown(data, server_class.uid, server_class.uid)
    return data


class Copy:
    """The image of a disk at this moment, beside it."""

    def __init__(self, disk):
        self.disk = disk
        self.image = f"{disk.image}.copy"
        self.point = f"{disk.point}-copy"
        self.fd = None
        shutil.rmtree(self.image, ignore_errors=True)

    def take(self):
        subprocess.run(["cp", "--sparse=always", self.disk.image, self.image], check=True)
        return self

    def take_in_halves(self, between):
        """Copies one half, calls between(), and copies the other half: the copy that a host without
        a freeze gets."""
        half = os.path.getsize(self.disk.image) // 2
        with open(self.disk.image, "rb") as source, open(self.image, "wb") as target:
            target.write(source.read(half))
            between()
            shutil.copyfileobj(source, target, MIB)
        return self

    def mount(self):
        """Mounts the copy as a machine that boots from it would. Raises OSError if the mount
        fails."""
        os.makedirs(self.point)
        number, self.fd = loops.attach(self.image, arena.token())
        kernel.mount(f"/dev/loop{number}", self.point, self.disk.fs_type, 0,
                     "nouuid" if self.disk.fs_type == "xfs" else None)
        return f"{self.point}/data"

    def close(self):
        if self.fd is not None:
            kernel.umount(self.point, kernel.MNT_DETACH)
            os.close(self.fd)


def findings(copy, load, acked, begun, *how, **place):
    """What is wrong with a server's data on a copy; [] if nothing is."""
    server_class = type(load.server)
    try:
        data = copy.mount()
    except OSError as e:
        return [f"the filesystem cannot be mounted: {e}"]
    if os.path.exists(f"{data}/postmaster.pid"):
        os.unlink(f"{data}/postmaster.pid")    # that server runs here, beside the copy's
    server = server_class(data, *how, **place)
    try:
        server.start()
        return load.kind.findings(server, acked, begun)
    except (Failed, OSError) as e:
        return [f"the server does not start, or ends: {e}"]
    finally:
        server.kill()
