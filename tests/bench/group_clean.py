# SPDX-License-Identifier: MIT
"""Freeze and thaw of many clean filesystems."""
import disks
import timed
from rows import OURS, REFERENCE

IMAGE_BYTES = 8 << 20


def cycle(client, count):
    """Milliseconds of a freeze and of the thaw after it."""
    return tuple(timed.call_ms(client, name, count) for name in (timed.FREEZE, timed.THAW))


def run(bench):
    clients = {name: bench.agent(name).client() for name in (OURS, REFERENCE)}
    made = []
    for count in bench.size.clean:
        while len(made) < count:
            made.append(disks.Disk("ext4", f"/mnt/clean{len(made)}", size=IMAGE_BYTES))

        def measure(name, count=count):
            freeze_ms, thaw_ms = cycle(clients[name], count)
            return {f"freeze_{count}": freeze_ms, f"thaw_{count}": thaw_ms}

        bench.in_turn(measure)
