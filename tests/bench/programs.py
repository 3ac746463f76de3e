# SPDX-License-Identifier: MIT
"""What the bench compiles and compares."""
import mmap
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

import peers
import reference
from rows import MINIMAL, OURS, REFERENCE, STATIC

EXPEDITED = "/sys/kernel/rcu_expedited"
HELPERS = ("writer", "pinger", "ledger-times", "slowdisk", "cycle", "bare")


def _run(*argv):
    run = subprocess.run(argv, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(argv)}:\n{(run.stdout + run.stderr)[-4000:]}")
    return run.stdout


def _stripped(binary, folder):
    out = f"{folder}/stripped/{os.path.basename(binary)}"
    os.makedirs(os.path.dirname(out), exist_ok=True)
    _run("strip", "-o", out, binary)
    return out


def _build(tree, folder, commands, *options):
    """As the packages are built."""
    again = ["--reconfigure"] if os.path.exists(f"{folder}/build.ninja") else []
    _run("meson", "setup", *again, folder, tree,
         "--native-file", f"{tree}/tests/native/packaged.ini", f"-Dcommands={commands}", *options)
    _run("ninja", "-C", folder)
    return _stripped(f"{folder}/agent/frost-ga", folder)


def make(tree):
    """{name: path} of both agents, stripped, of the minimal one, and of the helpers."""
    require_usual_machine()
    folder = f"{tree}/build-bench"
    ours = _build(tree, f"{folder}/all", "all")
    binary, why = reference.fetch(f"{folder}/reference")
    if not binary:
        sys.exit(f"nothing to compare with: {why}")
    made = {OURS: ours,
            MINIMAL: _build(tree, f"{folder}/minimal", "minimal"),
            STATIC: _build(tree, f"{folder}/static", "minimal", "-Dstatic=true"),
            REFERENCE: _stripped(binary, folder)}
    includes = ["-iquote", f"{tree}/agent/fsfreeze/ledger-data"]
    for name in HELPERS:
        made[name] = f"{folder}/{name}"
        _run("gcc", "-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", *includes,
             f"{tree}/tests/bench/{name}.c", "-o", made[name])
    os.sync()   # pages of files that are not on the disk yet count as private and dirty
    return made


def require_usual_machine():
    """Where all grace periods are expedited, qemu-ga freezes forty times as fast as on its users' machines."""
    with open(EXPEDITED) as f:
        if f.read().strip() != "0":
            sys.exit(f"tests/bench: {EXPEDITED} is not 0, so nothing can be compared. Who set it? An agent that "
                     "was killed puts it back when it is started again with its state directory.")


def peer(made):
    """What frost-ga is compared with, and its version."""
    return f"{REFERENCE} {peers.version(made[REFERENCE])}"


def add_option(parser):
    parser.add_argument("--peer", action="append", default=[], choices=list(peers.SUITES),
                        metavar="SERIES", help="the qemu-ga of this series as well")


def add_peers(tree, series, tools):
    """Adds the qemu-ga of other releases to what the arenas have; {name: path of its script}."""
    if not series:
        return {}
    scripts, why = peers.fetch(f"{tree}/build-test-peers")
    if not scripts:
        sys.exit(f"tests/bench: {why}")
    peers.add(tools, f"{tree}/build-test-peers")
    wanted = {name: scripts[name] for name in map(peers.name, series)}
    for name, script in wanted.items():
        shutil.copy(script, f"{tools}/agent/{name}")
    return wanted


def versions(tree, made, series):
    """{name in the results: name and version} of all that frost-ga is compared with."""
    return {REFERENCE: peer(made),
            **{peers.name(one): f"{REFERENCE} {peers.version_fetched(f'{tree}/build-test-peers', one)}"
               for one in series}}


def _fault_us():
    """How long a page fault takes here: ten times as long in some virtual machines as in others."""
    took = []
    for _ in range(15):
        with mmap.mmap(-1, 256 * mmap.PAGESIZE) as memory:
            began = time.perf_counter()
            for i in range(256):
                memory[i * mmap.PAGESIZE] = 1
            took.append((time.perf_counter() - began) * 1e6 / 256)
    return statistics.median(took)


def describe(made):
    """The machine and what was compared, in one line."""
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    with open("/proc/meminfo") as f:
        kib = int(re.search(r"MemTotal: *(\d+)", f.read()).group(1))
    cpu = re.sub(r"\s+", " ", model.group(1)) if model else platform.machine()
    kernel = re.match(r"\d+\.\d+(\.\d+)?", os.uname().release).group(0)
    return (f"{os.cpu_count()} CPUs ({cpu}), {round(kib / (1 << 20))} GiB, Linux {kernel}, "
            f"{_fault_us():.1f} us a page fault; Debian's {peer(made)}")
