# SPDX-License-Identifier: MIT
"""The harness on itself, with util-linux's fsfreeze: the witness tells the truth, the arena holds.

The functions that hang are for selftest.py, which watches from outside that they are freed.
"""
import json
import os
import subprocess
import time

import arena
import kernel
import loops
import nslist
import probe
import proc
from cases import case, contains, equal, within
from disks import cover, fsfreeze
from neighbour import Neighbour

TYPES = ("ext4", "xfs", "btrfs")


def refusal():
    """Why nothing may be frozen here; "" when it may."""
    try:
        arena.require()
        return ""
    except arena.Unsafe as e:
        return str(e)


@case(own="no agent")
def a_writer_is_blocked_by_fsfreeze_and_comes_through_after(world):
    def one(fs_type):
        point = f"/mnt/{fs_type}"
        world.disk(fs_type, point)
        probe.writable(point)
        fsfreeze(point)
        writers = probe.frozen(point)
        fsfreeze(point, thaw=True)
        writers[0].must_end()
        probe.writable(point)

    for fs_type in TYPES:
        yield f"a writer on {fs_type} is blocked by fsfreeze", lambda t=fs_type: one(t)


@case(own="no agent")
def an_arena_shows_no_filesystem_of_the_machine(world):
    world.disk("ext4", "/mnt/a")
    equal(refusal(), "", "the refusal")
    os.unlink(arena.MARK)
    with open(arena.MARK, "w") as f:
        f.write("frost-arena/another")
    contains(refusal(), "foreign filesystem visible: ext4", "the refusal")


@case(own="no agent")
def a_mount_that_only_another_process_has_must_be_the_arenas_own(world):
    """It is found through /proc. Harmless: no agent is ever started beside it."""
    image = "/img/foreign"
    with open(image, "wb") as f:
        f.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    number, fd = loops.attach(image, "frost-foreign")
    kernel.mount(loops.node(number, "/dev"), "/mnt", "ext4")
    os.close(fd)
    stranger = Neighbour(checked=False).keeps("/mnt")
    said = refusal()
    stranger.end()
    contains(said, f"foreign filesystem visible to process {stranger.pid}: ext4", "the refusal")
    equal(refusal(), "", "the refusal when it has ended")


@case(own="no agent")
def a_kernel_that_lists_the_machines_namespaces_is_none_for_an_arena(world):
    was = nslist.is_open
    equal(was(), False, "the list of mount namespaces")
    nslist.is_open = lambda: True
    said = refusal()
    nslist.is_open = was
    contains(said, "lists the machine's mount namespaces", "the refusal")


@case(own="no agent")
def nothing_reaches_the_old_root(world):
    equal(os.path.exists("/work"), False, "a folder of the machine")
    equal([pid for pid in proc.pids() if pid > 100], [],
          "processes of the machine")


def _tell():
    os.write(3, json.dumps({"token": arena.token(),
                            "namespace": os.readlink("/proc/self/ns/pid")}).encode() + b"\n")


def _hang():
    os.write(3, b'{"hangs": true}\n')
    while True:
        time.sleep(60)


@case(own="no agent", outside=True)
def hangs_with_a_frozen_filesystem_and_a_blocked_writer(world):
    _tell()
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/x")
    world.disk("btrfs", "/mnt/b")
    for point in ("/mnt/a", "/mnt/x", "/mnt/b"):
        fsfreeze(point)
    probe.frozen("/mnt/a", "/mnt/x", "/mnt/b")
    _hang()


@case(own="no agent", outside=True)
def hangs_with_a_frozen_filesystem_that_no_path_reaches(world):
    _tell()
    world.disk("ext4", "/mnt/a")
    world.disk("xfs", "/mnt/x")
    fsfreeze("/mnt/a")
    fsfreeze("/mnt/x")
    cover("/mnt/a")
    kernel.umount("/mnt/x", kernel.MNT_DETACH)
    _hang()


@case(own="no agent", outside=True)
def hangs_with_a_stack_frozen_in_the_wrong_order(world):
    """The lower filesystem first: FIFREEZE of the upper waits in the kernel (M9)."""
    _tell()
    world.disk("ext4", "/mnt/lower", size=96 << 20)
    world.disk("ext4", "/mnt/upper", image="/mnt/lower/image")
    with open("/mnt/upper/dirty", "wb") as f:
        f.write(os.urandom(1 << 20))
    fsfreeze("/mnt/lower")
    arena.require()
    stuck = subprocess.Popen(["fsfreeze", "-f", "/mnt/upper"])
    within(5, lambda: proc.state(stuck.pid) == "D", "FIFREEZE waits in the kernel")
    _hang()

