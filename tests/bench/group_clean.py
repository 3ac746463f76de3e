# SPDX-License-Identifier: MIT
"""Freeze and thaw of many clean filesystems."""
import os

import disks
import kernel
import processor
import timed
from rows import OURS, REFERENCE

IMAGE_BYTES = 8 << 20


def cycle(client, count):
    """Milliseconds of a freeze and of the thaw after it."""
    return tuple(timed.call_ms(client, name, count) for name in (timed.FREEZE, timed.THAW))


def end(made):
    """So many take the kernel longer than an arena has for its end."""
    for disk in made:
        kernel.umount(disk.point)
        os.close(disk.fd)


def run(bench):
    agents = {name: bench.agent(name) for name in (OURS, REFERENCE)}
    clients = {name: agent.client() for name, agent in agents.items()}
    made = []
    for count in bench.size.clean:
        while len(made) < count:
            made.append(disks.Disk("ext4", f"/mnt/clean{len(made)}", size=IMAGE_BYTES))

        def measure(name, count=count):
            before = processor.of_all(agents[name].pid)
            freeze_ms = timed.call_ms(clients[name], timed.FREEZE, count)
            used_ms = processor.growth_ms(before, processor.of_all(agents[name].pid))
            thaw_ms = timed.call_ms(clients[name], timed.THAW, count)
            return {f"freeze_{count}": freeze_ms, f"freeze_cpu_{count}": used_ms, f"thaw_{count}": thaw_ms}

        bench.in_turn(measure)
    end(made)
