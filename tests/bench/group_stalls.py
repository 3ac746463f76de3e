# SPDX-License-Identifier: MIT
"""For a picture: how long a writer stands still, by how much is not on the disks yet."""
import time

import disks
import host
import loaded
from rows import OURS, REFERENCE

DISKS = 4


def run(bench):
    folders = [f"/mnt/ext4{n}" for n in range(DISKS)]
    made = [disks.Disk("ext4", folder, size=loaded.SPACE_MB * loaded.MIB) for folder in folders]
    clients = {name: bench.agent(name).client() for name in (OURS, REFERENCE)}

    def measure(name, megabytes):
        loaded.clean(folders)
        loaded.dirty(folders, megabytes)
        writers = loaded.Writers(folders)
        time.sleep(loaded.BEFORE_S)
        host.freeze(clients[name], len(made), limit_s=loaded.LIMIT_S)
        host.thaw(clients[name], len(made), limit_s=loaded.LIMIT_S)
        time.sleep(loaded.BEFORE_S)
        longest_us = max(took for _, took in writers.end())
        return {str(DISKS * megabytes): longest_us / 1000}

    with loaded.reserved([disk.number for disk in made]):
        for megabytes in bench.size.stalls:
            bench.in_turn(lambda name, megabytes=megabytes: measure(name, megabytes))
