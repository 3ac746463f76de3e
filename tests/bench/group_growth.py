# SPDX-License-Identifier: MIT
"""What takes longer the more filesystems there are."""
import os
import time

import disks
import group_clean
import kernel
from cases import Failed
from rows import OURS, REFERENCE

ASKED = {"guest-get-fsinfo": "fsinfo", "guest-get-disks": "disks"}
TIMES = 20        # one answer is too short for the kernel's clock of a process's time
LIMIT_S = 60


def processor_ms(pid):
    """Of all threads that the process has had."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def ask(client, pid, command, at_least):
    """Milliseconds of one answer, and of the processor for it."""
    used, began = processor_ms(pid), time.monotonic()
    for _ in range(TIMES):
        if len(client.call(command, limit_s=LIMIT_S)) < at_least:
            raise Failed(f"{command} does not name all {at_least}")
    return (time.monotonic() - began) * 1000 / TIMES, (processor_ms(pid) - used) / TIMES


def run(bench):
    agents = {name: bench.agent(name) for name in (OURS, REFERENCE)}
    clients = {name: agent.client() for name, agent in agents.items()}
    made = []

    def make(count):
        while len(made) < count:
            made.append(disks.Disk("ext4", f"/mnt/many{len(made)}", size=group_clean.IMAGE_BYTES))

    def measure(name, count):
        values = {}
        for command, key in ASKED.items():
            took_ms, used_ms = ask(clients[name], agents[name].pid, command, count)
            values.update({f"{key}_{count}": took_ms, f"{key}_cpu_{count}": used_ms})
        return values

    def freeze(name):
        freeze_ms, thaw_ms = group_clean.cycle(clients[name], bench.size.most)
        return {"freeze_most": freeze_ms, "thaw_most": thaw_ms}

    for count in bench.size.grown:
        make(count)
        bench.in_turn(lambda name, count=count: measure(name, count))
    make(bench.size.most)
    bench.in_turn(freeze)
    for disk in made:      # so many take the kernel longer than an arena has for its end
        kernel.umount(disk.point)
        os.close(disk.fd)
