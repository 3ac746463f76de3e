# SPDX-License-Identifier: MIT
"""Guests whose initramfs is their whole system: the static agent, a first program, and modules."""
import glob
import os
import re
import shutil
import subprocess

import guestkernel
import guesttree
from build import Build
from cases import Failed
from guest import Guest
from guestbuild import Parts, compile_into
from guestdisk import Disk
from qemu import Qemu


def agent(builder):
    """Path of the agent as one file."""
    made = Build(builder.tree, "gcc-static", only="agent/frost-ga")
    outcome, detail = made.try_it()
    if outcome != "ok":
        raise Failed(detail)
    return made.path("agent/frost-ga")


def _initramfs(builder, modules, target):
    folder = f"{builder.folder}/bare"
    shutil.rmtree(folder, ignore_errors=True)
    bare = guesttree.Tree(folder)
    for name in ("dev", "lib/modules"):
        os.makedirs(f"{folder}/{name}")
    for path in modules:
        bare.copy(path, f"/lib/modules/{os.path.basename(path)}")
    bare.text("/lib/modules/order", "".join(f"{os.path.basename(p)}\n" for p in modules))
    compile_into(f"{folder}/init", f"{builder.tree}/tests/vm/bare/init.c", "-static")
    bare.copy(agent(builder), "/frost-ga")
    bare.cpio(target)
    return sorted(os.path.relpath(p, folder) for p in glob.glob(f"{folder}/**", recursive=True)
                  if os.path.isfile(p))


def journal_is_used(image):
    said = subprocess.run(["dumpe2fs", "-h", image], capture_output=True, text=True, check=True).stdout
    return "needs_recovery" in said


class BareGuest(Guest):
    """It has no control port: its console tells what its first program writes."""

    def __init__(self, builder, flavour, words=""):
        with builder.lock:
            plain = builder.parts(flavour)
            _, modules = guestkernel.fetch(f"{builder.folder}/kernel-{flavour}", flavour)
            target = f"{builder.folder}/bare-initramfs"
            self.files = _initramfs(builder, modules, target)
        super().__init__(Parts(plain.kernel, plain.image, target, None, {}), words=words)
        self.disks = [Disk("vda", "ext4", "/data", self.path("vda.img"))]

    def boot(self):
        self.qemu = Qemu(self.argv(), self.folder)
        self.qemu.connect()
        return self

    def run(self, script, limit_s=60):
        raise Failed("this guest has no shell")

    def written(self):
        """Number of the last write that the disk has acknowledged."""
        try:
            with open(self.path("console"), errors="replace") as f:
                lines = [line for line in f if line.startswith("init: count ")
                         and line.endswith("\n")]
        except FileNotFoundError:
            return 0
        return int(lines[-1].split()[2]) if lines else 0

    def needs_recovery(self):
        """What the disk itself says, read from outside: its journal must be replayed."""
        return journal_is_used(self.disks[0].image)


def _tsc_khz():
    """The frequency of this machine's time stamp counter, which an emulated one has, too."""
    with open("/proc/cpuinfo") as f:
        return int(float(re.search(r"^cpu MHz\s*: ([\d.]+)", f.read(), re.M).group(1)) * 1000)


class MicroGuest(BareGuest):
    """QEMU's machine for sandboxes: no PCI, no firmware to speak of.

    Debian's kernels learn of virtio-mmio by ACPI, not from their command line. With ACPI the machine
    has no timer but the processor's own, whose frequency Linux 6.1 finds by the time stamp counter,
    and that one's only where KVM tells it: told neither, it waits for ever.
    """

    def __init__(self, builder, flavour, words=""):
        super().__init__(builder, flavour, f"tsc_early_khz={_tsc_khz()} {words}")

    def argv(self):
        return [word.replace("-pci,", "-device,") for word in super().argv()] + [
            "-machine", "microvm,acpi=on"]
