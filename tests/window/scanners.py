# SPDX-License-Identifier: MIT
"""Programs that look at each file before it is opened: virus scanners by fanotify."""
import fcntl
import os

import disks
import kernel
import probe
from cases import Skipped, case, contains, equal, within
from client import Refused
from doer import KERNELS, Doer
from host import freeze, status, thaw

PYTHON = "/usr/bin/python3"
OURS = "qemu-ga has no limit"


class Scanner(Doer):
    """Ends with the case's block."""

    def __init__(self, *words):
        super().__init__(PYTHON, "/tests/support/scanner.py", *words)
        within(20, lambda: "watches" in self.said() or self.has_ended(), "the scanner is at work")
        if self.has_ended():
            raise Skipped(f"no permission events here: {self.said()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()


def _file(point):
    with open(f"{point}/file", "w") as f:
        f.write("text\n")
    return f"{point}/file"


@case(own=KERNELS, limit=60)
def one_that_writes_to_the_frozen_filesystem_holds_up_readers_and_those_who_open_it_to_thaw(world):
    """fsfreeze(8) opens the mount point, and the scanner cannot let it: it waits for the thaw."""
    world.disk("ext4", "/mnt/a")
    path = _file("/mnt/a")
    with Scanner("/mnt/a", "/mnt/a/log") as scanner:
        held = os.open("/mnt/a", os.O_RDONLY | os.O_DIRECTORY)
        disks.fsfreeze("/mnt/a")
        doers = [Doer("cat", path)]
        scanner.must_wait()
        doers.append(Doer("fsfreeze", "--unfreeze", "/mnt/a"))
        equal([doer.has_ended(2) for doer in doers], [False, False], "who has come through")
        fcntl.ioctl(held, kernel.FITHAW, 0)
        doers[0].must_end()
        doers[1].must_end(1)   # it finds nothing frozen
        os.close(held)


@case(differs="qemu-ga opens each mount point for the thaw, and hangs", cheap=True, limit=60)
def it_keeps_no_agent_from_thawing(world):
    world.disk("ext4", "/mnt/a")
    path = _file("/mnt/a")
    with Scanner("/mnt/a", "/mnt/a/log") as scanner:
        _, client = world.connect("-v")
        freeze(client, 1)
        reader = Doer("cat", path)
        scanner.must_wait()
        status(client, "frozen")
        thaw(client, 1)
        reader.must_end()
        freeze(client, 1)
        thaw(client, 1)


@case(own=OURS, limit=120)
def one_that_answers_nobody_fails_the_freeze_by_its_limit_and_leaves_nothing_frozen(world):
    world.disk("ext4", "/mnt/a")
    world.disk("ext4", "/mnt/b")
    _, client = world.connect("-v", "--sync-timeout=3", "--freeze-timeout=3")
    with Scanner("/mnt/a"):
        try:
            raise AssertionError(client.call("guest-fsfreeze-freeze", limit_s=60))
        except Refused as e:
            contains(e.desc, "/mnt/a", "the error")
        status(client, "thawed")
        probe.writable("/mnt/b")
    freeze(client, 2)
    thaw(client, 2)
