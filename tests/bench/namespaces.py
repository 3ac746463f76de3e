# SPDX-License-Identifier: MIT
"""What a plan costs on a machine with many containers: namespaces.py TREE [--quick] (see run.sh)

2,000 mount namespaces, 100 of them with a filesystem that only they show, against one namespace with
the same filesystems and as many mounts, and one with the same filesystems alone.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = "/tests/bench" if sys.argv[1] == "--inside" else os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{os.path.dirname(HERE)}/support", HERE]

import arena        # noqa: E402
import disks        # noqa: E402
import kernel       # noqa: E402
import mounts       # noqa: E402
from rows import OURS    # noqa: E402

MOUNTS_OF_A_CONTAINER = 25
FULL, QUICK = (2000, 100, 15), (50, 5, 3)      # namespaces, filesystems, rounds
LIMIT_S = 1800


def _live_apart():
    """A process with mounts of its own; its pid, when it has them."""
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            kernel.unshare(kernel.CLONE_NEWNS)
            kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
            os.write(told, b"r")
            os.execv("/usr/bin/sleep", ["sleep", "10000"])
        finally:
            os._exit(1)
    os.close(told)
    if os.read(ready, 1) != b"r":
        raise RuntimeError("a namespace could not be made")
    os.close(ready)
    return pid


def _bind(folder, count):
    """So many mounts more, of what is mounted already."""
    for i in range(count):
        disks.bind("/sys" if i % 2 else "/run", f"{folder}/{i}")


def _plan(*options):
    """What `frost-ga plan` prints, and how long it takes as a whole, in ms."""
    began = time.monotonic()
    run = subprocess.run([f"/agent/{OURS}", "plan", "-c", "/run/conf", *options], capture_output=True, check=True)
    return run.stdout, (time.monotonic() - began) * 1000


def _times(rounds, filesystems):
    """Of so many plans, each of all the filesystems; the first is a warm-up."""
    plan = json.loads(_plan("--json")[0])
    frozen = sum(fs["verdict"] == "freeze" for fs in plan["filesystems"])
    if frozen != filesystems:
        raise RuntimeError(f"{frozen} filesystems would be frozen, not {filesystems}")
    return [_plan()[1] for _ in range(rounds)]


def _report(what, total, times):
    os.write(3, json.dumps({"what": what, "mounts": total, "times": times}).encode() + b"\n")


def _inside(namespaces, filesystems, rounds):
    arena.require()
    with open("/run/conf", "w") as f:
        f.write("[fsfreeze]\n")       # with a file it does not look for a running agent
    made = [disks.Disk("ext4", f"/mnt/v{i}") for i in range(filesystems)]
    _report("one, the filesystems alone", len(mounts.read()), _times(rounds, filesystems))
    for disk in made:
        kernel.umount(disk.point)
    _bind("/tmp/few", MOUNTS_OF_A_CONTAINER - len(mounts.read()))
    of_each = len(mounts.read())
    pids = []
    for i in range(namespaces):
        if i < filesystems:
            made[i].mount(made[i].point)
        pids.append(_live_apart())
        if i < filesystems:
            kernel.umount(made[i].point)
    total = namespaces * of_each + filesystems
    _report(f"{namespaces} namespaces", total, _times(rounds, filesystems))
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    for disk in made:
        disk.mount(disk.point)
    _bind("/tmp/many", total - len(mounts.read()))
    _report("one, as many mounts", len(mounts.read()), _times(rounds, filesystems))


def _outside(tree, words):
    from arenas import PYTHON, Arenas, said
    from build import Build
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh namespaces")
    parser.add_argument("--quick", action="store_true")
    size = QUICK if parser.parse_args(words).quick else FULL
    release = Build(tree, "clang-release", f"agent/{OURS}")
    outcome, why = release.try_it()
    if outcome != "ok":
        sys.exit(why)
    made = Arenas(tree, {OURS: release.path(f"agent/{OURS}")})
    try:
        shutil.copytree(f"{tree}/tests/bench", f"{made.tools}/tests/bench")
        lines = said(made.start([PYTHON, "-B", "/tests/bench/namespaces.py", "--inside",
                                 *map(str, size)], LIMIT_S))
    finally:
        made.close()
    rows = [line for line in lines if "times" in line]
    for row in rows:
        times = row["times"]
        print(f"{row['what']:28} {row['mounts']:7} mounts  {statistics.median(times):8.1f} ms "
              f"({min(times):.1f} to {max(times):.1f})")
    if len(rows) != 3:
        sys.exit(f"tests/bench: {lines}")


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        _inside(*map(int, sys.argv[2:]))
    else:
        _outside(sys.argv[1], sys.argv[2:])
