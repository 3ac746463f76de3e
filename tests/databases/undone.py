# SPDX-License-Identifier: MIT
"""Freezes that do not come to their end: no database stays locked."""
import os
import signal
import time

import dbcopy
import hookplay
import probe
import proc
from cases import case, contains, true, within
from host import freeze, status, thaw
from mariadb import MariaDB
from redis import Redis

WRITE = "INSERT INTO bank.t VALUES (1); SELECT 'written'"
# The last hook: what it does, with all locks taken, makes the freeze fail.
KILL_THE_FREEZER = """
[ "$1" = freeze ] || exit 0
timeout 2 mariadb -e 'INSERT INTO bank.t VALUES (1)' && touch /run/not-locked
for cmdline in /proc/[0-9]*/cmdline; do
    case $(tr '\\0' ' ' <"$cmdline") in
        *--freezer*) pid=${cmdline%/cmdline}; kill -9 "${pid#/proc/}" ;;
    esac
done 2>/dev/null
exit 0
"""


class Site:
    """MariaDB and Redis without load, each on a disk, and the agent with their hooks."""

    def __init__(self, world, *options):
        self.servers = []
        for n, (kind, how) in enumerate(((MariaDB, ()), (Redis, ("--appendonly", "yes")))):
            disk = world.disk("ext4", f"/mnt/disk{n}", size=dbcopy.SIZES["ext4"])
            self.servers.append(kind(dbcopy.data_in(disk.point, kind), how).start())
        self.mariadb, self.redis = self.servers
        self.mariadb.asked("CREATE DATABASE bank; CREATE TABLE bank.t (n INT) ENGINE=MyISAM")
        folder = hookplay.install("40-redis", "60-mariadb.hold")
        self.agent, self.client = world.connect(f"-F{folder}", *options)

    def are_released(self, world, what):
        """Each server answers a write; how long that took from now on is told."""
        for server, written in ((self.mariadb, self._mariadb_writes),
                                (self.redis, self._redis_writes)):
            began = time.monotonic()
            within(30, written, f"{server.name} is released")
            took = time.monotonic() - began
            world.notes.append(f"{what}: {server.name}: a write came through {took * 1000:.0f} ms "
                               "later")
            true(took < 10, f"{server.name} was released after {took:.1f} s")

    def _mariadb_writes(self):
        return self.mariadb.asked(WRITE, 5) == "written"

    def _redis_writes(self):
        session = self.redis.session()
        session.wire.settimeout(5)
        try:
            return session.run("SET", "k", "v") == "OK"
        except OSError:
            return False
        finally:
            session.close()

    def close(self):
        for server in self.servers:
            server.kill()


@case(own="hold hooks", limit=90)
def a_freeze_that_fails_after_the_hooks_releases_every_lock(world):
    site = Site(world)
    hookplay.write("99-break", KILL_THE_FREEZER)
    refusal = site.client.refusal("guest-fsfreeze-freeze", limit_s=60)
    true(not os.path.exists("/run/not-locked"), "the hooks had not locked the server")
    world.notes.append(f"answer: {refusal.desc}")
    site.are_released(world, "failed freeze")
    status(site.client, "thawed")
    site.close()


@case(own="hold hooks", limit=90)
def a_required_hook_that_fails_releases_the_locks_of_the_others(world):
    hookplay.write("99-refuse", '[ "$1" = thaw ] || { echo not today; exit 3; }')
    site = Site(world, "--required-hooks=99-refuse")
    refusal = site.client.refusal("guest-fsfreeze-freeze", limit_s=60)
    contains(refusal.desc, "99-refuse")
    contains(refusal.desc, "not today")
    site.are_released(world, "required hook failed")
    site.close()


@case(own="hold hooks", limit=90)
def an_agent_that_is_killed_while_frozen_leaves_no_lock(world):
    site = Site(world)
    freeze(site.client, 2, limit_s=60)
    site.agent.process.kill()
    site.agent.process.wait(10)
    site.are_released(world, "agent killed")
    probe.writable("/mnt/disk0", "/mnt/disk1")
    site.close()


@case(own="hold hooks", limit=90)
def a_lock_that_is_lost_while_frozen_is_told_at_the_thaw(world):
    site = Site(world, "--required-hooks=60-mariadb.hold")
    freeze(site.client, 2, limit_s=60)
    holder, = _holders()
    os.killpg(os.getsid(holder), signal.SIGKILL)
    within(10, lambda: not os.path.exists(f"/proc/{holder}"), "the agent has learnt of its end")
    refusal = site.client.refusal("guest-fsfreeze-thaw", limit_s=60)
    contains(refusal.desc, "60-mariadb.hold")
    status(site.client, "thawed")
    site.are_released(world, "holder killed")
    site.close()


def _holders():
    """The first process of each hold hook: it leads its session."""
    found = []
    for pid, stat in proc.stats():
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                words = f.read().split("\0")
        except OSError:
            continue
        if len(words) > 1 and words[1].endswith(".hold") and stat.session == pid:
            found.append(pid)
    return found


@case(own="hold hooks", limit=90)
def a_server_that_hangs_delays_a_freeze_only_until_its_hook_gives_up(world):
    hookplay.configure("mariadb", lock_wait=2, connect_wait=2)
    site = Site(world)
    site.mariadb.send_signal(signal.SIGSTOP)
    freeze(site.client, 2, limit_s=80)
    site.mariadb.send_signal(signal.SIGCONT)
    thaw(site.client, 2, limit_s=60)
    site.are_released(world, "server hung")
    site.close()
