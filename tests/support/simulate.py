# SPDX-License-Identifier: MIT
"""The simulator: histories of fixed seeds, and of fresh ones (tests/sim).

Fresh ones come with the code: a change of it is searched anew, and what a run has found of some code
each other run of the same code finds, too. FULL=1 adds an hour of seeds that come with the time.
"""
import hashlib
import os
import re
import subprocess
import time

FIXED_SEED = 1
FIXED_HISTORIES = 30000
FRESH_HISTORIES = 40000
LONG_S = 3600
# The headers, below agent, that draw the states which --coverage counts.
DRAWINGS = {"filesystem": "fsfreeze/ledger-data/fs-state.h",
            "transaction": "fsfreeze/transaction/transaction-state.h",
            "phase": "fsfreeze/freezer/sequencer.h", "service": "fsfreeze/freezer/freezer-main.h",
            "life": "fsfreeze/supervisor/supervisor.h", "reader": "parser/parser.h",
            "parsing": "parser/parser-process.h"}
# Histories that are broken and told; more of them say nothing new.
FINDINGS = 3


def _seed_of(tree):
    """A number that changes with any source that the simulator is built of."""
    contents = hashlib.sha256()
    for folder in ("agent", "qga-proto", "tests/sim", "tests/support"):
        for path, folders, names in os.walk(f"{tree}/{folder}"):
            folders.sort()
            for name in sorted(n for n in names if n.endswith((".c", ".h"))):
                with open(f"{path}/{name}", "rb") as file:
                    contents.update(file.read())
    return int.from_bytes(contents.digest()[:6], "big")


def _search(build, arguments):
    argv = [build.path("tests/sim/sim"), "--jobs", str(min(os.cpu_count() or 1, 16)),
            "--findings", str(FINDINGS), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)


def _outcome(run):
    if run.returncode == 0:
        return "ok", run.stdout.strip().splitlines()[-1]
    return "fail", run.stdout[-12000:] + run.stderr[-2000:]


def _reached(tree, run):
    """Every arrow is taken, or unreached.txt says why not; and what it says is still so."""
    never = [line.removeprefix("never: ") for line in run.stdout.splitlines()
             if line.startswith("never: ")]
    with open(f"{tree}/tests/sim/unreached.txt", encoding="utf-8") as file:
        explained = file.read().splitlines()
    missing = [n for n in never if not any(e.startswith(n + ": ") for e in explained)]
    if missing:
        return "fail", "not reached:\n" + "\n".join(missing)
    taken = sum(" -> " in line and not line.startswith("never: ") for line in
                run.stdout.splitlines())
    return "ok", f"{taken} arrows taken; not reached: {'; '.join(never) or 'none'}"


def _drawn(tree):
    """All arrows of the drawings, (what, from, to), as --coverage writes them."""
    arrows, state = set(), None
    for what, header in DRAWINGS.items():
        with open(f"{tree}/agent/{header}", encoding="utf-8") as file:
            for left, right in re.findall(r"^ \*   ([A-Z_]*) *-> ([A-Z_]+)", file.read(), re.M):
                state = left or state
                arrows.add((what, *(s.lower().replace("_", "-") for s in (state, right))))
    return arrows


def _compare(tree, run):
    """The search lets the code take the arrows of the drawings, and no others."""
    allowed = {(what, a.lower(), b.lower()) for what, a, b in
               re.findall(r"^(?:never: )?(\w+): (\S+) -> (\S+)", run.stdout, re.M)}
    drawn = _drawn(tree)
    if allowed == drawn:
        return "ok", f"{len(drawn)} arrows in {len(DRAWINGS)} headers"
    wrong = sorted(" ".join(arrow) for arrow in allowed ^ drawn)
    return "fail", "drawn and not allowed, or allowed and not drawn:\n" + "\n".join(wrong)


def run(build, report, full):
    """False: there is no simulator."""
    if not build.has("tests/sim/sim"):
        return False
    fixed = _search(build, ["--seed", str(FIXED_SEED), "--count", str(FIXED_HISTORIES),
                            "--seconds", "900", "--coverage"])
    report.run(f"sim: {FIXED_HISTORIES} histories of fixed seeds", lambda: _outcome(fixed))
    report.run("sim: the headers draw the arrows that are allowed",
               lambda: _compare(build.tree, fixed))
    report.run("sim: every arrow that is drawn is taken", lambda: _reached(build.tree, fixed))
    seed = _seed_of(build.tree)
    fresh = _search(build, ["--seed", str(seed), "--count", str(FRESH_HISTORIES),
                            "--seconds", "900"])
    report.run(f"sim: {FRESH_HISTORIES} histories of seeds that come with this code, from {seed}",
               lambda: _outcome(fresh))
    if full:
        seed = time.time_ns() // 1000
        report.run(f"sim: histories of seeds that come with the time, from {seed}",
                   lambda: _outcome(_search(build, ["--seed", str(seed),
                                                    "--seconds", str(LONG_S)])))
    return True
