# SPDX-License-Identifier: MIT
"""What programs notice of a freeze over much unwritten data: gentle.py TREE [OPTION...] [CELL...]
(see run.sh)"""
import argparse
import json
import os
import shlex
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{os.path.dirname(HERE)}/support", HERE]

import bench        # noqa: E402
import cells        # noqa: E402
import gentleplot   # noqa: E402
import gentletable  # noqa: E402
import guestgentle  # noqa: E402
import peers        # noqa: E402
import programs     # noqa: E402
import sizes        # noqa: E402
from arenas import Arenas                   # noqa: E402
from rows import NONE, OURS, REFERENCE      # noqa: E402


def _another(text):
    """NAME=PATH OPTION...: (name, path, options)"""
    name, _, words = text.partition("=")
    path, *options = shlex.split(words)
    if not name or "/" in name or not os.path.exists(path):
        raise argparse.ArgumentTypeError(f"no program to measure: {text}")
    return name, os.path.abspath(path), options


def _options(tree, words):
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh gentle")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    programs.add_option(parser)
    parser.add_argument("--with", action="append", default=[], type=_another, dest="others",
                        metavar="'NAME=PATH OPTION...'", help="another build of frost-ga as well")
    parser.add_argument("--out", help="the folder of gentle.json, gentle.md and gentle.svg")
    parser.add_argument("--draw", action="store_true", help="measure nothing, write both again")
    parser.add_argument("cells", nargs="*", metavar="CELL", help=" ".join(cells.CELLS))
    args = parser.parse_args(words)
    if any(cell not in cells.CELLS for cell in args.cells):
        parser.error(f"no such cell; there are: {' '.join(cells.CELLS)}")
    return args


def _lines(tree, made, arenas, cell, size_name, rounds, who):
    if cell not in cells.IN_GUEST:
        return bench.measure(arenas, "gentle", size_name, rounds, cell, size_name, json.dumps(who))
    lines = []
    libraries = peers.in_guest(f"{tree}/build-test-peers")
    for line in guestgentle.measure(tree, made, who, cells.of(cell, size_name), rounds, libraries):
        bench.note(line)
        lines.append(line)
    return lines


def measure(tree, args):
    made = programs.make(tree)
    about = programs.describe(made)
    who = {NONE: [], REFERENCE: [], OURS: []}
    for name, path, options in args.others:
        made[name] = path
        who[name] = options
    size_name = "quick" if args.quick else "full"
    rounds = sizes.of(size_name, args.rounds).rounds
    arenas = Arenas(tree, made)
    found = {}
    try:
        shutil.copytree(f"{tree}/tests/bench", f"{arenas.tools}/tests/bench")
        scripts = programs.add_peers(tree, args.peer, arenas.tools)
        made.update(scripts)
        who.update({name: [] for name in scripts})
        wanted = args.cells or list(cells.CELLS)
        if any(cell in cells.WITH_SERVER for cell in wanted):
            bench.add_servers(arenas, tree)
        for cell in wanted:
            print(f"# {cell}", flush=True)
            found[cell] = bench.collect(_lines(tree, made, arenas, cell, size_name, rounds, who))
    finally:
        arenas.close()
    return {"about": about, "rounds": rounds, "who": list(who), "cells": found}


def _show(data, folder):
    page = gentletable.markdown(data)
    for name, text in (("gentle.md", page + "\n"), ("gentle.svg", gentleplot.svg(data))):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as f:
            f.write(text)
    print(page)


def main():
    tree, *words = sys.argv[1:]
    args = _options(tree, words)
    whole = args.draw or not args.quick and not args.cells
    folder = args.out or (f"{HERE}/results" if whole else f"{tree}/build-bench/results")
    os.makedirs(folder, exist_ok=True)
    if args.draw:
        with open(f"{folder}/gentle.json", encoding="utf-8") as f:
            _show(json.load(f), folder)
        return
    try:
        data = measure(tree, args)
    except bench.Broken as e:
        sys.exit(f"tests/bench: {e}")
    with open(f"{folder}/gentle.json", "w", encoding="utf-8") as f:
        json.dump(data, f, indent=1)
        f.write("\n")
    _show(data, folder)


if __name__ == "__main__":
    main()
