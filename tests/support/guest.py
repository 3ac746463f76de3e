# SPDX-License-Identifier: MIT
"""A virtual machine: started, looked into, and talked to through its ports.

    agent port      what a host drives; only the agent under test answers
    control port    tests/vm/guest/control.c: runs what a case says, and is the witness
"""
import glob
import os
import shlex
import shutil
import tempfile

import accel
import kernel
import proc
from cases import within
from guestport import Control, GuestLost, Port
from qemu import Qemu

AGENT_PORT = "org.qemu.guest_agent.0"
BOOT_LIMIT_S = 120   # ten seconds where nobody else wants the processor
FOLDERS = "frost-vm-"   # in the folder for temporary files, each with the pid of its test


def _users(path):
    """Pids of the processes whose command line names something in the folder path."""
    for pid in proc.pids():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if f"{path}/".encode() in f.read():
                    yield pid
        except OSError:
            pass   # it has ended


def sweep_stale():
    """Removes what the guests of a killed test have left. libvirt's guests live longer than their
    test."""
    for path in glob.glob(f"{tempfile.gettempdir()}/{FOLDERS}*-*"):
        if not os.path.exists(f"/proc/{path.rsplit('-', 2)[1]}"):
            for pid in _users(path):
                kernel.kill(pid)
            shutil.rmtree(path, ignore_errors=True)


class Guest:
    """parts: guestbuild.Parts; disks: list of guestdisk.Disk; root: boot from ext4; packed: start
    the packed kernel, which takes longer: from sleep the firmware finds back to no other."""

    program = None   # what runs it; None: QEMU for the machine's own processor
    replay = None    # function of an image, where the log of its xfs must be replayed in a guest

    def __init__(self, parts, disks=(), root=None, memory=384, agent_port=True, extra=(),
                 initramfs=(), words="", serial=False, ports=(), environment="",
                 packed=False):
        self.folder = tempfile.mkdtemp(prefix=f"{FOLDERS}{os.getpid()}-")
        self.disks = list(disks)
        self.root = root
        self.parts = parts
        self.kernel = parts.image if packed else parts.kernel
        self.agent_port = agent_port
        self.memory = memory
        self.extra = list(extra)
        self.initramfs = initramfs
        self.words = words
        self.serial = serial   # a second serial line, ttyS1, beside the console's
        self.ports = ports     # more ports: PORT is frost.PORT in the guest
        self.environment = environment   # of the agents, "NAME=VALUE ..."
        self.qemu = None
        self.control = None

    # -- starting

    def path(self, name):
        return f"{self.folder}/{name}"

    def _initramfs(self):
        if not self.initramfs:
            return self.parts.initramfs
        joined = self.path("initramfs")
        with open(joined, "wb") as out:
            for path in (self.parts.initramfs, *self.initramfs):
                with open(path, "rb") as f:
                    shutil.copyfileobj(f, out)
        return joined

    def _command_line(self):
        disks = ",".join(f"{d.name}:{d.fs_type}:{d.point.strip('/')}" for d in self.disks
                         if d.point)
        words = f"console=ttyS0 quiet panic=-1 no_timer_check disks={disks} {self.words}"
        words += accel.kernel_words()
        if self.root:
            words += f" vmroot={self.root.name} roottype={self.root.fs_type}"
        return words

    def machine(self):
        """QEMU's options for the machine and its processor."""
        return accel.options()

    def argv(self):
        argv = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                *self.machine(), "-smp", "2", "-m", str(self.memory),
                "-kernel", self.kernel, "-initrd", self._initramfs(),
                "-append", self._command_line(), "-serial", f"file:{self.path('console')}",
                "-device", "virtio-serial-pci,id=serial0"]
        argv += self.port_argv("control", "frost.control")
        if self.agent_port:
            argv += self.port_argv("agent", AGENT_PORT)
        for name in self.ports:
            argv += self.port_argv(name, f"frost.{name}")
        if self.serial:
            argv += ["-chardev", f"socket,id=serial,path={self.path('serial')},server=on,wait=off",
                     "-device", "isa-serial,chardev=serial"]
        for disk in ([self.root] if self.root else []) + self.disks:
            argv += disk.argv()
        return argv + self.extra

    def port_argv(self, chardev, name):
        return ["-chardev", f"socket,id={chardev},path={self.path(chardev)},server=on,wait=off",
                "-device", f"virtserialport,chardev={chardev},name={name},id=port-{chardev}"]

    def start(self, extra=()):
        self.qemu = Qemu([*self.argv(), *extra], self.folder, program=self.program)
        self.qemu.connect()
        number = self.control.number if self.control else 0
        self.control = Control(self.port("control"), number)
        return self

    def boot(self):
        """Starts the guest, and waits until its shell answers."""
        self.start()
        self.wait_until_it_answers()
        return self

    def wait_until_it_answers(self):
        """Waits for the guest's shell after a start, also after one that the guest itself has
        made."""
        ticket = self.control.begin("true")
        within(BOOT_LIMIT_S, lambda: self.control.has_ended(ticket) or self._lives(),
               "the guest answers")
        self.control.end(ticket)

    def pull_the_plug(self):
        """Ends the guest as the death of its host does: only what is on the disks is left."""
        self.control.port.close()
        self.qemu.end()

    def save(self, while_stopped):
        """Stops it, saves its memory and ends it; while_stopped() may copy its disks."""
        self.qmp.call("stop")
        self.qmp.call("migrate", uri=f"exec:cat >{self.path('memory')}")
        within(120, lambda: self.qmp.call("query-migrate").get("status") == "completed",
               "the memory is saved")
        result = while_stopped()
        self.pull_the_plug()
        return result

    def restore(self):
        """Continues the guest at the point at which save() ended it."""
        self.start(["-incoming", f"exec:cat {self.path('memory')}"])
        within(120, lambda: self.qmp.call("query-status")["status"] in ("running", "paused"),
               "the memory is restored")
        self.qmp.call("cont")
        return self

    def move(self):
        """Live to another QEMU, with the same disks and the same names of ports; every connection ends
        with the old one."""
        old, where = self.qemu, f"unix:{self.path('move')}"
        self.qemu = Qemu([*self.argv(), "-incoming", where], self.folder, f"{old.name}-moved",
                         self.program)
        self.qemu.connect()
        old.qmp.call("migrate", uri=where)
        within(300, lambda: old.qmp.call("query-migrate").get("status") == "completed",
               lambda: f"the guest has moved: {old.qmp.call('query-migrate')}")
        before = self.control
        before.has_ended(0)   # takes what has come until now
        before.port.close()
        old.end()
        within(60, lambda: self.qmp.call("query-status")["status"] == "running",
               "the guest goes on")
        self.control = Control(self.port("control"), before.number)
        self.control.answers = before.answers
        return self

    def _lives(self):
        if not self.qemu.alive():
            raise GuestLost(f"the guest has ended\n{self.scene()}")
        return False

    # -- talking

    @property
    def qmp(self):
        return self.qemu.qmp

    def port(self, name="agent"):
        return Port(self.path(name), self.qemu.pid, self.scene)

    def run(self, script, limit_s=60):
        if not self.control:
            raise GuestLost(f"the guest was not started: {script.strip()[:200]}")
        return self.control.run(script, limit_s)

    def console(self, length=3000):
        """The end of what the guest has written to its console."""
        try:
            with open(self.path("console"), errors="replace") as f:
                return f.read()[-length:]
        except OSError:
            return ""

    def scene(self, length=1000):
        """How QEMU has ended, if it has, and the last lines on the console."""
        fate = self.qemu.fate() if self.qemu else "QEMU was not started"
        return f"{fate}\n-- the end of its console:\n{self.console(length)}"

    def spawn(self, command, log):
        """Starts a program in the background; returns its pid."""
        said = self.run(f"setsid {command} >>{shlex.quote(log)} 2>&1 </dev/null & echo $!")
        return int(said)

    def end(self):
        if self.control:
            self.control.port.close()
        if self.qemu:
            self.qemu.end()
        if not os.environ.get("KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
