# SPDX-License-Identifier: MIT
"""Servers that lose what they have acknowledged in a frozen copy without a hook: mosquitto and
VictoriaMetrics. Each copy is what a host takes while the disk is frozen."""
import os
import socket
import subprocess
import time
import urllib.request

import dbcopy
import hookplay
import kernel
import mqtt
from cases import case, equal, true, within
from dbcopy import Copy
from host import freeze, thaw

MOSQUITTO, VICTORIA = "/usr/sbin/mosquitto", "/usr/bin/victoria-metrics"
UID = 904     # of either service
COUNT = 200


class Service:
    """A server on a disk of its own, or on a copy of it."""

    def __init__(self, program, argv, port):
        self.log = f"/run/{os.path.basename(program)}-{port}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program, *argv], user=UID, group=UID,
                                            extra_groups=[], cwd="/", stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        self.port = port
        within(20, self._listens, f"{program} listens")

    def _listens(self):
        true(self.process.poll() is None, f"the server has ended: {self.said()}")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def said(self):
        with open(self.log, errors="replace") as f:
            return f.read()[-1500:]

    def kill(self):
        self.process.kill()
        self.process.wait(10)


def _disk(world):
    kernel.own_network()
    disk = world.disk("ext4", "/mnt/disk0", size=dbcopy.SIZES["ext4"])
    os.mkdir(f"{disk.point}/data")
    os.chown(f"{disk.point}/data", UID, UID)
    return disk


def _copied(world, disk, *hooks):
    """A copy taken while the disk is frozen; where its data is mounted."""
    options = [f"-F{hookplay.install(*hooks)}", "--hook-failure=abort"] if hooks else []
    agent, client = world.connect(*options)
    freeze(client, 1, limit_s=60)
    copy = Copy(disk).take()
    thaw(client, 1, limit_s=60)
    agent.kill()
    return copy


def _on(copy, judge):
    """judge(data) of a copy that is mounted."""
    try:
        return judge(copy.mount())
    finally:
        copy.close()
        os.rmdir(copy.point)


def _mosquitto(data, port, conf):
    with open(conf, "w") as f:
        f.write(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
                f"persistence_location {data}/\n")
    return Service(MOSQUITTO, ["-c", conf], port)


@case(own="a hook", limit=180, needs=MOSQUITTO)
def retained_messages_of_mosquitto_are_in_the_copy_with_the_hook_only(world):
    disk = _disk(world)
    server = _mosquitto(f"{disk.point}/data", 1883, "/run/mosquitto.conf")
    session = mqtt.Session(1883)
    for n in range(COUNT):
        session.retain(f"t/{n}", f"message {n}")

    def held(data):
        other = _mosquitto(data, 1884, "/run/other.conf")
        found = mqtt.Session(1884)
        kept = [found.retained(f"t/{n}") == f"message {n}" for n in (0, COUNT - 1)]
        found.close()
        other.kill()
        return kept

    equal(_on(_copied(world, disk), held), [False, False], "without a hook")
    equal(_on(_copied(world, disk, "35-mosquitto"), held), [True, True], "with the hook")
    server.kill()


def _victoria(data, port):
    return Service(VICTORIA,
                   [f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={data}/vm",
                    "-retentionPeriod=10y", "-memory.allowedBytes=64MB"], port)


def _http(port, path, data=None):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", data, timeout=20) as answer:
        return answer.read().decode()


@case(own="a hook", limit=180, needs=VICTORIA)
def samples_of_victoriametrics_are_in_the_copy_with_the_hook(world):
    disk = _disk(world)
    server = _victoria(f"{disk.point}/data", 8428)
    now = int(time.time()) * 1000
    for n in range(COUNT):
        _http(8428, "/api/v1/import/prometheus", f"sample{{n=\"{n}\"}} {n} {now - n}\n".encode())

    def count(data):
        other = _victoria(data, 8429)
        text = _http(8429, "/api/v1/export?match[]=sample")
        other.kill()
        return len(text.splitlines())

    world.notes.append(f"freeze only: {_on(_copied(world, disk), count)} of {COUNT} samples")
    for n in range(COUNT, 2 * COUNT):
        _http(8428, "/api/v1/import/prometheus", f"sample{{n=\"{n}\"}} {n} {now - n}\n".encode())
    equal(_on(_copied(world, disk, "45-victoriametrics"), count), 2 * COUNT, "samples in the copy")
    within(20, lambda: '"snapshots":[]' in _http(8428, "/snapshot/list").replace(" ", ""),
           "the snapshot is deleted after the thaw")
    server.kill()
