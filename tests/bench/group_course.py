# SPDX-License-Identifier: MIT
"""For a picture: one freeze from beginning to end, as frost-ga's own record tells it."""
import json
import os
import subprocess
import time

import disks
import host
import loaded
from rounds import report
from rows import OURS

HOLD_S = 0.1      # as long as a host needs to begin a snapshot
HOOK = """#!/bin/sh
sleep 0.03
"""


def _hook(name):
    os.makedirs("/etc/hooks.d", exist_ok=True)
    with open(f"/etc/hooks.d/{name}", "w") as f:
        f.write(HOOK)
    os.chmod(f"/etc/hooks.d/{name}", 0o755)


def run(bench):
    """Two disks, one of them with images in it, and a hook each for two databases."""
    points = {"/": ("ext4", None), "/srv": ("xfs", None),
              "/srv/one": ("ext4", "/mnt/srv/one.img"), "/srv/two": ("ext4", "/mnt/srv/two.img")}
    made = []
    for point, (fs_type, image) in points.items():
        folder = f"/mnt{point}".rstrip("/") if point != "/" else "/mnt/root"
        size = (300 if image else 1000) * loaded.MIB
        made.append(disks.Disk(fs_type, folder.replace("/srv/", "/"), image=image, size=size))
    for name in ("30-postgresql", "60-mariadb"):
        _hook(name)
    agent = bench.agent(OURS, "-F/etc/hooks.d")
    client = agent.client()
    folders = ["/mnt/root", "/mnt/srv"]
    own = [disk for disk in made if disk.point in folders]
    with loaded.reserved([disk.number for disk in own]):
        for _ in range(2):    # the first is a warm-up
            # A file that is written anew would be on the disk at once: ext4 sees to that.
            loaded.clean(folders)
            loaded.dirty(folders, bench.size.course_mb)
            host.freeze(client, len(points))
            time.sleep(HOLD_S)
            host.thaw(client, len(points))
            client.call("guest-ping")
    said = subprocess.run([f"/agent/{OURS}", "status", "-j", "-t", agent.statedir], check=True,
                          capture_output=True, text=True).stdout
    report(record=json.loads(said)["freezes"][0])
