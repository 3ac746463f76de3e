#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test-rooms.py BUILD: the build refuses what agent/fsfreeze/meson.build calls forbidden.

Each pair of rooms is tried: a file with one include is compiled as the build compiles the files of
the one room, with a header of the other. And the libraries of the rooms without GLib are asked which
symbols they want from outside.
"""
import json
import os
import re
import shlex
import subprocess
import sys

# A room, its header, and whose headers it may include.
ROOMS = {
    "kernel": ("kernel.h", ()),
    "ledger-data": ("ledger-data.h", ()),
    "record": ("record.h", ()),
    "freezer/protocol": ("freezer-protocol.h", ()),
    "freezer": ("workers.h", ("kernel", "ledger-data", "freezer/protocol")),
    "plan": ("plan.h", ("kernel",)),
    "ledger": ("ledger.h", ("ledger-data",)),
    "supervisor": ("supervisor.h", ("kernel", "ledger-data", "freezer/protocol")),
    "hooks": ("hooks.h", ("kernel", "ledger-data")),
    "transaction": ("transaction.h", ("kernel", "ledger-data", "record", "freezer/protocol", "plan",
                                      "ledger", "supervisor", "hooks")),
}
WITHOUT_GLIB = ("kernel", "ledger-data", "freezer")

# What would take memory from the heap, or a lock that a thread inside FIFREEZE may hold.
HEAP = re.compile(r"malloc|calloc|realloc|free|reallocarray|posix_memalign|aligned_alloc|memalign|"
                  r"v?asprintf|strn?dup|getline|getdelim|open_memstream")
GLIB = re.compile(r"g_\w+|json_\w+")
STDIO = re.compile(r"(__)?(v?[fsd]?n?printf|v?fn?scanf|f(open|close|read|write|puts|putc|gets|flush)|"
                   r"puts|putchar|perror|stdout|stderr|getenv)(64|_chk)?")


class Build:
    def __init__(self, folder):
        self.folder = folder
        with open(f"{folder}/compile_commands.json", encoding="utf-8") as file:
            self.commands = json.load(file)

    def _command(self, room):
        """How a file of the room is compiled, without the file and what is made of it."""
        for entry in self.commands:
            if os.path.dirname(entry["file"]).endswith(f"agent/fsfreeze/{room}"):
                words = shlex.split(entry["command"])
                for option in ("-o", "-MF", "-MQ"):
                    if option in words:
                        at = words.index(option)
                        del words[at:at + 2]
                return [w for w in words if w not in (entry["file"], "-c", "-MD")]
        sys.exit(f"the build compiles no file of the room {room}")

    def refuses(self, room, header):
        """None: a file of the room may include the header; else what the compiler says."""
        run = subprocess.run([*self._command(room), "-fsyntax-only", "-x", "c", "-"],
                             input=f"#include <stddef.h>\n#include \"{header}\"\n",
                             cwd=self.folder, capture_output=True, text=True, check=False)
        return run.stderr if run.returncode != 0 else None

    def wants(self, room):
        """The symbols that the room's library leaves to others."""
        library = f"{self.folder}/agent/fsfreeze/{room}/libfrost-{room}.a"
        run = subprocess.run(["nm", "-u", library], capture_output=True, text=True, check=True)
        return set(re.findall(r"^\s+U (\S+)$", run.stdout, re.MULTILINE))


def _matching(symbols, pattern):
    return sorted(s for s in symbols if pattern.fullmatch(s))


def _cases(build):
    """(name, why it does not hold or None) of each case"""
    for room in WITHOUT_GLIB:
        wanted = build.wants(room)
        found = [s for pattern in (HEAP, GLIB, STDIO) for s in _matching(wanted, pattern)]
        yield f"{room} wants no heap, no GLib and no stdio", ", ".join(found) or None
        yield (f"{room} is compiled without GLib's headers",
               None if build.refuses(room, "glib.h") else "glib.h is found")
    others = build.wants("transaction") | build.wants("hooks") | build.wants("supervisor")
    missed = [p.pattern for p in (GLIB, STDIO) if not _matching(others, p)]
    yield "the same look finds GLib and stdio in other rooms", ", ".join(missed) or None
    for room in ROOMS:
        if room == "freezer/protocol":
            continue # a header, and no file
        for other, (header, _) in ROOMS.items():
            if other == room:
                continue
            said = build.refuses(room, header)
            if other in ROOMS[room][1]:
                yield f"{room} may include {other}", said
            else:
                refused = said and re.search(rf"{re.escape(header)}.*(No such file|not found)", said)
                yield (f"{room} must not include {other}",
                       None if refused else said or "the compiler accepts it")


def main():
    cases = list(_cases(Build(sys.argv[1])))
    print(f"1..{len(cases)}")
    for number, (name, why) in enumerate(cases, 1):
        for line in (why or "").splitlines():
            print(f"# {line}")
        print(f"{'not ok' if why else 'ok'} {number} - {name.replace(' ', '_').replace(',', '')}")
    return 1 if any(why for _, why in cases) else 0


sys.exit(main())
