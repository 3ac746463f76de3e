# SPDX-License-Identifier: MIT
"""Cells of suite matrix whose cases run in guests: those of some files below tests/vm, asked once more on
other ground: another kernel, host, processor or release of Debian."""
import arenas
import cases
import crossbuild
import guestbuild
import guestforeign
import guestkernel
import hostroot
import libvirtd
import reference
import vmrun
from build import Build
from cases import Skipped


def _builder(tree, report):
    """What builds the guests, with both agents; None: there is none of ours, and the report says so."""
    release = Build(tree, "clang-release", "agent/frost-ga")
    if not release.make(report):
        return None
    agents = {arenas.OURS: release.path("agent/frost-ga")}
    reference.add(tree, agents, report, "matrix: ")
    return guestbuild.Builder(tree, agents)


def _modules(self, ending, paths):
    """All cases of these files, those of the long form, too; ending: of the modules' names."""
    for path in paths:
        name, loaded = f"{path}-{ending}", cases.load(f"{self.tree}/tests/vm/{path}.py")
        wanted = [f for f in cases.of_module(loaded) if self.form.wants(f"vm-{name}/{f.case['name']}")]
        if wanted:
            yield vmrun.Module(name, wanted, getattr(loaded, "GUEST", {}), guestkernel.FLAVOURS[0])


def _run(tree, report, wanted, at_a_time=vmrun.AT_A_TIME):
    builder = _builder(tree, report)
    if builder:
        vmrun.run_modules(wanted, builder, report, False, at_a_time)


def kernel(self, flavour, _whole):
    """self: matrix.Matrix, here and below."""
    _run(self.tree, self.report, vmrun.of_kernel(self.tree, flavour, self.form))


def booted(self, release, _whole):
    _run(self.tree, self.report, vmrun.of_release(self.tree, release, self.form))


def confined(self, _value, _whole):
    _run(self.tree, self.report, list(_modules(self, "enforcing", ("selinux",))))


def foreign(self, arch, _whole):
    tests = [name.removeprefix("test-") for name in guestbuild.UNIT_TESTS]
    build = crossbuild.make(self.tree, arch, tests, self.form.kills, self.report)
    if build:
        programs = {name: build.path(f"tests/unit/{name}") for name in guestbuild.UNIT_TESTS}
        vmrun.run_modules(vmrun.of_processor(self.tree, arch, self.form),
                          guestforeign.Builder(self.tree, arch, build.path("agent/frost-ga"), programs),
                          self.report, False)


def _host_is(wanted):
    """It says of itself what it is, or what its cases show would be the machine's own host."""
    daemon = libvirtd.Daemon()
    try:
        said = daemon.virsh("version")
    finally:
        daemon.end()
    return ("ok" if wanted in said else "fail"), said


def newer_host(self, value, _whole):
    try:
        usr = hostroot.fetch(f"{self.tree}/build-test-host-{value}")
    except Skipped as e:
        self.report.add(f"matrix/host={value}", "skip", None, str(e))
        return
    hostroot.use(usr)
    try:
        self.report.run("matrix/the host is libvirt 12", lambda: _host_is("libvirt 12"))
        _run(self.tree, self.report,
             list(_modules(self, "newhost", ("libvirt", "virsh"))), at_a_time=1)
    finally:
        hostroot.use(None)
