# SPDX-License-Identifier: MIT
"""Disks that fail or stall under a freeze."""
import json

from cases import Failed, case, contains, equal, true, within
from client import Refused
from guestdisk import Disk, debug_argv, fail_flushes, throttle
from host import freeze, status, thaw
from vmworld import Agent, Hook, must_be_frozen, must_come_through, must_not_be_frozen


class _Debugged(Disk):
    def argv(self):
        argv = super().argv()
        return argv[:2] + debug_argv(self) + argv[2:]


def _bad_disk(guest):
    return _Debugged("vdc", "ext4", "/mnt/bad", guest.path("vdc.img"))


GUEST = {"disks": ("ext4", "xfs", _bad_disk)}


def refused(port, name="guest-fsfreeze-freeze", limit_s=60):
    try:
        answer = port.call(name, limit_s=limit_s)
    except Refused as e:
        return e.desc
    raise Failed(f"{name} answered {answer!r} instead of an error")


@case(limit=180)
def a_disk_that_stalls_costs_the_host_an_error_and_leaves_nothing_frozen(world):
    guest = world.guest
    disk = guest.disks[1]
    hook = Hook(guest)
    with world.agent(options=f"-v --freeze-timeout=3 {hook.option}") as agent, \
            agent.port() as port:
        guest.run("sync")
        throttle(guest, disk, 1)
        # The first write passes; what comes after it waits for hours.
        guest.run("dd if=/mnt/xfs/none of=/dev/null 2>/dev/null; true")
        said = refused(port)
        contains(said, "/mnt/xfs", "the error")
        status(port, "frozen")   # one is still inside FIFREEZE, and may become so
        must_come_through(guest, {"/mnt/ext4": _touch(guest, "/mnt/ext4")})
        throttle(guest, disk, 0)
        must_not_be_frozen(guest, 60)
        within(60, lambda: port.call("guest-fsfreeze-status") == "thawed", "the status is thawed")
        hook.wait_for("freeze", "thaw")
        within(60, lambda: _freezes(port), "the next freeze")
        held = must_be_frozen(guest)
        thaw(port, 3)
        must_come_through(guest, held)


@case(limit=240)
def a_disk_that_is_slow_but_writes_is_waited_for(world):
    """FIFREEZE takes several seconds, with the others frozen: each write is one more that is done."""
    guest = world.guest
    disk = guest.disks[1]
    guest.run("sync")
    guest.spawn("writer buffered /mnt/xfs/w /run/note-slow", "/run/writers.log")
    throttle(guest, disk, writes_a_second=3)
    with world.agent(options="-v --freeze-timeout=120") as agent, agent.port() as port:
        freeze(port, 3, limit_s=200)
        throttle(guest, disk)
        thaw(port, 3, limit_s=60)
        last = within(30, lambda: json.loads(guest.run("/agent/frost-ga status --json; true"))
                      ["freezes"], "the history has the freeze")[0]
    took = max(fs["freeze_us"] for fs in last["filesystems"] if fs["freeze_us"] is not None)
    print(f"#     the slow one was inside FIFREEZE for {took / 1e6:.1f} s", flush=True)
    true(took > 1100000, f"it was not slow: {took} us")
    equal(last["repeated_for"], None, "a repeat")
    world.discard_later()


def _touch(guest, point):
    return guest.control.begin(f"echo >{point}/free; sync {point}/free")


def _freezes(port):
    """Refused while the earlier one still has a filesystem inside the kernel."""
    try:
        freeze(port, 3, limit_s=60)
        return True
    except Refused:
        return False


@case(limit=120)
def a_disk_that_fails_to_flush_fails_the_freeze_and_is_named(world):
    guest = world.guest
    disk = guest.disks[2]
    hook = Hook(guest)
    with Agent(guest).start(f"-v {hook.option}").port() as port:
        fail_flushes(guest, disk)
        guest.run("dd if=/dev/zero of=/mnt/bad/dirty bs=64k count=20 2>/dev/null; true")
        said = refused(port)
        contains(said, "/mnt/bad", "the error")
        status(port, "thawed")
        equal(hook.calls().count("thaw"), hook.calls().count("freeze"), "thaw calls of the hook")
        must_come_through(guest, {p: _touch(guest, p) for p in ("/mnt/ext4", "/mnt/xfs")})
    world.discard_later()   # that filesystem is lost


# A few seconds of FIFREEZE, and a boot.
FULL_ONLY = (a_disk_that_is_slow_but_writes_is_waited_for,)
