# SPDX-License-Identifier: MIT
"""Cells of suite matrix whose cases run in guests: those of some files below tests/vm, asked once more on
other ground."""
import os

import accel
import arenas
import cases
import guest
import guestbuild
import guestkernel
import hostroot
import libvirtd
import reference
import vmrun
from build import Build
from cases import Failed, Skipped


def _builder(tree, report):
    """What builds the guests, with both agents; None: there is none of ours, and the report says so."""
    release = Build(tree, "clang-release", "agent/frost-ga")
    if not release.make(report):
        return None
    agents = {arenas.OURS: release.path("agent/frost-ga")}
    binary, why = reference.fetch(f"{tree}/build-test-reference")
    if binary:
        agents[arenas.REFERENCE] = binary
    else:
        report.add("matrix: all comparisons with Debian's qemu-ga", "skip", None, why)
    return guestbuild.Builder(tree, agents)


def _modules(tree, ending, paths):
    """All cases of these files, those of the long form, too; ending: of the modules' names."""
    only = os.environ.get("ONLY", "")
    for path in paths:
        name, loaded = f"{path}-{ending}", cases.load(f"{tree}/tests/vm/{path}.py")
        wanted = [f for f in cases.of_module(loaded) if only in f"vm-{name}/{f.case['name']}"]
        if wanted:
            yield vmrun.Module(name, wanted, getattr(loaded, "GUEST", {}), guestkernel.FLAVOURS[0], ())


def _run(tree, report, ending, *paths):
    guest.sweep_stale()
    builder = _builder(tree, report)
    if not builder:
        return
    try:
        builder.parts()
        accel.choose(builder.folder, lambda name: vmrun.fault_under(builder, name))
    except (Failed, Skipped) as e:
        report.add("matrix: the guest is built", "skip" if isinstance(e, Skipped) else "fail", None, str(e))
        return
    runner = vmrun.Runner(builder, report, False)
    for module in _modules(tree, ending, paths):
        runner.module(module)
    runner.ask_again()


def _host_is(wanted):
    """It says of itself what it is, or what its cases show would be the machine's own host."""
    daemon = libvirtd.Daemon()
    try:
        said = daemon.virsh("version")
    finally:
        daemon.end()
    return ("ok" if wanted in said else "fail"), said


def newer_host(self, value, _whole):
    """self: matrix.Matrix."""
    try:
        usr = hostroot.fetch(f"{self.tree}/build-test-host-{value}")
    except Skipped as e:
        self.report.add(f"matrix/host={value}", "skip", None, str(e))
        return
    hostroot.use(usr)
    try:
        self.report.run("matrix/the host is libvirt 12", lambda: _host_is("libvirt 12"))
        _run(self.tree, self.report, "newhost", "libvirt", "virsh")
    finally:
        hostroot.use(None)
