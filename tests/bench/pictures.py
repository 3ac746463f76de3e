# SPDX-License-Identifier: MIT
"""Measures what the pictures show, and draws them: pictures.py TREE [--quick|--draw] (see run.sh)"""
import argparse
import json
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{os.path.dirname(HERE)}/support", HERE]

import bench        # noqa: E402
import plot         # noqa: E402
import programs     # noqa: E402
import sizes        # noqa: E402
from arenas import Arenas    # noqa: E402


def _series(lines):
    """{agent: {"number": [ms, ...]}}"""
    return {name: {at: [by_round[n] for n in sorted(by_round)] for at, by_round in by_at.items()}
            for name, by_at in _by_agent(lines).items()}


def _by_agent(lines):
    turned = {}
    for at, by_agent in bench.collect(lines).items():
        for name, by_round in by_agent.items():
            turned.setdefault(name, {})[at] = by_round
    return turned


def measure(tree, size_name, rounds):
    made = programs.make(tree)
    arenas = Arenas(tree, made)
    try:
        shutil.copytree(f"{tree}/tests/bench", f"{arenas.tools}/tests/bench")
        windows, stalls, course = (bench.measure(arenas, group, size_name, rounds)
                                   for group in ("windows", "stalls", "course"))
    finally:
        arenas.close()
    return {"about": programs.describe(made), "rounds": rounds, "windows": _series(windows),
            "stalls": _series(stalls), "course": course[0]["record"]}


def draw(data, folder):
    about = f"{data['about']}; {data['rounds']} rounds: median, smallest and largest"
    pictures = {
        "windows": plot.curves("How long a freeze takes", "number of clean ext4 filesystems",
                               data["windows"], about, True),
        "stalls": plot.curves("How long a writer waits",
                              "MB of unwritten data on 4 ext4 filesystems",
                              data["stalls"], about, False),
        "course": plot.course(data["course"], data["about"].partition(";")[0]),
    }
    for name, text in pictures.items():
        with open(f"{folder}/{name}.svg", "w", encoding="utf-8") as f:
            f.write(text)
    print(f"# drawn: {folder}/{{{','.join(pictures)}}}.svg")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh pictures")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--draw", action="store_true")
    tree, *words = sys.argv[1:]
    args = parser.parse_args(words)
    folder = f"{tree}/build-bench/results" if args.quick else f"{HERE}/results"
    os.makedirs(folder, exist_ok=True)
    file = f"{folder}/pictures.json"
    if not args.draw:
        size_name, rounds = ("quick", 1) if args.quick else ("full", sizes.PICTURE_ROUNDS)
        try:
            data = measure(tree, size_name, rounds)
        except bench.Broken as e:
            sys.exit(f"tests/bench: {e}")
        with open(file, "w", encoding="utf-8") as f:
            json.dump(data, f, indent=1)
            f.write("\n")
    with open(file, encoding="utf-8") as f:
        draw(json.load(f), folder)


if __name__ == "__main__":
    main()
