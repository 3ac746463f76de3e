# SPDX-License-Identifier: MIT
"""How long a database is locked, with much to write out on its disk.

All agents run the same file as their hook: the ready-made hook for MariaDB, kept open the way the
guides do it. The witness is a client that writes to a MyISAM table whose files are in memory: no
disk delays it, only the lock.
"""
import os
import threading
import time

import dbcopy
import disks
import host
import kernel
import loaded
from mariadb import MariaDB

LIMIT_S = 120
BEFORE_S = 0.2
HOOK = "/root/hook"
SCRIPT = """#!/bin/sh
until_said() {
    until grep -q "$1" /run/hook.said; do sleep 0.005; done
}
case $1 in
freeze)
    rm -f /run/hook.in
    mkfifo /run/hook.in
    : >/run/hook.said
    /hooks/60-mariadb.hold freeze </run/hook.in >/run/hook.said 2>&1 &
    sleep 1000 >/run/hook.in 2>/dev/null &
    echo $! >/run/hook.pid
    until_said READY
    ;;
thaw)
    kill "$(cat /run/hook.pid)"
    until_said released
    ;;
esac
"""


class Witness(threading.Thread):
    """Writes all the time; the longest write is the time the server was locked."""

    def __init__(self, server):
        super().__init__()
        self.session = server.session("bank")
        self.longest = 0.0
        self.count = 0
        self.stopping = False

    def run(self):
        while not self.stopping:
            began = time.monotonic()
            self.session.run("UPDATE counter SET n = n + 1")
            self.longest = max(self.longest, time.monotonic() - began)
            self.count += 1

    def end(self):
        self.stopping = True
        self.join(LIMIT_S)
        self.session.close()
        return self.longest * 1000


def _server(disk, tag):
    server = MariaDB(dbcopy.data_in(disk.point, MariaDB), (), tag).start()
    memory = f"/srv/{tag}"
    os.makedirs(memory)
    os.chown(memory, MariaDB.uid, MariaDB.uid)
    server.asked(f"CREATE DATABASE bank; CREATE TABLE bank.counter (n INT) ENGINE=MyISAM "
                 f"DATA DIRECTORY='{memory}' INDEX DIRECTORY='{memory}'; "
                 "INSERT INTO bank.counter VALUES (0)")
    return server


def run(bench):
    with open(HOOK, "w") as f:
        f.write(SCRIPT)
    os.chmod(HOOK, 0o755)
    for fs_type in ("ext4", "xfs"):
        _measure(bench, fs_type)


def _measure(bench, fs_type):
    disk = disks.Disk(fs_type, f"/mnt/{fs_type}",
                      size=(2 * bench.size.locked_mb + loaded.SPACE_MB) * loaded.MIB)
    server = _server(disk, fs_type)
    agents = {name: bench.agent(name, f"-F{HOOK}") for name in bench.names}
    clients = {name: agents[name].client() for name in agents}

    def measure(name):
        loaded.clean([disk.point])
        loaded.dirty([disk.point], bench.size.locked_mb)
        witness = Witness(server)
        witness.start()
        time.sleep(BEFORE_S)
        began = time.monotonic()
        host.freeze(clients[name], 1, limit_s=LIMIT_S)
        command_ms = (time.monotonic() - began) * 1000
        host.thaw(clients[name], 1, limit_s=LIMIT_S)
        time.sleep(BEFORE_S)
        return {f"locked_{fs_type}": witness.end(), f"with_freeze_{fs_type}": command_ms}

    try:
        with loaded.reserved([disk.number]):
            bench.in_turn(measure)
    finally:
        server.kill()
        kernel.umount(disk.point)
