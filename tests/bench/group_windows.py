# SPDX-License-Identifier: MIT
"""For a picture: how long a freeze takes, by the number of clean filesystems."""
import disks
import group_clean
from rows import OURS, REFERENCE


def run(bench):
    clients = {name: bench.agent(name).client() for name in (OURS, REFERENCE)}
    made = []
    for count in bench.size.windows:
        while len(made) < count:
            made.append(disks.Disk("ext4", f"/mnt/clean{len(made)}",
                                   size=group_clean.IMAGE_BYTES))
        bench.in_turn(lambda name, count=count:
                      {str(count): group_clean.cycle(clients[name], count)[0]})
