# SPDX-License-Identifier: MIT
"""What a host copies between freeze and thaw, judged by a second server that starts on the copy."""
import subprocess

import dbload
import hookplay
from cases import case, equal, true
from dbcopy import Copy
from dbsite import Site, freeze_copy_thaw, is_complete, redo_kib, tell
from mariadb import MariaDB
from postgres import Postgres
from redis import VALKEY, Redis, Valkey

# A server that answers before its log is on disk: only the hook makes such a copy complete.
LAZY = ("--innodb-flush-log-at-trx-commit=0",)
APPEND_ONLY = ("--appendonly", "yes")


HOOKS = ("30-postgresql", "40-redis", "60-mariadb.hold")


@case(own="hold hooks", limit=120)
def copies_of_mariadb_on_ext4_and_postgresql_on_xfs_are_complete(world):
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "ext4", LAZY)
    site.add(Postgres, dbload.OnPostgres, "xfs")
    is_complete(world, site, *HOOKS)


@case(own="hold hooks", limit=120)
def copies_of_mariadb_on_xfs_and_postgresql_and_redis_on_ext4_are_complete(world):
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "xfs", LAZY)
    site.add(Postgres, dbload.OnPostgres, "ext4")
    site.add(Redis, dbload.OnRedis, "ext4", APPEND_ONLY)
    is_complete(world, site, *HOOKS)


@case(own="a hook", limit=120, needs=VALKEY)
def a_copy_of_valkey_is_complete(world):
    site = Site(world)
    site.add(Valkey, dbload.OnRedis, "ext4", APPEND_ONLY)
    is_complete(world, site, "40-redis")


@case(own="hold hooks", limit=120)
def a_read_lock_makes_a_complete_copy_as_well(world):
    hookplay.configure("mariadb", method="read-lock")
    site = Site(world)
    site.add(MariaDB, dbload.OnMariaDB, "ext4", LAZY)
    is_complete(world, site, "60-mariadb.hold")


@case(own="a hook", limit=120)
def a_snapshot_of_redis_holds_what_was_acknowledged_before_its_hook(world):
    site = Site(world)
    load = site.add(Redis, dbload.OnRedis, "ext4")
    before = load.acknowledged()
    copies, _, begun = freeze_copy_thaw(world, site, "40-redis")
    site.go_on()
    equal(site.judge(copies, [before], begun), {"redis": []}, "what is wrong with the copy")
    site.close()


@case(own="a hook", limit=120)
def a_snapshot_of_redis_holds_everything_if_writes_may_wait_for_it(world):
    hookplay.configure("redis", pause_for_save="yes")
    site = Site(world)
    site.add(Redis, dbload.OnRedis, "xfs")
    is_complete(world, site, "40-redis")


def _of(found, *words):
    return [line for line in found if line.startswith(tuple(f"{word}:" for word in words))]


def _note(world, how, found):
    """What the README's table is made of."""
    for name, lines in found.items():
        world.notes += [f"{how}: {name}: {line}" for line in lines or ["complete"]]


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
    copies, acked, begun = freeze_copy_thaw(world, site)
    found = site.judge(copies, acked, begun)
    _note(world, "freeze only", found)
    world.notes.append(f"freeze only: postgres: {redo_kib(5433)} KiB of log recovered")
    tell(world, site, "freeze only")
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
    copies, acked, begun = freeze_copy_thaw(world, site)
    found = site.judge(copies, acked, begun)
    _note(world, "freeze only, flush_log_at_trx_commit=0", found)
    true(_of(found["mariadb"], "myisam") and _of(found["mariadb"], "aria"),
         f"a copy without hook needs no repair: {found}")
    site.close()
