#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""prove.py [--histories N] [--only TEXT] faults|mutations

Proof that the simulator searches: each fault of faults/ and each mutation of mutations.py is put into
a copy of the tree, one at a time, and must be found. A line each, with the processor time that it took.
The limit is a number of histories, so that a busy machine finds the same.
"""
import argparse
import os
import resource
import shutil
import subprocess
import sys

import mutations

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
A_MINUTE = 240000   # histories of two cores that have 2,000 a second each
SOUND = 40000
WANTED = {"faults": None, "mutations": 18}   # None: all of them


def _run(argv, **how):
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False, **how)


def _processor_s():
    """Of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Copy:
    """A copy of what git knows of the tree, built once and then rebuilt file by file."""

    def __init__(self, folder):
        self.folder = folder
        self.build = f"{folder}/build"
        names = _run(["git", "-C", TREE, "ls-files", "-z"]).stdout.split("\0")
        for name in filter(None, names):
            os.makedirs(os.path.dirname(f"{folder}/{name}"), exist_ok=True)
            if os.path.exists(f"{TREE}/{name}"):
                self._copy(name)
        native = f"{folder}/tests/native/gcc-sim.ini"
        with open(native, encoding="utf-8") as file:
            text = file.read()
        with open(native, "w", encoding="utf-8") as file:   # a mutant may leave a rest
            file.write(text.replace("werror = true", "werror = false"))
        if not os.path.exists(f"{self.build}/build.ninja"):
            made = _run(["meson", "setup", self.build, folder, "--native-file", native])
            if made.returncode != 0:
                sys.exit(made.stdout + made.stderr)
        self.originals = {}

    def _copy(self, name):
        source, target = f"{TREE}/{name}", f"{self.folder}/{name}"
        if not os.path.exists(target) or not _same(source, target):
            shutil.copyfile(source, target)

    def make(self):
        """None, or why it does not build."""
        made = _run(["ninja", "-C", self.build, "tests/sim/sim"])
        errors = [line for line in made.stdout.splitlines() if "error:" in line]
        return None if made.returncode == 0 else "\n".join(errors)

    def keep(self, names):
        """As they were when the copy was made, whatever happens in the tree meanwhile."""
        for name in names:
            with open(f"{self.folder}/{name}", "rb") as file:
                self.originals[name] = file.read()

    def restore(self):
        for name, text in self.originals.items():
            with open(f"{self.folder}/{name}", "wb") as file:
                file.write(text)
        self.originals = {}

    def search(self, histories):
        """(seed and what was said, or None; how many histories, seconds of one core)"""
        began = _processor_s()
        run = _run([f"{self.build}/tests/sim/sim", "--jobs", str(os.cpu_count() or 1), "--seed", "1",
                    "--count", str(histories), "--seconds", "7200", "--findings", "1"])
        took = _processor_s() - began
        said = [line for line in run.stdout.splitlines() if line.startswith("seed ")]
        return (said[0] if said else None), run.stdout.strip().splitlines()[-1], took


def _same(one, other):
    with open(one, "rb") as a, open(other, "rb") as b:
        return a.read() == b.read()


def _replace(copy, mutation):
    path = f"{copy.folder}/{mutation.file}"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(mutation.old) != 1:
        return f"its text is {text.count(mutation.old)} times in {mutation.file}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(mutation.old, mutation.new))
    return None


def _patch(copy, path):
    done = _run(["patch", "-p1", "--no-backup-if-mismatch", "-d", copy.folder, "-i", path])
    return None if done.returncode == 0 else done.stdout[-500:]


def _files_of(path):
    with open(path, encoding="utf-8") as file:
        return [line[6:].strip() for line in file if line.startswith("+++ b/")]


def _cases(kind):
    """[(name, how to put it in, files that it touches)]"""
    if kind == "mutations":
        return [(m.name, lambda copy, m=m: _replace(copy, m), [m.file]) for m in mutations.ALL]
    paths = sorted(os.path.join(HERE, "faults", n) for n in os.listdir(os.path.join(HERE, "faults"))
                   if n.endswith(".patch"))
    return [(os.path.basename(p)[:-6], lambda copy, p=p: _patch(copy, p), _files_of(p))
            for p in paths]


def _try(copy, put_in, files, histories):
    """(found, what is said)"""
    copy.keep(files)
    why = put_in(copy) or copy.make()
    if why is None:
        said, last, took = copy.search(histories)
        why = f"{took:5.1f} s  {said}" if said else f"not found: {last}"
        found = said is not None
    else:
        found, why = False, f"cannot be put in: {why}"
    copy.restore()
    return found, why


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--histories", type=int, default=A_MINUTE)
    parser.add_argument("--only", default="")
    parser.add_argument("kind", choices=sorted(WANTED))
    options = parser.parse_args()
    copy = Copy(f"{TREE}/build-test-mutants")
    why = copy.make()
    if why:
        sys.exit(why)
    said, _, _ = copy.search(SOUND)
    if said:
        sys.exit(f"the tree itself is broken: {said}")
    cases = [c for c in _cases(options.kind) if options.only in c[0]]
    found = 0
    for name, put_in, files in cases:
        ok, words = _try(copy, put_in, files, options.histories)
        found += ok
        print(f"{'found' if ok else 'MISSED':7} {name}: {words}", flush=True)
    print(f"{found} of {len(cases)} {options.kind} found")
    wanted = len(cases) if options.only else WANTED[options.kind] or len(cases)
    sys.exit(0 if found >= min(wanted, len(cases)) else 1)


if __name__ == "__main__":
    main()
