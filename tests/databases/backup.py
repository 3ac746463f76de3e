# SPDX-License-Identifier: MIT
"""What a host copies between freeze and thaw, judged by a second server that starts on the copy."""
import re
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


def _is_complete(world, site, *hooks):
    copies, acked, begun = _freeze_copy_thaw(world, site, *hooks)
    site.go_on()
    equal(site.judge(copies, acked, begun), {load.server.name: [] for load in site.loads},
          "what is wrong with the copies")
    _tell(world, site, "freeze and hook")
    if any(load.server.name == "postgres" for load in site.loads):
        world.notes.append(f"freeze and hook: postgres: {_redo_kib(5433)} KiB of log recovered")
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
    return [line for line in found if line.startswith(tuple(f"{word}:" for word in words))]


def _note(world, how, found):
    """What the README's table is made of."""
    for name, lines in found.items():
        world.notes += [f"{how}: {name}: {line}" for line in lines or ["complete"]]


def _redo_kib(port):
    """What the server on a copy had to recover, by its own log."""
    with open(f"/run/postgres-{port}.log") as f:
        ends = re.findall(r"redo (?:starts|done) at ([0-9A-F]+)/([0-9A-F]+)", f.read())
    first, last = [(int(high, 16) << 32) + int(low, 16) for high, low in ends[:2]] or (0, 0)
    return (last - first) // 1024


@case(own="the proof of the others", limit=120)
def without_freeze_and_hook_myisam_and_aria_are_broken(world):
    """What the others claim can fail: the very same load, copied while it goes on."""
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "ext4")
    site.add(Postgres, dbload.OnPostgres, "ext4")
    site.add(Redis, dbload.OnRedis, "ext4", APPEND_ONLY)
    for disk in site.disks:   # as the kernel does every half minute: the files say they are open
        subprocess.run(["sync", "-f", disk.point], check=True)
    for load in site.loads:
        load.goes_on()
    acked = site.acknowledged()
    copies = [Copy(disk).take_in_halves(load.goes_on)
              for disk, load in zip(site.disks, site.loads)]
    found = site.judge(copies, acked, site.begun())
    _note(world, "nothing", found)
    unusable = [line for line in found["mariadb"] if line.startswith(("the filesystem",
                                                                      "the server"))]
    true(unusable or (_of(found["mariadb"], "myisam") and _of(found["mariadb"], "aria")),
         f"a copy without hook and freeze is good: {found}")
    site.close()


@case(own="the proof of the others", limit=120)
def a_freeze_without_a_hook_is_enough_for_innodb_and_postgresql_only(world):
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "ext4")
    site.add(Postgres, dbload.OnPostgres, "xfs")
    site.add(Redis, dbload.OnRedis, "ext4", APPEND_ONLY)
    copies, acked, begun = _freeze_copy_thaw(world, site)
    found = site.judge(copies, acked, begun)
    _note(world, "freeze only", found)
    world.notes.append(f"freeze only: postgres: {_redo_kib(5433)} KiB of log recovered")
    _tell(world, site, "freeze only")
    equal(_of(found["mariadb"], "transfers1", "transfers2", "left_side", "right_side", "moved"),
          [], "InnoDB needs no hook")
    equal(found["postgres"], [], "PostgreSQL needs no hook")
    true(_of(found["mariadb"], "myisam") and _of(found["mariadb"], "aria"),
         f"a copy without hook needs no repair: {found}")
    site.close()


@case(own="the proof of the others", limit=120)
def a_freeze_without_a_hook_does_not_know_what_a_lazy_innodb_holds_back(world):
    """Whether anything is lost depends on the second: told, not asserted."""
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "xfs", LAZY)
    copies, acked, begun = _freeze_copy_thaw(world, site)
    found = site.judge(copies, acked, begun)
    _note(world, "freeze only, flush_log_at_trx_commit=0", found)
    true(_of(found["mariadb"], "myisam") and _of(found["mariadb"], "aria"),
         f"a copy without hook needs no repair: {found}")
    site.close()
