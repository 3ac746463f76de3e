# SPDX-License-Identifier: MIT
"""What is at work for long when a freeze begins."""
import glob
import os

import probe
from cases import case, contains, equal, true, within
from doer import Doer
from host import freeze, status, thaw

OURS = "qemu-ga has no limit"
POINT = "/mnt/b"


class Scrub(Doer):
    """It reads a mebibyte a second, and is cancelled at the block's end."""

    def __init__(self, world, *options):
        world.disk("btrfs", POINT, size=400 << 20)
        with open(f"{POINT}/file", "wb") as f:
            f.write(os.urandom(48 << 20))
        Doer("btrfs", "filesystem", "sync", POINT).must_end()
        for path in glob.glob("/sys/fs/btrfs/*/devinfo/1/scrub_speed_max"):
            with open(path, "w") as f:
                f.write(str(1 << 20))
        super().__init__("btrfs", "scrub", "start", "-B", *options, POINT)
        within(20, self._runs, lambda: f"the scrub runs: {self.said()}")

    @staticmethod
    def _runs():
        asked = Doer("btrfs", "scrub", "status", POINT)
        asked.must_end()
        return "running" in asked.said()

    def cancel(self):
        Doer("btrfs", "scrub", "cancel", POINT).must_end()
        true(self.has_ended(20), "the scrub goes on")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.has_ended():
            self.cancel()


@case(own=OURS, limit=120)
def a_scrub_keeps_all_writers_waiting_from_the_freeze_until_it_is_cancelled_even_if_that_is_given_up(world):
    with Scrub(world) as scrub:
        _, client = world.connect("-v", "--freeze-timeout=3")
        contains(client.refusal("guest-fsfreeze-freeze", limit_s=60).desc,
                 f"freezing {POINT} took longer than 3 seconds", "the error")
        writer = probe.Writer(POINT)
        equal(writer.ended(2), False, "whether a write came through")
        status(client, "frozen")
        scrub.cancel()
        true(writer.ended(20), "a write still waits")
        within(20, lambda: client.call("guest-fsfreeze-status") == "thawed", "the freeze is over")
        freeze(client, 1)
        thaw(client, 1)


@case(own=OURS, limit=120)
def a_scrub_that_only_reads_keeps_nobody_waiting(world):
    with Scrub(world, "-r"):
        _, client = world.connect("-v")
        freeze(client, 1)
        held = probe.frozen(POINT)
        thaw(client, 1)
        for writer in held:
            writer.must_end()
