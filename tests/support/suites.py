# SPDX-License-Identifier: MIT
"""Builds and runs the suites: suites.py TREE SUITE...   (see tests/README.md)"""
import os
import subprocess
import sys
import time
import traceback

import arenas
import circles
import clangtests
import confinement
import defaults
import fuzzing
import guestbuild
import killed
import looks
import matrix
import minimal
import otherrelease
import papers
import peers
import recipes
import reference
import selftest
import servers
import simulate
import statics
import units
import vmrun
import vmselftest
from beside import Beside
from build import Build
from form import Form, asked
from report import Report

# Of the build that is shipped. The tests' own sources are read, not compiled (clangtests.py).
_SHIPPED = ("agent/frost-ga", *(f"tests/unit/{name}" for name in guestbuild.UNIT_TESTS))


def _grace_periods():
    """One setting for the whole machine; an agent changes it for the moment of its freeze."""
    try:
        with open("/sys/kernel/rcu_expedited") as f:
            return f.read().strip()
    except OSError:
        return None


def _is_in_another_root():
    """Of another release (otherrelease.py): it is asked about that release's qemu-ga, and not about what is
    the same on each."""
    return os.environ.get("REFERENCE") == "own"


def _are_again(before):
    for _ in range(50):
        if _grace_periods() == before:
            return "ok", ""
        time.sleep(0.1)
    return "fail", f"{_grace_periods()} instead of {before}"


class Runner:
    def __init__(self, tree, form, suites, report):
        self.tree = tree
        self.form = form
        self.cells = [word for word in suites if "=" in word]   # of suite matrix
        self.holds = "loop" in suites   # its matrix holds the agent at stop points, and its filters kill
        self.watch = killed.Watch(form.kills) if self.holds or form.kills else None
        self.asks_all = any(suite in arenas.OF_ALL for suite in suites)
        self.other_root = otherrelease.chosen(tree) if "releases" in suites else None
        self.root_beside = Beside(self.other_root.make) if self.other_root else None
        self.booted = vmrun.roots_beside(tree, form) if "vm" in suites else None
        self.peers = None
        self.report = report
        self.tag = "-kills" if form.kills else ""   # of the names of suites
        # What most suites ask, which lets no mistake pass, and what is shipped: in the kill form one build.
        self.strict = Build(tree, "gcc-kills" if form.kills else "gcc-sanitized")
        self.release = self.strict if form.kills else Build(tree, "clang-release", _SHIPPED)
        self.stops = Build(tree, "gcc-stops", "agent/frost-ga")
        self.simulator = Build(tree, "gcc-sim", "tests/sim/sim")
        self.fuzzers = Build(tree, "clang-fuzz", "tests/fuzz/fuzz-")
        self.arenas = None
        self.has_servers = False
        self.agents = {}

    def run(self, suite):
        try:
            getattr(self, suite)()
        except Exception as e:   # the others still run, and the count still comes
            self.report.add(f"{suite}: the runner", "fail", None,
                            "".join(traceback.format_exception(e)))
        if self.form.kills or suite == "loop":
            self.report.run(f"{suite}{self.tag}: no process was killed by a filter of calls", self.watch.verdict)

    def missing(self, suite, what):
        self.report.add(f"{suite}: nothing could be run", "fail", None, what)

    def format(self):
        looks.run(self.tree, self.report)
        recipes.run(self.tree, self.report)
        statics.run(self.tree, self.report)
        self.release.make(self.report)
        if self.release.has("compile_commands.json"):
            self.report.run("format/clang has no warning for a test",
                            lambda: clangtests.check(self.release.folder))
        if self.release.has("agent/frost-ga"):
            papers.run(self.tree, self.release.path("agent/frost-ga"), self.report)
            defaults.run(self.tree, self.release.path("agent/frost-ga"), self.report)
            confinement.run(self.tree, self.release.path("agent/frost-ga"), self.report)

    def unit(self):
        self.strict.make(self.report)
        if not (self.strict.has("build.ninja")
                and units.run(self.strict, "unit", self.report, f"unit{self.tag}")):
            self.missing("unit", "no unit test was built")
        circles.run(self.tree, self.strict.folder, self.report)

    def fuzz(self):
        self.strict.make(self.report)
        if not (self.strict.has("build.ninja") and units.run(self.strict, "fuzz", self.report)):
            self.missing("fuzz", "no corpus replay was built")
        self.fuzzers.make(self.report)
        if not fuzzing.run(self.fuzzers, self.report, self.form.full):
            self.missing("fuzz", "no libFuzzer program was built")

    def sim(self):
        self.simulator.make(self.report)
        if not simulate.run(self.simulator, self.report, self.form.full):
            self.missing("sim", "no simulator was built")

    def wire(self):
        self._in_arenas("wire")

    def commands(self):
        """Both agents side by side; then what a build of few commands has."""
        self._in_arenas("commands")
        if not _is_in_another_root():
            minimal.run(Build(self.tree, "gcc-minimal", "agent/frost-ga"), self.agents[arenas.OURS],
                        self.report)

    def loop(self):
        if self._enter() and not self.form.kills:
            selftest.run(self.arenas, self.report)
        before = _grace_periods()
        self._in_arenas("loop")
        self.report.run("loop: the machine's grace periods are as before",
                        lambda: _are_again(before))

    def vm(self):
        vmselftest.run(self.report, self.form)
        agents = {}
        self.release.make(self.report)
        if self.release.has("agent/frost-ga"):
            agents[arenas.OURS] = self.release.path("agent/frost-ga")
        else:
            self.missing("vm", "no frost-ga was built")
            return
        for name in filter(lambda name: self.release.has(f"tests/unit/{name}"), guestbuild.UNIT_TESTS):
            agents[name] = self.release.path(f"tests/unit/{name}")
        reference.add(self.tree, agents, self.report, "vm: ")
        vmrun.run(self.tree, guestbuild.Builder(self.tree, agents, self._sanitized()), self.report, self.form)

    def _sanitized(self):
        """An agent that the sanitizers watch; None: there is none. In the kill form nothing is built so."""
        if self.form.kills:
            return None
        build = Build(self.tree, self.strict.name, "agent/frost-ga")
        build.make(self.report)
        return build.path("agent/frost-ga") if build.has("agent/frost-ga") else None

    def matrix(self):
        matrix.Matrix(self.tree, self.form, self.strict, self.watch, self.report).run(self.cells)

    def releases(self):
        if self.booted:   # the package for what suite vm boots may be in the making in the same root
            self.booted.wait()
        otherrelease.run(self.other_root, self.root_beside, self.report)

    def hooks(self):
        """The dispatcher script by itself, the agent with hooks of all kinds, and the strangers."""
        self.report.run("hooks/the dispatcher script", self._dispatcher)
        self._in_arenas("hooks")
        self.strangers()

    def strangers(self):
        """The ready-made hooks among processes that only look like servers."""
        self._beside_servers("hooks/strangers")

    def _dispatcher(self):
        run = subprocess.run(["sh", f"{self.tree}/tests/hooks/test-dispatcher.sh"],
                             capture_output=True, text=True, check=False)
        return ("ok", "") if run.returncode == 0 else ("fail", (run.stdout + run.stderr)[-3000:])

    def databases(self):
        """Real servers, with the agent of the other suites; then those of a newer release."""
        self._beside_servers("databases")
        if servers.newer():
            self._beside_newer_servers("databases", servers.newer())

    def _beside_servers(self, suite):
        if not self._enter():
            self.missing(suite, "no frost-ga was built")
            return
        if not self.has_servers:
            unpacked, why = servers.fetch(f"{self.tree}/build-test-servers", servers.chosen())
            if not unpacked:
                self.missing(suite, why)
                return
            servers.make(self.arenas.tools, unpacked, servers.chosen())
            self.has_servers = True
        self._in_arenas(suite)

    def _beside_newer_servers(self, suite, release):
        """In arenas of their own, which have that release's libraries."""
        if not self._enter():
            return      # that is told
        unpacked, why = servers.fetch(f"{self.tree}/build-test-servers", release)
        if not unpacked:
            self.report.add(f"{suite}: all with {release}'s servers", "skip", None, why)
            return
        others = arenas.Arenas(self.tree, self.agents, self.watch, kills=self.form.kills)
        try:
            servers.make(others.tools, unpacked, release)
            self._run_in(others, suite, f"-{release}")
        finally:
            others.close()

    def _in_arenas(self, suite):
        if self._enter():
            self._run_in(self.arenas, suite)
        else:
            self.missing(suite, "no frost-ga was built")

    def _run_in(self, where, suite, tag=""):
        wanted = where.jobs(suite, self.agents, self.form.full, tag + self.tag)
        if tag and not self.form.full:   # how long writers wait is measured once, beside our own release
            wanted = [j for j in wanted if j.module != "beside"]
        arenas.run_all(where, [j for j in wanted if self.form.wants(f"{j.module}/{j.name}")], self.report)

    def _enter(self):
        """Makes the arenas' tools, once; False when there is no agent."""
        if self.arenas:
            return True
        self.strict.make(self.report)
        if not self.strict.has("agent/frost-ga"):
            return False
        self.agents[arenas.OURS] = self.strict.path("agent/frost-ga")
        clock = "tests/support/jumping-clock.so"
        if self.strict.has(clock):
            self.agents[arenas.JUMPING_CLOCK] = self.strict.path(clock)
        if self.holds:
            self.stops.make(self.report)
            if self.stops.has("agent/frost-ga"):
                self.agents[arenas.STOPS] = self.stops.path("agent/frost-ga")
        if self.form.full and not self.form.kills:
            self.release.make(self.report)
            if self.release.has("agent/frost-ga"):
                self.agents["frost-ga-release"] = self.release.path("agent/frost-ga")
        reference.add(self.tree, self.agents, self.report)
        self._add_peers()
        self.arenas = arenas.Arenas(self.tree, self.agents, self.watch, kills=self.form.kills)
        if self.peers:
            peers.add(self.arenas.tools, self.peers)
        return True

    def _add_peers(self):
        """The qemu-ga of the other releases, for the suites that ask them."""
        if _is_in_another_root() or not self.form.full and not self.asks_all:
            return
        folder = f"{self.tree}/build-test-peers"
        found, why = peers.fetch(folder)
        if not found:
            self.report.add("all comparisons with other releases' qemu-ga", "skip", None, why)
            return
        self.peers = folder
        reference = self.agents.get(arenas.REFERENCE)
        own = reference and peers.name(peers.series_of(arenas.REFERENCE, reference))
        self.agents.update({name: path for name, path in found.items() if name != own})

    def kills(self):
        """Suites once more in the kill form, without what compares the agents."""
        suites, only = ("unit", "wire", "commands", "loop", "hooks", "databases"), self.form.only
        if not self.form.full:
            suites, only = ("wire", "loop"), only or ("framing/", "vectors/", "parser/", "sealed/")
        runner = Runner(self.tree, Form(kills=True, only=only), suites, self.report)
        if not self.form.full:
            runner.strict.only = ("agent/frost-ga",)
        try:
            for suite in suites:
                runner.run(suite)
        finally:
            runner.close()

    def close(self):
        for beside in filter(None, (self.root_beside, self.booted)):
            beside.close()
        if self.arenas:
            self.arenas.close()


def main():
    runner = Runner(sys.argv[1], asked(), sys.argv[2:], Report())
    try:
        for suite in filter(lambda word: "=" not in word, sys.argv[2:]):
            print(f"# {suite}", flush=True)
            began = time.monotonic()
            runner.run(suite)
            print(f"# {suite}: {time.monotonic() - began:.0f} s", flush=True)
    finally:
        runner.close()
    sys.exit(runner.report.finish())


if __name__ == "__main__":
    main()
