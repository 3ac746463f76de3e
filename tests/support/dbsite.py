# SPDX-License-Identifier: MIT
"""Servers under load whose disks are frozen and copied, and the servers that start on the copies."""
import re

import dbcopy
import dbload
import hookplay
import probe
from cases import equal
from dbcopy import Copy
from host import freeze, thaw


class Site:
    """Servers under load, each on a disk of its own."""

    def __init__(self, world):
        self.world = world
        self.loads = []
        self.disks = []
        self.how = []

    def add(self, server_class, kind, fs_type, *how):
        n = len(self.disks)
        disk = self.world.disk(fs_type, f"/mnt/disk{n}", size=dbcopy.SIZES[fs_type])
        data = dbcopy.data_in(disk.point, server_class)
        load = dbload.Load(kind, server_class(data, *how).start()).start()
        self.disks.append(disk)
        self.loads.append(load)
        self.how.append(how)
        return load

    def acknowledged(self):
        return [load.acknowledged() for load in self.loads]

    def copies(self):
        return [Copy(disk).take() for disk in self.disks]

    def begun(self):
        return [load.begun() for load in self.loads]

    def judge(self, copies, acked, begun):
        """{server: what is wrong with its copy}"""
        found = {}
        for copy, load, how, a, b in zip(copies, self.loads, self.how, acked, begun):
            tag = {"tag": f"{load.server.name}-copy"} if load.server.name != "postgres" else {
                "port": 5433}
            found[load.server.name] = dbcopy.findings(copy, load, a, b, *how, **tag)
        return found

    def go_on(self):
        """Requires that the servers have lost no acknowledged transaction."""
        for load in self.loads:
            load.goes_on()
            load.stop()
            equal(load.kind.findings(load.server, load.acknowledged(), load.begun()), [],
                  f"{load.server.name} itself after the thaw")

    def close(self):
        for load in self.loads:
            load.server.kill()
            load.close()


def tell(world, site, what):
    for load in site.loads:
        world.notes.append(f"{what}: {load.server.name} stood still for "
                           f"{max(load.longest_ms().values())} ms at most")


def freeze_copy_thaw(world, site, *hooks):
    """Copies all disks as a host does. Returns what the copies hold, and what they must hold."""
    options = [f"-F{hookplay.install(*hooks)}", "--hook-failure=abort"] if hooks else []
    _, client = world.connect(*options)
    for load in site.loads:
        load.forget()
    freeze(client, len(site.disks), limit_s=60)
    acked = site.acknowledged()
    copies, begun = site.copies(), site.begun()
    for disk in site.disks:
        probe.frozen(disk.point)
    thaw(client, len(site.disks), limit_s=60)
    return copies, acked, begun


def is_complete(world, site, *hooks):
    copies, acked, begun = freeze_copy_thaw(world, site, *hooks)
    site.go_on()
    equal(site.judge(copies, acked, begun), {load.server.name: [] for load in site.loads},
          "what is wrong with the copies")
    tell(world, site, "freeze and hook")
    if any(load.server.name == "postgres" for load in site.loads):
        world.notes.append(f"freeze and hook: postgres: {redo_kib(5433)} KiB of log recovered")
    site.close()


def redo_kib(port):
    """What a server that was started on a copy had to recover, by its own log."""
    with open(f"/run/postgres-{port}.log") as f:
        ends = re.findall(r"redo (?:starts|done) at ([0-9A-F]+)/([0-9A-F]+)", f.read())
    first, last = [(int(high, 16) << 32) + int(low, 16) for high, low in ends[:2]] or (0, 0)
    return (last - first) // 1024
