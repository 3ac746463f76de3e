# SPDX-License-Identifier: MIT
"""frost-ga against Debian's qemu-ga: bench.py TREE [--quick] [--rounds N] [GROUP...]   (see run.sh)"""
import argparse
import json
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{os.path.dirname(HERE)}/support", HERE]

import chart        # noqa: E402
import programs     # noqa: E402
import rows         # noqa: E402
import servers      # noqa: E402
import sizes        # noqa: E402
import table        # noqa: E402
from arenas import PYTHON, Arenas    # noqa: E402

WITH_PEERS = ("clean", "growth", "ext4", "xfs", "hooks")    # can be told to measure other qemu-gas, too
GROUPS = ("size", "talk", "footprint", "clean", "growth", "ext4", "xfs", "hooks")
LIMIT_S = 3600


class Broken(Exception):
    """A group did not come to its end, or left something behind."""


def note(line):
    values = ", ".join(f"{key} {value:.3f}" for key, value in line["values"].items())
    print(f"# {line['round']:2} {line['agent']:9} {values}", flush=True)


def measure_sizes(made, rounds):
    ours, minimal, theirs = (os.path.getsize(made[name]) / 1024
                             for name in (rows.OURS, rows.MINIMAL, rows.REFERENCE))
    values = {rows.OURS: {"size": ours, "size_minimal": minimal},
              rows.REFERENCE: {"size": theirs, "size_minimal": theirs}}
    return [{"agent": name, "round": n + 1, "values": values[name]}
            for n in range(rounds) for name in values]


def measure(arenas, group, size_name, rounds, *words, others=()):
    """The samples of one group, from an arena of its own. others: names of further agents."""
    process = arenas.start([PYTHON, "-B", "/tests/bench/rounds.py", group, size_name, str(rounds),
                            ",".join((rows.OURS, rows.REFERENCE, *others)), *words], LIMIT_S)
    samples, noise, done, verdict = [], [], False, {}
    for raw in process.stdout:
        line = json.loads(raw) if raw.startswith(b"{") else {}
        if "values" in line:
            samples.append(line)
            note(line)
        elif "record" in line:
            samples.append(line)
        elif "guard" in line:
            verdict = line["guard"]
        elif "done" in line:
            done = True
        else:
            noise.append(raw.decode(errors="replace"))
    process.wait()
    process.stdin.close()
    if not done or verdict.get("left") or verdict.get("stuck") or verdict.get("expired"):
        raise Broken(f"{group}: {''.join(noise)}{verdict}")
    return samples


def add_servers(arenas, tree):
    unpacked, why = servers.fetch(f"{tree}/build-bench/servers", servers.chosen())
    if not unpacked:
        raise Broken(why)
    servers.make(arenas.tools, unpacked, servers.chosen())


def collect(lines):
    """{row: {agent: {round: value}}}"""
    found = {}
    for line in lines:
        for key, value in line["values"].items():
            found.setdefault(key, {}).setdefault(line["agent"], {})[line["round"]] = value
    return found


def results(size, groups, samples):
    made = []
    for row in rows.rows(size):
        if row.group in groups:
            found = samples.get(row.key, {})
            if any(len(found.get(name, {})) != size.rounds for name in (rows.OURS, rows.REFERENCE)):
                raise Broken(f"{row.label}: not measured in every round")
            made.append(rows.Result(row, found))
    return made


def run(tree, size_name, size, groups, series):
    """All results; the description of the machine; {name in the results: name and version} of all that
    frost-ga is compared with."""
    made = programs.make(tree)
    about = programs.describe(made)
    lines = measure_sizes(made, size.rounds)
    arenas = Arenas(tree, made)
    try:
        shutil.copytree(f"{tree}/tests/bench", f"{arenas.tools}/tests/bench")
        if "hooks" in groups:
            add_servers(arenas, tree)
        scripts = programs.add_peers(tree, series, arenas.tools)
        for group in groups:
            if group != "size":
                print(f"# {group}", flush=True)
                others = scripts if group in WITH_PEERS else ()
                lines += measure(arenas, group, size_name, size.rounds, others=others)
    finally:
        arenas.close()
    return results(size, groups, collect(lines)), about, programs.versions(tree, made, series)


def write(folder, found, about, page):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/bench.md", "w") as f:
        f.write(page)
    with open(f"{folder}/bench.svg", "w") as f:
        f.write(chart.svg(found, about))
    print(f"# written: {folder}/bench.md, bench.svg")


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    programs.add_option(parser)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=" ".join(GROUPS))
    tree, *words = sys.argv[1:]
    args = parser.parse_args(words)
    if any(group not in GROUPS for group in args.groups):
        parser.error(f"no such group; there are: {' '.join(GROUPS)}")
    size_name = "quick" if args.quick else "full"
    size = sizes.of(size_name, args.rounds)
    try:
        found, about, peers = run(tree, size_name, size, args.groups or GROUPS, args.peer)
    except Broken as e:
        sys.exit(f"tests/bench: {e}")
    page = table.markdown(found, about, size, peers)
    print(page)
    whole = not args.quick and not args.groups and size.rounds >= 5
    write(f"{HERE}/results" if whole else f"{tree}/build-bench/results", found, about, page)


if __name__ == "__main__":
    main()
