# SPDX-License-Identifier: MIT
"""Writes the columns of tests/data/wire-vectors.jsonl: recorder.py TREE   (as root)

Each qemu-ga of peers.py is asked the "send" of each line, by a fresh process in an arena. What it
answers goes into the column of its version; other columns are dropped. A new vector is a line
{"send": ...} and a run of this.
"""
import json
import os
import sys

sys.path.insert(0, "/tests/support")

import arenas                       # noqa: E402
import guards                       # noqa: E402
import peers                        # noqa: E402
from cases import load              # noqa: E402
from world import World             # noqa: E402

LIMIT_S = 1200
DATA = "tests/data/wire-vectors.jsonl"


def _answers(program):
    """Inside: one line for each vector."""
    world = World(program)
    replayed = load("/tests/wire/vectors.py")
    for vector in replayed.vectors():
        answer = replayed.replay(world, vector["send"])
        os.write(3, json.dumps({"version": peers.version(program), "answer": answer,
                                "send": vector["send"]}).encode() + b"\n")
        world.close()


def _column(made, called):
    """(version, {send: answer}) of one qemu-ga."""
    argv = [guards.PYTHON, "-B", "/tests/support/recorder.py", "--inside", f"/agent/{called}"]
    said = arenas.said(made.start(argv, LIMIT_S))
    lines = [line for line in said if "answer" in line]
    if not lines:
        sys.exit(f"recorder: {called} said nothing: {said}")
    return lines[0]["version"], {line["send"]: line["answer"] for line in lines}


def _columns(tree, folder, scripts):
    made = arenas.Arenas(tree, scripts)
    try:
        peers.add(made.tools, folder)
        return [_column(made, called) for called in scripts]
    finally:
        made.close()


def main():
    if sys.argv[1] == "--inside":
        _answers(sys.argv[2])
        return
    tree = os.path.abspath(sys.argv[1])
    folder = f"{tree}/build-test-peers"
    scripts, why = peers.fetch(folder)
    if not scripts:
        sys.exit(f"recorder: {why}")
    columns = _columns(tree, folder, scripts)
    with open(f"{tree}/{DATA}") as f:
        sent = [json.loads(line)["send"] for line in f]
    with open(f"{tree}/{DATA}", "w") as f:
        for send in sent:
            f.write(json.dumps({"send": send, **{version: answers[send]
                                                 for version, answers in columns}}) + "\n")


if __name__ == "__main__":
    main()
