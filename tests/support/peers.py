# SPDX-License-Identifier: MIT
"""The qemu-ga of other releases than the machine's: all with the libraries of one of them, started
by its own loader, and never installed.

In an arena or a guest each is a script under /agent, which starts what lies in /agent/peers.
"""
import glob
import os
import re
import shutil
import stat
import subprocess

import debs
from cases import Skipped

# By its series, the suite of Debian that has it.
SUITES = {"7.2": "bookworm", "10.0": "trixie", "11.1": "trixie-backports"}
_LIBRARIES_OF = "trixie"
_LIBRARIES = ("libc6", "libglib2.0-0t64", "libnuma1", "libudev1", "liburing2", "libpcre2-8-0",
              "libcap2", "libatomic1")
_SCRIPT = """#!/bin/sh
unset PWD   # the shell's own
exec /agent/peers/{loader} --argv0 qemu-ga --library-path /agent/peers /agent/peers/{program} "$@"
"""


def version(program, *command):
    """What a qemu-ga says of itself, as 11.1.3. command: what starts it, if it does not start by itself."""
    run = subprocess.run([*command, program, "-V"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", run.stdout)
    if not found:
        raise Skipped(f"{program} does not start here: {run.stderr.strip()[-300:]}")
    return found.group(0)


def name(series):
    """What the suites call it."""
    return f"qemu-ga-{series}"


def version_fetched(folder, series):
    """Of one that fetch() has put into the folder, without an arena."""
    loader, = glob.glob(f"{folder}/peers/ld-linux*")
    return version(f"{folder}/peers/{name(series)}", loader, "--library-path", f"{folder}/peers")


def series_of(called, program):
    """Of what the suites call so, as 11.1; the machine's own is asked."""
    _, _, series = called.partition("qemu-ga-")
    return series or ".".join(version(program).split(".")[:2])


def _unpack(folder, suite):
    wanted = ["qemu-guest-agent", *(_LIBRARIES if suite == _LIBRARIES_OF else ())]
    debs.unpack(f"{folder}/{suite}", wanted, debs.own_lists(f"{folder}/apt/{suite}", suite))


def _libraries(folder):
    """All of them into the folder of what is started; the name of the loader among them."""
    for path in glob.glob(f"{folder}/{_LIBRARIES_OF}/**/*.so*", recursive=True):
        if os.path.isfile(path) and "/gconv/" not in path:
            shutil.copy(path, f"{folder}/peers")
    return os.path.basename(glob.glob(f"{folder}/peers/ld-linux*")[0])


def _make(folder):
    os.makedirs(f"{folder}/peers")
    for suite in SUITES.values():
        _unpack(folder, suite)
    loader = _libraries(folder)
    for series, suite in SUITES.items():
        shutil.copy(f"{folder}/{suite}/usr/sbin/qemu-ga", f"{folder}/peers/{name(series)}")
        with open(f"{folder}/{name(series)}", "w") as f:
            f.write(_SCRIPT.format(loader=loader, program=name(series)))
            os.fchmod(f.fileno(), stat.S_IRWXU)
    shutil.rmtree(f"{folder}/apt")


def fetch(folder):
    """{name: path of its script} of all; or none, and why not."""
    scripts = {name(series): f"{folder}/{name(series)}" for series in SUITES}
    if not all(os.path.exists(path) for path in scripts.values()):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _make(folder)
        except (Skipped, OSError, IndexError) as e:
            shutil.rmtree(folder, ignore_errors=True)
            return {}, str(e)
    return scripts, ""


def add(tools, folder):
    """What the scripts start, into the tools of the arenas."""
    shutil.copytree(f"{folder}/peers", f"{tools}/agent/peers")


def in_guest(folder):
    """The same for a guest: {its path there: folder}; none, if none was fetched."""
    return {"/agent/peers": f"{folder}/peers"} if os.path.isdir(f"{folder}/peers") else {}
