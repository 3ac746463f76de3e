# SPDX-License-Identifier: MIT
"""Runs the cases of a suite, each in an arena of its own, several at a time."""
import collections
import concurrent.futures
import glob
import json
import os
import tempfile
import time

import cases
import guard
import guards
import kernel
import peers
import toolroot
from report import ASKED_AGAIN_MAX

# must_fail: why qemu-ga cannot pass this one; that it does not is the claim. tag: of the suite's name.
# seal: as in cases.py.
Job = collections.namedtuple("Job", "suite module name program limit must_fail tag seal",
                             defaults=["", ""])
REFERENCE_ASKED_MAX = 4
OURS, REFERENCE, STOPS = "frost-ga", "qemu-ga", "frost-ga-stops"
OF_ALL = ("wire",)   # suites that ask the qemu-ga of other releases in the short form, too
JUMPING_CLOCK = "jumping-clock.so"   # no agent: what one can be started with


class Arenas:
    """The tools in memory, in this process's own mount namespace. watch: killed.Watch, or None;
    patience: by it the time limits of the cases are multiplied; kills: the agents are of the kill form."""

    def __init__(self, tree, agents, watch=None, patience=cases.PATIENCE, kills=False):
        self.tree = tree
        self.watch = watch
        self.patience = patience
        self.kills = kills
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        self.folder = tempfile.mkdtemp(prefix="frost-arenas-")
        kernel.mount("frost-arenas", self.folder, "tmpfs", 0, "mode=755")
        self.tools = f"{self.folder}/tools"
        os.mkdir(self.tools)
        guard.sweep_stale(self.scratch())
        toolroot.make(self.tools, agents, tree)
        self.nursery = guards.Nursery({**os.environ, "PATIENCE": str(patience),
                                       "SEAL": "kill" if kills else ""})

    def scratch(self):
        return tempfile.mkdtemp(dir=self.folder)

    def start(self, argv, limit, binds=(), name="", must_be_killed=False):
        """Starts a guard; it ends everything when its standard input is closed. name: of the case."""
        options = [word for path in binds for word in ("--bind", path)]
        if self.watch and not self.watch.why_not:
            options += ["--number", str(self.watch.number(name, must_be_killed))]
        return self.nursery.start(["--limit", str(limit * self.patience), "--tools", self.tools,
                                   "--scratch", self.scratch(), *options, "--", *argv])

    def jobs(self, suite, agents, full, tag=""):
        """All cases of a suite for which the tools have what they need: ours first, then those that a
        qemu-ga is asked, too."""
        ours, theirs = [], []
        mine = sorted(p for p in agents if not _is_qemu_ga(p) and p not in (STOPS, JUMPING_CLOCK))
        others = _qemu_gas(suite, agents, full)
        for name, c in self._cases(suite):
            for program in [OURS] if c["once"] else mine:
                ours.append(Job(suite, name, c["name"], program, c["limit"], None, tag, c["seal"]))
            if c["own"] or self.kills or not (full or c["cheap"]):
                continue
            for program, series in others.items():
                theirs.append(Job(suite, name, c["name"], program, c["limit"],
                                  _must_fail_why(c, series), tag))
        return ours + theirs

    def _cases(self, suite):
        """(module, what the case says of itself) of each that can be asked here."""
        for path in sorted(glob.glob(f"{self.tree}/tests/{suite}/*.py")):
            for function in cases.of_module(cases.load(path)):
                c = function.case
                if (not c["outside"] and os.path.exists(f"{self.tools}/{c['needs']}")
                        and c["seal"] != ("errno" if self.kills else "kill")):
                    yield os.path.basename(path)[:-3], c

    def close(self):
        self.nursery.close()
        kernel.umount(self.folder, kernel.MNT_DETACH)
        os.rmdir(self.folder)


def said(process):
    """All lines that a guard has relayed, after its end."""
    out = process.stdout.read().decode(errors="replace")
    process.wait()
    process.stdin.close()
    return [_record(line) for line in out.splitlines()]


def _record(line):
    """A killed guard may leave half a line, which is ignored."""
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return {"noise": line}


def inside(suite, module, name, program=OURS):
    return [guard.CASE, f"/agent/{program}", suite, module, name]


def _is_qemu_ga(program):
    return program.startswith(REFERENCE)


def _qemu_gas(suite, agents, full):
    """{program: its series} of each qemu-ga that the suite asks. All suites ask the reference."""
    wanted = [p for p in agents if p == REFERENCE or _is_qemu_ga(p) and (full or suite in OF_ALL)]
    return {p: peers.series_of(p, agents[p]) for p in wanted}


def _must_fail_why(c, series):
    return c["differs"] if not c["of"] or series in c["of"] else None


def _label(job, name):
    tail = "" if job.program == OURS else f" [{job.program}]"
    if job.must_fail:
        tail = f" [{job.program} must fail: {job.must_fail}]"
    return f"{job.suite}{job.tag}/{job.module}/{name}{tail}"


def _outcomes(lines, job):
    """(name, outcome, seconds, detail) of each case in what a guard relayed."""
    found, open_name, done = [], None, False
    noise = "\n".join(line["noise"] for line in lines if "noise" in line)
    verdict = {"left": [], "stuck": [], "expired": False, "status": None}
    for line in lines:
        if "begin" in line:
            open_name = line["begin"]
        elif "case" in line:
            open_name = None
            found.append((line["case"], line["outcome"], line["seconds"], line["detail"]))
        elif "done" in line:
            done = True
        elif "refused" in line:
            found.append((job.name, "fail", 0, "the arena refused: " + line["refused"]))
        elif "guard" in line:
            verdict = line["guard"]
    if verdict["expired"] and done:
        found.append((job.name, "fail", 0, f"left behind: processes that cannot end, loop devices "
                      f"{verdict['left']}; freed by the guard; {verdict['blocked']}"))
    elif verdict["expired"]:
        found.append((open_name or job.name, "fail", job.limit,
                      f"hangs: ended by the guard after {job.limit} s"))
    elif open_name or not found:
        found.append((open_name or job.name, "fail", 0,
                      f"the test ended without a result (status {verdict['status']})\n"
                      + noise))
    elif verdict["left"]:
        found.append((job.name, "fail", 0,
                      f"left behind: loop devices {verdict['left']}, freed by the guard"))
    if verdict["stuck"]:
        found.append((job.name, "fail", 0, f"cannot be freed: loop devices {verdict['stuck']}"))
    return found


def _once(arenas, job):
    process = arenas.start(inside(job.suite, job.module, job.name, job.program), job.limit,
                           name=_label(job, job.name), must_be_killed=job.seal == "kill")
    return _outcomes(said(process), job)


def _is_as_expected(job, found):
    failed = any(outcome == "fail" for _, outcome, _, _ in found)
    return failed == bool(job.must_fail)


def _ask_reference(arenas, job):
    """qemu-ga's own races (D21; at SIGTERM it sometimes hangs) are not what is tested."""
    for _ in range(REFERENCE_ASKED_MAX):
        found = _once(arenas, job)
        if _is_as_expected(job, found):
            break
    return found


def _must_fail(arenas, job, report):
    began = time.monotonic()
    found = _ask_reference(arenas, job)
    took = time.monotonic() - began
    if _is_as_expected(job, found):
        report.add(_label(job, job.name), "ok", took)
    else:
        report.add(_label(job, job.name), "fail", took,
                   "passed: the case proves nothing, or the difference is none")


def _run(arenas, job, report):
    """The cases of ours that failed: (job, name -> detail); they are asked again, alone."""
    if job.must_fail:
        _must_fail(arenas, job, report)
        return None
    ours = not _is_qemu_ga(job.program)
    found = _once(arenas, job) if ours else _ask_reference(arenas, job)
    failed = {}
    for name, outcome, seconds, detail in found:
        if ours and outcome == "fail":
            failed[name] = detail
        else:
            report.add(_label(job, name), outcome, seconds, detail)
    return (job, failed) if failed else None


def _run_alone(arenas, job, failed, report):
    """Many cases are about time, and several at a time on a machine that others use may be late. What
    also fails alone has failed; what does not is named at the end, for whoever hunts races."""
    found = _once(arenas, job)
    for name, outcome, seconds, detail in found:
        if outcome == "fail":
            report.add(_label(job, name), outcome, seconds, detail)
            failed.pop(name, None)
    was_well = all(outcome != "fail" for _, outcome, _, _ in found)
    passed = {name: seconds for name, outcome, seconds, _ in found if outcome != "fail"}
    for name, detail in failed.items():
        if name in passed or was_well:
            report.add(_label(job, name), "ok", passed.get(name))
            report.again(_label(job, name), detail)
        else:   # it did not come to that the second time
            report.add(_label(job, name), "fail", 0, detail)


def run_all(arenas, wanted, report):
    with concurrent.futures.ThreadPoolExecutor(min((os.cpu_count() or 2) + 2, 5)) as pool:
        late = [f for f in pool.map(lambda job: _run(arenas, job, report), wanted) if f]
    for job, failed in late[:ASKED_AGAIN_MAX]:
        _run_alone(arenas, job, failed, report)
    for job, failed in late[ASKED_AGAIN_MAX:]:
        for name, detail in failed.items():
            report.add(_label(job, name), "fail", 0, detail)
