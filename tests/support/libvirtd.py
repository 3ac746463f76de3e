# SPDX-License-Identifier: MIT
"""libvirt's real daemon, qemu:///system, in a mount namespace of its own: neither its configuration
nor its state touches the machine's."""
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import hostroot
import kernel
from cases import PATIENCE, Failed, Skipped, within
from guest import AGENT_PORT, FOLDERS, Guest
from guestport import Control, GuestLost, GuestSilent

_PRIVATE = ("/etc/libvirt", "/run/libvirt", "/var/lib/libvirt", "/var/cache/libvirt",
            "/var/log/libvirt")
_QEMU_CONF = """security_driver = "none"
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
"""
_DAEMON_CONF = """unix_sock_ro_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:stderr"
"""
_DOMAIN = """<domain type='{type}'>
  <name>{name}</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{kernel}</kernel><initrd>{initramfs}</initrd><cmdline>{words}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='{cpu}'>{feature}</cpu>
  <on_reboot>{on_reboot}</on_reboot>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    {disks}
    <serial type='file'><source path='{folder}/console'/></serial>
    <controller type='virtio-serial' index='0'/>
    <channel type='unix'><source mode='bind' path='{folder}/control'/>
      <target type='virtio' name='frost.control'/></channel>
    <channel type='unix'><source mode='bind' path='{folder}/agent'/>
      <target type='virtio' name='{agent}'/></channel>
    <interface type='user'><mac address='52:54:00:12:34:56'/><model type='virtio'/></interface>
    <memballoon model='none'/>
  </devices>
</domain>
"""
_DISK = """<disk type='file' device='disk'>
      <driver name='qemu' type='raw' discard='unmap' cache='{cache}'/>
      <source file='{image}'/><target dev='{name}' bus='virtio'/><serial>frost-{name}</serial></disk>"""


def _add_account(database, line):
    """libvirtd looks up the user of Debian's package, also where qemu.conf names another."""
    with open(f"/etc/{database}") as f:
        text = f.read()
    with open(f"/run/libvirt/{database}", "w") as f:
        f.write(text + line)
    os.chmod(f"/run/libvirt/{database}", 0o644)
    kernel.mount(f"/run/libvirt/{database}", f"/etc/{database}", None, kernel.MS_BIND)


def _enter():
    """Runs in the reaper's process, before that starts the daemon."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    hostroot.enter()
    for folder in _PRIVATE:
        kernel.mount("frost-libvirt", folder, "tmpfs", 0, "mode=755")
    _add_account("passwd", "libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin\n")
    _add_account("group", "libvirt-qemu:x:64055:\nkvm:x:64056:\n")
    for name, text in (("qemu.conf", _QEMU_CONF), ("libvirtd.conf", _DAEMON_CONF)):
        with open(f"/etc/libvirt/{name}", "w") as f:
            f.write(text)


class _Folders:
    """The mount points that the machine lacks. They stay as long as any daemon runs: to remove one
    would take it from all mount namespaces."""

    def __init__(self):
        self.lock = threading.Lock()
        self.users = 0
        self.made = []

    def enter(self):
        with self.lock:
            self.users += 1
            for folder in _PRIVATE:
                if not os.path.isdir(folder):
                    os.makedirs(folder)
                    self.made.append(folder)

    def leave(self):
        with self.lock:
            self.users -= 1
            while self.users == 0 and self.made:
                shutil.rmtree(self.made.pop(), ignore_errors=True)


_folders = _Folders()


class Daemon:
    def __init__(self):
        program = shutil.which("libvirtd", path="/usr/sbin:/usr/bin")
        if not program or not shutil.which("virsh"):
            raise Skipped("libvirt-daemon and libvirt-clients are not installed")
        _folders.enter()
        self.folder = tempfile.mkdtemp(prefix=f"{FOLDERS}{os.getpid()}-")
        with open(f"{self.folder}/log", "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-B", f"{os.path.dirname(__file__)}/reaper.py", program,
                 "--pid-file", "/run/libvirt/libvirtd.pid"],
                preexec_fn=_enter, stdin=subprocess.PIPE, stdout=log, stderr=log)
        within(60, self._answers, "libvirtd answers")

    def _answers(self):
        if self.process.poll() is not None:
            with open(f"{self.folder}/log", errors="replace") as f:
                raise Failed(f"libvirtd ended: {f.read()[-2000:]}")
        time.sleep(0.1)
        return self.virsh_status("list")[0] == 0

    def virsh_status(self, *words, limit_s=120):
        """(status, output)"""
        limit_s *= PATIENCE
        try:
            done = subprocess.run(
                ["nsenter", "-t", str(self.process.pid), "-m", "virsh", "-q", "-c",
                 "qemu:///system", *words], capture_output=True, text=True, check=False,
                timeout=limit_s)
        except subprocess.TimeoutExpired:
            raise GuestSilent(f"virsh {' '.join(words)}: not done within {limit_s} s") from None
        return done.returncode, (done.stdout + done.stderr).strip()

    def virsh(self, *words, limit_s=120):
        status, said = self.virsh_status(*words, limit_s=limit_s)
        if status != 0:
            raise Failed(f"virsh {' '.join(words)}: {said}")
        return said

    def read(self, path):
        """The content of a file as the daemon sees it."""
        with open(f"/proc/{self.process.pid}/root{path}") as f:
            return f.read()

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            pass
        self.process.stdin.close()   # nothing of it lives on then
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        _folders.leave()


class _Machine:
    """The QEMU that libvirt has started."""

    def __init__(self, daemon, name):
        self.daemon = daemon
        self.name = name
        try:
            self.pid = int(daemon.read(f"/run/libvirt/qemu/{name}.pid"))
            self.process = os.pidfd_open(self.pid)
        except (OSError, ValueError):
            raise GuestLost(f"QEMU has ended at once; libvirt's log: {self.log()}") from None

    def alive(self):
        return not select.select([self.process], [], [], 0)[0]

    def kill(self):
        """From any thread: ends every wait for the guest."""
        if self.alive():
            signal.pidfd_send_signal(self.process, signal.SIGKILL)

    def log(self):
        try:
            return self.daemon.read(f"/var/log/libvirt/qemu/{self.name}.log")[-2000:]
        except OSError as e:
            return f"cannot be read: {e}"

    def fate(self):
        return f"QEMU {'lives' if self.alive() else 'has ended'}; libvirt's log: {self.log()}"

    def end(self):
        try:
            self.daemon.virsh_status("destroy", self.name)
        except GuestSilent:   # a daemon that hangs; its processes end with it
            self.kill()
        os.close(self.process)


class Domain(Guest):
    """A guest under libvirt: the same kernel, disks and ports. It ends its daemon with itself."""

    def __init__(self, daemon, name, parts, disks, on_reboot="destroy", cache="writeback", **more):
        """cache: of its disks; unsafe: its flushes cost nothing, and a host that dies loses them."""
        super().__init__(parts, disks, **more)
        self.on_reboot = on_reboot
        self.daemon = daemon
        self.name = name
        self.cache = cache

    def start(self, extra=()):
        disks = "".join(_DISK.format(image=d.image, name=d.name, cache=self.cache)
                        for d in self.disks)
        kvm = "accel=kvm" in " ".join(self.argv())
        with open(self.path("domain.xml"), "w") as f:
            f.write(_DOMAIN.format(
                type="kvm" if kvm else "qemu", cpu="host-passthrough" if kvm else "maximum",
                feature="" if kvm else "<feature policy='disable' name='cx16'/>",
                name=self.name, memory=self.memory, kernel=self.kernel, disks=disks,
                initramfs=self._initramfs(), on_reboot=self.on_reboot,
                words=self._command_line(), folder=self.folder, agent=AGENT_PORT))
        self.daemon.virsh("create", self.path("domain.xml"))
        self.qemu = _Machine(self.daemon, self.name)
        self.control = Control(self.port("control"))
        return self

    def end(self):
        super().end()
        self.daemon.end()

    def virsh(self, command, *words, limit_s=120):
        return self.daemon.virsh(command, self.name, *words, limit_s=limit_s)

    def virsh_status(self, command, *words, limit_s=120):
        return self.daemon.virsh_status(command, self.name, *words, limit_s=limit_s)


def wait_until_agent_is(guest, state):
    """What libvirt makes of the opening or closing of the guest's end. It forgets a connection
    only then: a command sent before goes to the agent that was there before."""
    within(60, lambda: f"name='{AGENT_PORT}' state='{state}'" in guest.virsh("dumpxml"),
           f"libvirt sees the agent {state}")


@contextlib.contextmanager
def agent_of(world, options="-v", program="frost-ga"):
    """Runs an agent until libvirt knows of it; at the end, waits until libvirt knows that it is
    gone."""
    with world.agent(program, options=options) as agent:
        wait_until_agent_is(world.guest, "connected")
        yield agent
    wait_until_agent_is(world.guest, "disconnected")


def raw(guest, name, *words):
    said = guest.virsh("qemu-agent-command", json.dumps({"execute": name}), *words)
    return json.loads(said)["return"]


def status(guest):
    """The status of the freeze; None while libvirt has no answer."""
    failed, said = guest.virsh_status("qemu-agent-command",
                                      '{"execute": "guest-fsfreeze-status"}', "--timeout", "10")
    return None if failed else json.loads(said)["return"]
