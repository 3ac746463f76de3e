# SPDX-License-Identifier: MIT
"""What /proc/self/mountinfo says, as far as safety asks."""
import collections
import re

Mount = collections.namedtuple("Mount", "major minor root point fs_type source")


def _unescape(text):
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), text)


def read(path="/proc/self/mountinfo"):
    found = []
    with open(path) as f:
        for line in f:
            left, right = line.rstrip("\n").split(" - ", 1)
            fields = left.split(" ")
            major, minor = fields[2].split(":")
            fs_type, source = right.split(" ")[:2]
            found.append(Mount(int(major), int(minor), _unescape(fields[3]),
                               _unescape(fields[4]), fs_type, _unescape(source)))
    return found


def on_block_devices(entries):
    return [m for m in entries if m.major != 0 or m.fs_type == "btrfs"]
