# SPDX-License-Identifier: MIT
"""What a host copies between freeze and thaw, judged by a second server that starts on the copy."""
import subprocess

import dbcopy
import dbload
import hookplay
import probe
from cases import case, equal, true
from dbcopy import Copy
from host import freeze, thaw
from mariadb import MariaDB
from postgres import Postgres
from redis import Redis

# A server that answers before its log is on disk: only the hook makes such a copy complete.
LAZY = ("--innodb-flush-log-at-trx-commit=0",)
APPEND_ONLY = ("--appendonly", "yes")


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
        """The servers have lost nothing of all they have acknowledged."""
        for load in self.loads:
            load.goes_on()
            load.stop()
            equal(load.kind.findings(load.server, load.acknowledged(), load.begun()), [],
                  f"{load.server.name} itself after the thaw")

    def close(self):
        for load in self.loads:
            load.server.kill()
            load.close()


def _tell(world, site, what):
    for load in site.loads:
        world.notes.append(f"{what}: {load.server.name} stood still for "
                           f"{max(load.longest_ms().values())} ms at most")


def _freeze_copy_thaw(world, site, *hooks):
    """As a host does it; what the copies hold, and what they must hold."""
    _, client = world.connect()
    for load in site.loads:
        load.forget()
    played = hookplay.Played(*hooks)
    played.up()
    freeze(client, len(site.disks), limit_s=60)
    acked = site.acknowledged()
    copies, begun = site.copies(), site.begun()
    for disk in site.disks:
        probe.frozen(disk.point)
    thaw(client, len(site.disks), limit_s=60)
    played.down()
    return copies, acked, begun


def _is_complete(world, site, *hooks):
    copies, acked, begun = _freeze_copy_thaw(world, site, *hooks)
    site.go_on()
    equal(site.judge(copies, acked, begun), {load.server.name: [] for load in site.loads},
          "what is wrong with the copies")
    _tell(world, site, "frozen")
    site.close()


HOOKS = ("30-postgresql", "40-redis", "60-mariadb.hold")


@case(own="hold hooks", limit=120)
def copies_of_mariadb_on_ext4_and_postgresql_on_xfs_are_complete(world):
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "ext4", LAZY)
    site.add(Postgres, dbload.OnPostgres, "xfs")
    _is_complete(world, site, *HOOKS)


@case(own="hold hooks", limit=120)
def copies_of_mariadb_on_xfs_and_postgresql_and_redis_on_ext4_are_complete(world):
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "xfs", LAZY)
    site.add(Postgres, dbload.OnPostgres, "ext4")
    site.add(Redis, dbload.OnRedis, "ext4", APPEND_ONLY)
    _is_complete(world, site, *HOOKS)


@case(own="hold hooks", limit=120)
def a_read_lock_makes_a_complete_copy_as_well(world):
    hookplay.configure("mariadb", method="read-lock")
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "ext4", LAZY)
    _is_complete(world, site, "60-mariadb.hold")


@case(own="a hook", limit=120)
def a_snapshot_of_redis_holds_what_was_acknowledged_before_its_hook(world):
    site = Site(world)
    load = site.add(Redis, dbload.OnRedis, "ext4")
    before = load.acknowledged()
    copies, _, begun = _freeze_copy_thaw(world, site, "40-redis")
    site.go_on()
    equal(site.judge(copies, [before], begun), {"redis": []}, "what is wrong with the copy")
    site.close()


@case(own="a hook", limit=120)
def a_snapshot_of_redis_holds_everything_if_writes_may_wait_for_it(world):
    hookplay.configure("redis", pause_for_save="yes")
    site = Site(world)
    site.add(Redis, dbload.OnRedis, "xfs")
    _is_complete(world, site, "40-redis")


def _of(found, *words):
    return [line for line in found if any(line.startswith(f"{word}:") for word in words)]


@case(own="the proof of the others", limit=120)
def without_freeze_and_hook_myisam_and_aria_are_broken(world):
    """What the others claim can fail: the very same load, copied while it goes on."""
    site = Site(world)
    load = site.add(MariaDB, dbload.OnMariaDB, "ext4")
    subprocess.run(["sync", "-f", site.disks[0].point], check=True)    # as the kernel does every half minute: the files say that they are open
    acked = site.acknowledged()
    copy = Copy(site.disks[0]).take_in_halves(load.goes_on)
    begun = site.begun()
    found, = site.judge([copy], acked, begun).values()
    world.notes += [f"nothing: mariadb: {line}" for line in found]
    unusable = [line for line in found if line.startswith(("the filesystem", "the server"))]
    true(unusable or (_of(found, "myisam") and _of(found, "aria")),
         f"a copy without hook and freeze is good: {found}")
    site.close()


@case(own="the proof of the others", limit=120)
def a_freeze_without_a_hook_leaves_myisam_and_aria_to_be_repaired(world):
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "ext4", LAZY)
    site.add(Postgres, dbload.OnPostgres, "ext4")
    copies, acked, begun = _freeze_copy_thaw(world, site)
    found = site.judge(copies, acked, begun)
    world.notes += [f"freeze only: {name}: {line}" for name in found for line in found[name]]
    true(_of(found["mariadb"], "myisam") and _of(found["mariadb"], "aria"),
         f"a copy without hook needs no repair: {found}")
    equal(found["postgres"], [], "PostgreSQL needs no hook")
    site.close()
