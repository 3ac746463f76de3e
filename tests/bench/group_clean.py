# SPDX-License-Identifier: MIT
"""Freeze and thaw of many clean filesystems."""
import os
import subprocess

import arena
import disks
import kernel
import loaded
import processor
import timed

IMAGE_BYTES = 8 << 20
BESIDE_BYTES = 400 << 20
BARE = ("1 thread", "2 threads", "8 threads")


def cycle(client, count):
    """Milliseconds of a freeze and of the thaw after it."""
    return tuple(timed.call_ms(client, name, count) for name in (timed.FREEZE, timed.THAW))


def bare(bench, made):
    """What the kernel alone takes, with so many threads: in no row, only printed."""
    def measure(name):
        arena.require()
        run = subprocess.run(["/agent/bare", name.split()[0], *(disk.point for disk in made)],
                             check=True, capture_output=True, text=True, timeout=60)
        freeze_us, thaw_us = (int(word) for word in run.stdout.split())
        return {f"bare_freeze_{len(made)}": freeze_us / 1000, f"bare_thaw_{len(made)}": thaw_us / 1000}

    bench.in_turn(measure, names=BARE)


def end(made):
    """So many take the kernel longer than an arena has for its end."""
    for disk in made:
        kernel.umount(disk.point)
        os.close(disk.fd)


def one_beside(bench, clients):
    """A freeze of one, while another disk, which is not frozen, has much that is not written yet."""
    one, other = (disks.Disk("ext4", f"/mnt/{name}", size=size)
                  for name, size in (("one", IMAGE_BYTES), ("other", BESIDE_BYTES)))

    def measure(name):
        loaded.dirty([other.point], bench.size.beside_mb)
        freeze_ms = timed.call_ms(clients[name], timed.FREEZE_LIST, 1, mountpoints=[one.point])
        timed.call_ms(clients[name], timed.THAW, 1)
        loaded.clean([other.point])
        return {"freeze_beside": freeze_ms}

    with loaded.reserved([other.number]):
        bench.in_turn(measure)
    end([one, other])


def run(bench):
    agents = {name: bench.agent(name) for name in bench.names}
    clients = {name: agent.client() for name, agent in agents.items()}
    one_beside(bench, clients)
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
        bare(bench, made)
    end(made)
