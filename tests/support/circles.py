# SPDX-License-Identifier: MIT
"""Part of suite `unit`: the files of a library depend on one another in one direction only."""
import collections
import glob
import os
import re
import subprocess


def _uses(archive):
    """{object: the objects of the same library that it takes a symbol from}"""
    said = subprocess.run(["nm", "-A", archive], capture_output=True, text=True, check=True).stdout
    lines = re.findall(r"^.*[:/]([\w.-]+\.o):(?:[0-9a-f]+)? +([A-Za-z]) (\S+)$", said, re.M)
    home = {symbol: member for member, kind, symbol in lines if kind in "TRDBV"}
    uses = collections.defaultdict(set)
    for member, kind, symbol in lines:
        uses[member] |= {home[symbol]} - {member} if kind == "U" and symbol in home else set()
    return uses


def circle(uses):
    """A list of keys, each of which uses the next one, and the last one the first; or []."""
    done, path = set(), []

    def walk(member):
        if member in path:
            return path[path.index(member):]
        if member in done:
            return []
        path.append(member)
        for other in sorted(uses.get(member, ())):
            if found := walk(other):
                return found
        path.pop()
        done.add(member)
        return []

    for member in sorted(uses):
        if found := walk(member):
            return found
    return []


def _none(build):
    archives = sorted(glob.glob(f"{build}/agent/**/lib*.a", recursive=True)
                      + glob.glob(f"{build}/qga-proto/lib*.a"))
    members = 0
    bad = []
    for archive in archives:
        uses = _uses(archive)
        members += len(uses)
        if found := circle(uses):
            bad.append(f"{archive[len(build) + 1:]}: {' -> '.join([*found, found[0]])}")
    if members < 100 or not circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}):
        bad.append(f"only {members} files were looked at, or a circle was not seen")
    return ("fail", "\n".join(bad)) if bad else ("ok", "")


def _includes(room):
    """{module: the modules of the room that its source or its header includes}"""
    files = glob.glob(f"{room}/*.[ch]")
    uses = {os.path.basename(file)[:-2]: set() for file in files}
    for file in files:
        module = os.path.basename(file)[:-2]
        with open(file, encoding="utf-8") as f:
            named = re.findall(r'^#include "([\w-]+)\.h"', f.read(), re.M)
        uses[module] |= {name for name in named if name in uses and name != module}
    return uses


def _one_way(tree):
    """Of the freeze only: elsewhere a header may declare what a file above it defines."""
    bad = []
    modules = 0
    for room, _, _ in os.walk(f"{tree}/agent/fsfreeze"):
        uses = _includes(room)
        modules += len(uses)
        if found := circle(uses):
            bad.append(f"{os.path.basename(room)}: {' -> '.join([*found, found[0]])}")
    if modules < 50:
        bad.append(f"only {modules} modules were looked at")
    return ("fail", "\n".join(bad)) if bad else ("ok", "")


def run(tree, build, report):
    """build: the folder of a build."""
    report.run("unit/no circle among the files of a library", lambda: _none(build))
    report.run("unit/includes go one way in each room of the freeze", lambda: _one_way(tree))
