# SPDX-License-Identifier: MIT
"""Part of suite `unit`: the files of a library depend on one another in one direction only."""
import collections
import glob
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


def run(build, report):
    """build: the folder of a build."""
    report.run("unit/no circle among the files of a library", lambda: _none(build))
