# SPDX-License-Identifier: MIT
"""A frozen guest that is saved with its memory and goes on later, or elsewhere, or whose host dies."""
import json
import os
import shutil
import subprocess
import time

import snapshot
from cases import case, contains, equal, true, within
from client import Refused
from guestdisk import copy_sparse
from host import freeze, status, thaw
from vmload import Load
from vmworld import must_be_frozen, must_come_through

# Each QEMU that is started gives the machine another generation id.
GUEST = {"disks": ("ext4", "xfs"), "extra": ["-device", "vmgenid,guid=auto"]}
POINTS = ("/mnt/ext4", "/mnt/xfs")


def must_be_refused(port):
    """What a thaw gets that comes too late."""
    try:
        true(False, f"thaw: {port.call('guest-fsfreeze-thaw')}")
    except Refused as e:
        contains(e.desc, "fsfreeze is limited", "the thaw that comes too late")
        return e.desc


def copies(guest):
    images = {d.point: guest.path(f"saved-{d.name}.img") for d in guest.disks}
    for disk in guest.disks:
        copy_sparse(disk.image, images[disk.point])
    return images


@case(limit=180)
def saved_while_frozen_its_disks_are_clean_and_it_thaws_after_the_time_that_remained(world):
    guest = world.guest
    with world.agent(options="-v --restored=hold --hold-timeout=20") as agent, Load(guest) as load:
        with agent.port() as port:
            freeze(port, 2)
            notes = load.notes()
            held = must_be_frozen(guest)
            images = guest.save(lambda: copies(guest))
        equal(snapshot.faults(guest, images, notes), {"/mnt/ext4": [], "/mnt/xfs": []},
              "faults of the disks that were saved with the memory")
        snapshot.remove(images)
        if world.full:
            time.sleep(120)   # far beyond the limit, were it to go on without the guest
        guest.restore()
        with guest.port() as port:
            status(port, "frozen")
            must_be_frozen(guest)
            must_come_through(guest, held, 90)
            status(port, "thawed")
            must_be_refused(port)
    os.unlink(guest.path("memory"))


# Restored -------------------------------------------------------------------------------------


# A write that waits for the thaw, and when it came through, in seconds since the guest's start.
WRITER = "sh -c 'date >/mnt/ext4/waits; read -r up rest </proc/uptime; echo $up >/run/wrote'"
RESEEDED = "random: crng reseeded due to virtual machine fork"


def _hears_of_it(guest):
    """When, in seconds since its start. Debian 12's kernel has no driver for generation ids; there
    the clock is set, as chrony would."""
    if guest.run("ls -d /sys/bus/*/drivers/vmgenid 2>/dev/null; true"):
        return float(guest.run(f"dmesg | grep '{RESEEDED}' | tail -n 1 | tr -d '[' | cut -d ']' -f 1"))
    told = guest.run("cut -d ' ' -f 1 /proc/uptime")
    _step(guest, 90)
    return float(told)


def _goes_on(world, guest, held):
    """It has been restored while frozen: it writes again, and its next host hears why."""
    told = _hears_of_it(guest)
    must_come_through(guest, held)
    seconds = float(guest.run("cat /run/wrote")) - told
    true(0 <= seconds < 10, f"{seconds} s after the first sign a write came through")
    with guest.port() as port:
        status(port, "thawed")
        contains(must_be_refused(port), "restored from a saved state", "why")
        thaw(port, 0)
        record = port.call("__org.frost-ga_fsfreeze-receipt")["freezes"][0]
        equal((record["end"], [f["outcome"] for f in record["filesystems"]
                               if f["mount_point"] in POINTS]),
              ("restored", ["frozen", "frozen"]), "its record")
        freeze(port, 2)
        thaw(port, 2)


def _clone(world, guest, images):
    """Another machine that goes on from the same memory."""
    clone = world.prepare(**GUEST)
    for disk in clone.disks:
        shutil.move(images[disk.point], disk.image)
    os.link(guest.path("memory"), clone.path("memory"))
    clone.control = guest.control   # whose scripts it carries out, too
    return clone.restore()


@case(limit=180)
def restored_and_cloned_while_frozen_each_writes_again_when_it_learns_of_it(world):
    guest = world.guest
    with world.agent() as agent:
        with agent.port() as port:
            freeze(port, 2)
        held = must_be_frozen(guest)
        guest.spawn(WRITER, "/run/writer.log")
        images = guest.save(lambda: copies(guest))
        _goes_on(world, guest.restore(), held)
        _goes_on(world, _clone(world, guest, images), held)
    os.unlink(guest.path("memory"))


def _step(guest, seconds):
    guest.run(f"date -s @$(($(date +%s) + {seconds}))")


@case(limit=90)
def a_clock_that_is_set_forward_by_a_minute_ends_a_freeze_and_by_less_or_back_does_not(world):
    guest = world.guest
    with world.agent() as agent, agent.port() as port:
        freeze(port, 2)
        held = must_be_frozen(guest)
        for seconds in (30, -40, -86400, 86430):
            _step(guest, seconds)
        time.sleep(2)
        status(port, "frozen")
        _step(guest, 60)
        must_come_through(guest, held)
        contains(must_be_refused(port), "restored from a saved state", "why")
        contains(agent.log(), "the clock was set forward", "the log")
        freeze(port, 2)
        thaw(port, 2)
    with world.agent(options="-v --restored=hold") as agent, agent.port() as port:
        freeze(port, 2)
        _step(guest, 3600)
        time.sleep(2)
        thaw(port, 2)



# What a host makes of it ------------------------------------------------------------------------


class Snapshot:
    """frost-snapshot at work: it has frozen the guest, and its snapshot takes until end()."""

    def __init__(self, world, *options):
        folder = world.guest.path("snapshot")
        os.makedirs(folder, exist_ok=True)
        self.ends = f"{folder}/ends"
        program = f"{world.builder.tree}/packaging/host/frost-snapshot"
        command = f"touch {folder}/begun; until [ -e {self.ends} ]; do sleep 0.1; done"
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-B", program, "--json", *options, "--command", command,
             f"guest={world.guest.path('agent')}"], stdout=subprocess.PIPE, text=True)
        within(60, lambda: os.path.exists(f"{folder}/begun"), "the snapshot is begun")
        os.unlink(f"{folder}/begun")

    def end(self):
        """What it says."""
        with open(self.ends, "w"):
            pass
        said, _ = self.process.communicate(timeout=90)
        os.unlink(self.ends)
        return json.loads(said)


@case(limit=120)
def to_a_host_a_pause_longer_than_the_limit_is_no_end_of_the_freeze_unless_it_is_never_answered(world):
    guest = world.guest
    with world.agent(options="-v --hold-timeout=10"):
        shot = Snapshot(world)
        guest.qmp.call("stop")   # its clocks stand still, too
        time.sleep(12)
        guest.qmp.call("cont")
        told = shot.end()
        equal(told["verdict"], "consistent", told["guests"][0]["why"])
        shot = Snapshot(world, "--limit=2")
        guest.qmp.call("stop")
        told = shot.end()
        guest.qmp.call("cont")
        equal(told["verdict"], "rejected", "of a guest that does not answer the thaw")
        contains(told["guests"][0]["why"], "thaw: no answer within", "why")


@case(limit=90)
def to_a_host_a_clock_that_was_set_back_says_nothing_of_the_snapshot_but_is_no_good(world):
    with world.agent():
        shot = Snapshot(world)
        _step(world.guest, -7200)
        told = shot.end()
        equal(told["verdict"], "consistent", told["guests"][0]["why"])
        record = told["guests"][0]["record"]
        true(-7300e6 < record["clock"]["shift_us"] < -7100e6, f"its clock: {record['clock']}")
        times = record["utc_ns"]
        true(times["frozen"] <= times["thawed"], f"the window does not jump: {times}")
        equal(told["skew_is_known"], False, "whether its times can be compared")


NEWEST_KERNEL = (restored_and_cloned_while_frozen_each_writes_again_when_it_learns_of_it,)


@case(limit=180)
def a_host_that_dies_while_its_guest_is_frozen_leaves_clean_disks(world):
    guest = world.guest
    agent = world.agent()
    with agent as running, Load(guest) as load:
        with running.port() as port:
            freeze(port, 2)
            notes = load.notes()
            guest.pull_the_plug()
        equal(snapshot.faults(guest, copies(guest), notes), {"/mnt/ext4": [], "/mnt/xfs": []},
              "faults of the disks")
        guest.boot()
        load.pids = []
        # The copies had no journal to replay. ext4 calls it a recovery, too, when it only deletes
        # what was deleted and still open (seen on 6.1).
        contains(guest.run("dmesg | grep EXT4"), "3 orphan inodes deleted", "what ext4 had to do")
        guest.run("mkdir -p /run/agent; : >/run/agent.log; : >/run/writers.log")
        running.start()
        with running.port() as port:
            status(port, "thawed")   # the ledger was in memory, and is of another boot
