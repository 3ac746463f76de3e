# SPDX-License-Identifier: MIT
"""Suite matrix: the ground under the agent, cell by cell, each named AXIS=VALUE.

    processor=ARCH   cross built against that Debian's libraries: unit tests and suite wire, on this
                     processor if it can, else under QEMU's emulation of a process
    guest=ARCH       a guest of another processor, emulated: two rounds of the truth test, and the seals of
                     agent, parser and freezer
    kernel=SUITE     guests with the kernel that this suite of Debian has: one round of the truth test,
                     LVM, disks that the guest serves to itself, disks that are pulled out
    booted=RELEASE   the package in a booted Debian of that release, with its kernel and systemd
    confinement=selinux   the package in a booted Debian in which SELinux enforces Debian's policy
    libc=musl        all sources compile against musl's headers
    window=running   what waits for the thaw and what does not, on the kernel that runs here: tests/window
    host=backports   libvirt and QEMU of trixie-backports: suite vm's cases of libvirt and virsh
"""
import os
import subprocess

import arenas
import crossbuild
import guestcells
import guestforeign
import guestkernel
import reference
import releases
import sysroot
import toolroot
import units

# In every run, as far as it is about sizes and the order of bytes; all of it, and the others, with
# FULL=1 or when they are named.
SHORT = ("processor=i386", "processor=s390x")
_SHORT_UNITS = """base64 clock descriptor-pass disk-address frame freezer-protocol interfaces
json ledger ledger-content login-session machine-linux mountinfo numbers nvme-health outbox
record-ledger request routes snapshot sys-linux thread-name time-limits users""".split()
_SHORT_WIRE = ("framing", "options", "process", "serial", "vectors")

# Of suite wire: what is compared with qemu-ga, which is not there. And what an emulated process cannot
# show: its memory and its threads are QEMU's, a signal may meet QEMU before the agent has begun, and no
# second parser starts, as an agent that starts itself again starts QEMU.
_OF_BOTH = ("the_dump_is_qemu_gas",)
_NOT_EMULATED = ("a_bounded_request_takes_bounded_memory",
                 "while_it_waits_for_a_port_a_signal_ends_it",
                 "whoever_breaks_into_the_parser_can_do_nothing_there",
                 "without_the_seal_the_same_calls_get_past_in_the_parser",
                 "a_parser_that_dies_is_replaced_and_no_client_notices",
                 "an_agent_of_few_commands_replaces_its_parser_without_another_user",
                 "a_parser_that_is_stopped_is_killed_and_replaced")
_WHY_NOT = "it meets what QEMU does not emulate"
_FREEZES_NOT_EMULATED = ("what_one_of_other_bits_has_left_frozen_is_thawed",)
_MODULES_NOT_EMULATED = ("quiet",)   # how often QEMU's own threads wake
# By this all time limits are multiplied where the agent is emulated.
_PATIENCE = 6
# Unit tests that meet what QEMU 7.2 does not emulate: a program that starts itself again or asks for
# its own name in /proc is QEMU; ioctls that it does not know end in ENOSYS; "/" is another one; one that
# waits until it has a single thread waits for ever, because QEMU has one more.
_UNITS_NOT_EMULATED = ("heir", "help", "hooks", "nvme-health", "parser", "process-child", "supervisor",
                       "supervisor-deaths", "supervisor-exhausted", "supervisor-leftovers",
                       "supervisor-stopped", "sys-linux", "transaction-beside")

_SCRIPT = """#!/bin/sh
unset PWD   # the shell's own
exec /agent/emulator /agent/emulated "$@"
"""


def _agents(tree, arch, build, name=arenas.OURS):
    """For the arenas, where it has this name: the static program itself, or a script that has it emulated."""
    program, emulator = build.path("agent/frost-ga"), sysroot.emulator(tree, arch)
    if not emulator:
        return {name: program}
    script = build.path("start-frost-ga")
    with open(script, "w") as f:
        f.write(_SCRIPT)
        os.fchmod(f.fileno(), 0o755)
    return {name: script, "emulated": program, "emulator": emulator}


def _wire(self, arch, build, whole):
    agents = _agents(self.tree, arch, build)
    emulated = "emulator" in agents
    place = self.arenas(agents, _PATIENCE if emulated else 1)
    try:
        wanted = place.jobs("wire", {arenas.OURS: agents[arenas.OURS]}, False, f"-{arch}")
        wanted = [job for job in wanted if job.name not in _OF_BOTH and (whole or job.module in _SHORT_WIRE)]
        left_out = [job for job in wanted if emulated and (job.name in _NOT_EMULATED or
                                                           job.module in _MODULES_NOT_EMULATED)]
        for job in left_out:
            self.report.not_asked(f"wire-{arch}/{job.module}/{job.name}", _WHY_NOT)
        self.run_in(place, [job for job in wanted if job not in left_out])
    finally:
        place.close()


def _beside_ours(self, arch, build):
    """The cases that want an agent of this kind beside that of the other suites."""
    self.strict.make(self.report)
    agents = _agents(self.tree, arch, build, f"{arenas.OURS}-{arch}")
    emulated = "emulator" in agents
    agents[arenas.OURS] = self.strict.path("agent/frost-ga")
    place = self.arenas(agents, _PATIENCE if emulated else 1)
    try:
        wanted = place.jobs("loop", {arenas.OURS: None}, False)
        wanted = [job for job in wanted if job.module == "bits"]
        left_out = [job for job in wanted if emulated and job.name in _FREEZES_NOT_EMULATED]
        for job in left_out:
            self.report.not_asked(f"loop/bits/{job.name}", "emulated, an agent starts no freezer")
        self.run_in(place, [job for job in wanted if job not in left_out])
    finally:
        place.close()


def _processor(self, arch, whole):
    emulated = sysroot.is_emulated(arch)
    left_out = _UNITS_NOT_EMULATED if emulated else ()
    chosen = [] if whole else [name for name in _SHORT_UNITS if name not in left_out]
    build = crossbuild.make(self.tree, arch, chosen, self.form.kills, self.report)
    for name in left_out:
        if whole or name in _SHORT_UNITS:
            self.report.not_asked(f"unit-{arch}/{name}", _WHY_NOT)
    if build:
        units.run(build, "unit", self.report, f"unit-{arch}", sysroot.start_words(self.tree, arch),
                  lambda name: name not in left_out and (whole or name in chosen),
                  _PATIENCE if emulated else 1)
        _wire(self, arch, build, whole)
        if arch == "i386":
            _beside_ours(self, arch, build)


def _libc(self, *_):
    def compile_all():
        done = subprocess.run(["sh", f"{self.tree}/packaging/alpine/compile.sh"],
                              capture_output=True, text=True, check=False)
        return ("ok" if done.returncode == 0 else "fail"), (done.stdout + done.stderr)[-3000:]
    self.report.run("matrix/all sources compile against musl", compile_all)


def _window(self, *_):
    self.strict.make(self.report)
    agents = {arenas.OURS: self.strict.path("agent/frost-ga")}
    reference.add(self.tree, agents, self.report, "matrix: ")
    place = self.arenas(agents)
    try:
        toolroot.add_programs(place.tools, ("btrfs", "mount", "sync", "xfs_io"))
        self.run_in(place, place.jobs("window", agents, False))
    finally:
        place.close()


_AXES = {
    "processor": (_processor, tuple(sysroot.TABLE)),
    "kernel": (guestcells.kernel, guestkernel.OTHERS),
    "guest": (guestcells.foreign, tuple(guestforeign.TABLE)),
    "booted": (guestcells.booted, tuple(releases.TABLE)),
    "confinement": (guestcells.confined, ("selinux",)),
    "libc": (_libc, ("musl",)),
    "window": (_window, ("running",)),
    "host": (guestcells.newer_host, ("backports",)),
}
CELLS = tuple(f"{axis}={value}" for axis, (_, values) in _AXES.items() for value in values)


class Matrix:
    """strict: the build that the other suites ask; watch: killed.Watch, or None."""

    def __init__(self, tree, form, strict, watch, report):
        self.tree = tree
        self.form = form
        self.strict = strict
        self.watch = watch
        self.report = report

    def arenas(self, agents, patience=1):
        return arenas.Arenas(self.tree, agents, self.watch, patience, self.form.kills)

    def run_in(self, place, wanted):
        arenas.run_all(place, [job for job in wanted if self.form.wants(f"{job.module}/{job.name}")],
                       self.report)

    def run(self, named):
        """named: cells; none: those of every run, or all."""
        for cell in named or (CELLS if self.form.full else SHORT):
            axis, _, value = cell.partition("=")
            if cell in CELLS:
                _AXES[axis][0](self, value, self.form.full or bool(named))
            else:
                self.report.add(f"matrix/{cell}", "fail", None,
                                f"no such cell; there are: {' '.join(CELLS)}")
