# SPDX-License-Identifier: MIT
"""Runs the test programs that meson knows, and counts their TAP assertions as cases."""
import concurrent.futures
import json
import os
import re
import subprocess
import time

from report import ASKED_AGAIN_MAX

_LINE = re.compile(r"^(ok|not ok)\b\s*(\d*)\s*-?\s*(.*)$")
_PLAN = re.compile(r"^1\.\.(\d+)")
_SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def known(build, suite):
    run = subprocess.run(["meson", "introspect", "--tests", build.folder],
                         capture_output=True, text=True, check=True)
    return [t for t in json.loads(run.stdout)
            if any(s == suite or s.endswith(":" + suite) for s in t["suite"])]


def _parse(text):
    """([(passed, name, text after it)], number planned, text before the first)"""
    results, said, planned = [], [], 0
    first = said
    for line in text.splitlines():
        plan, found = _PLAN.match(line), _LINE.match(line)
        if plan:
            planned += int(plan.group(1))
        elif found:
            said = []
            results.append((found.group(1) == "ok", found.group(3) or found.group(2), said))
        elif not line.startswith("# ok"):
            said.append(line)
    return results, planned, "\n".join(first + said[-20:])


def _patience():
    """By how much the time limits are multiplied, as others may use the processors, too."""
    return max(1, os.getloadavg()[0] / (os.cpu_count() or 1))


def _command(test, start):
    """A program of the build may need another one to start it; a script does not."""
    words = test["cmd"]
    return [*start, *words] if os.path.basename(words[0]).startswith("test-") else words


def _outcomes(test, label, start, patience):
    """(name, outcome, seconds, detail) of each case of one program."""
    name = f"{label}/{test['name']}"
    env = {**os.environ, **_SANITIZERS, **test["env"]}
    began = time.monotonic()
    limit_s = test["timeout"] * patience * _patience() or None
    try:
        run = subprocess.run(_command(test, start), capture_output=True, text=True, errors="replace",
                             env=env, timeout=limit_s, cwd=test["workdir"],
                             stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired as e:
        out = (e.stdout or b"").decode(errors="replace")
        return [(name, "fail", time.monotonic() - began,
                 f"hangs: ended after {limit_s:.0f} s\n{out[-3000:]}")]
    except OSError as e:
        return [(name, "fail", 0, f"cannot be run: {e}")]
    took = time.monotonic() - began
    results, planned, rest = _parse(run.stdout)
    found = [(f"{name}/{what}", "ok" if passed else "fail", took if not passed else None,
              "\n".join(said)) for passed, what, said in results]
    failed = any(not passed for passed, _, _ in results)
    if len(results) < planned or (run.returncode != 0 and not failed):
        found.append((name, "fail", took, f"ended with status {run.returncode} after "
                      f"{len(results)} of {planned} cases\n{rest[-1500:]}\n{run.stderr[-4500:]}"))
    elif not results:
        found.append((name, "ok", took, ""))
    return found


def _failures(found):
    return [(name, detail) for name, outcome, _, detail in found if outcome == "fail"]


def _tell(found, report):
    for name, outcome, seconds, detail in found:
        report.add(name, outcome, seconds, detail)


def run(build, suite, report, label=None, start=(), wanted=lambda name: True, patience=1):
    """Runs those of a meson suite that are wanted; False when it has none. label: what the cases are
    called by; start: what the programs of another processor are started by; patience: by it their time
    limits are multiplied."""
    tests = [test for test in known(build, suite) if wanted(test["name"])]
    label = label or suite
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:   # many wait
        found = list(pool.map(lambda t: _outcomes(t, label, start, patience), tests))
    again = [test for test, one in zip(tests, found) if _failures(one)]
    for test, one in zip(tests, found):
        if test in again and len(again) <= ASKED_AGAIN_MAX:
            alone = _outcomes(test, label, start, patience)
            if not _failures(alone):
                for name, detail in _failures(one):
                    report.again(name, detail)
            one = alone
        _tell(one, report)
    return bool(tests)
