# SPDX-License-Identifier: MIT
"""The same in a guest: its virtio disk is throttled by QEMU, and the image lies in memory. All that
takes time is measured by programs in the guest."""
import contextlib
import os
import subprocess

import slowvolume
import tails
from cases import Failed, within
from guestbuild import Builder
from guestdisk import Disk, throttle
from rows import NONE, REFERENCE
from vmworld import World

MEMORY_MB = 2048
NONE_S = 5
SIZE = 2048 * slowvolume.MIB
LIMIT_S = 300
IN_GUEST = ("writer", "cycle")      # of the bench's programs
# The first writer that finds the pipe open for writing runs until it is closed.
LOAD = """
cd /run; rm -f hold; mkfifo hold
/agent/writer {point}/fsync fsync <hold >fsync.out &
/agent/writer {point}/plain plain <hold >plain.out &
exec 9>hold
sleep 1
{request}
sleep 1
exec 9>&-
wait
cat asked.out
"""
ASK = "/agent/cycle /run/{name}.sock >asked.out"
# No agent: the uptime before and after, as the kernel tells it.
WAIT = f"{{ echo 0 0; cut -d' ' -f1 /proc/uptime; sleep {NONE_S}; cut -d' ' -f1 /proc/uptime; }} >asked.out"
AFTER_US = 500 * 1000


def _template(fs_type, folder):
    path = f"{folder}/{fs_type}.img"
    with open(path, "wb") as f:
        f.truncate(SIZE)
    subprocess.run([*slowvolume.MAKE[fs_type], path], check=True, capture_output=True)
    return path


@contextlib.contextmanager
def _guest(tree, made, who, cell, folder, libraries):
    """A booted guest with all agents in it."""
    names = [name for name in who if name != NONE]
    builder = Builder(tree, {name: made[name] for name in (*names, *IN_GUEST)}, folders=libraries)
    builder.folder = f"{tree}/build-bench/guest"
    os.makedirs(builder.folder, exist_ok=True)
    image = f"{folder}/disk.img"
    template = _template(cell.fs_type, folder)
    world = World(builder, False, None)
    try:
        guest = world.boot(memory=MEMORY_MB, disks=[
            lambda _: Disk("vda", cell.fs_type, f"/mnt/{cell.fs_type}", image, template=template)])
        guest.run("echo 96 >/sys/class/bdi/254:0/min_ratio; echo 1500000000 >/proc/sys/vm/dirty_bytes; "
                  "echo 1200000000 >/proc/sys/vm/dirty_background_bytes")
        for name in names:
            guest.run(f"mkdir -p /run/state-{name}")
            words = " ".join(who[name])
            guest.spawn(f"/agent/{name} -m unix-listen -p /run/{name}.sock -t /run/state-{name} {words}",
                        f"/run/{name}.log")
            within(60, lambda name=name: guest.run(f"test -S /run/{name}.sock && echo yes || true"),
                   f"{name} listens")
        yield guest
    finally:
        world.discard()


def _writes(guest, kind):
    return [tuple(map(int, line.split())) for line in guest.run(f"cat /run/{kind}.out").splitlines()
            if line != "ready"]


def _request(guest, name, point):
    """(began, ended) in microseconds, and the figures of the freeze."""
    request = WAIT if name == NONE else ASK.format(name=name)
    said = guest.run(LOAD.format(point=point, request=request), LIMIT_S).split()
    if name == NONE:
        began, ended = (float(word) * 1e6 for word in said[2:])
        return began, ended, {}
    frozen, thawed, began, answered, ended = map(int, said)
    if (frozen, thawed) != (1, 1):
        raise Failed(f"{name} froze {frozen} and thawed {thawed}: {guest.run(f'cat /run/{name}.log')}")
    answer_ms = (answered - began) / 1000
    window_ms = answer_ms if name.startswith(REFERENCE) else tails.window_ms(
        guest.run(f"/agent/{name} status -j -t /run/state-{name}"))
    return began, ended, {"answer": answer_ms, "fifreeze": window_ms}


def _measure(guest, name, cell):
    disk = guest.disks[0]
    throttle(guest, disk)
    guest.run(f"cd {disk.point}; rm -f dirty plain fsync; sync; "
              f"dd if=/dev/zero of=dirty bs=1M count={cell.dirty_mb} 2>/dev/null", LIMIT_S)
    throttle(guest, disk, *cell.speed)
    began, ended, figures = _request(guest, name, disk.point)
    throttle(guest, disk)
    return {**tails.figures(_writes(guest, "fsync"), _writes(guest, "plain"), began, ended + AFTER_US),
            **figures}


def measure(tree, made, who, cell, rounds, libraries):
    """Yields {"agent", "round", "values"} of all in turn; the first round is a warm-up. libraries:
    folders that the guest gets for them (guestbuild.py)."""
    folder = f"/dev/shm/frost-bench-{os.getpid()}"
    os.mkdir(folder)
    try:
        with _guest(tree, made, who, cell, folder, libraries) as guest:
            for n in range(rounds + 1):
                for name in who:
                    line = {"agent": name, "round": n, "values": _measure(guest, name, cell)}
                    if n > 0:
                        yield line
    finally:
        subprocess.run(["rm", "-rf", folder], check=False)
