# SPDX-License-Identifier: MIT
"""Guests of another processor, emulated: Debian's kernel for it, its busybox, the agent and the suite's own
programs built for it. QEMU's program is unpacked, and never installed; its libraries are those of the
machine's own QEMU.
"""
import glob
import os
import shutil
import subprocess
import threading

import debs
import guestkernel
import guesttree
import sysroot
from cases import Failed
from guest import Guest
from guestbuild import Parts
from guestdisk import Disk

# By Debian's name:
#   kernel    the package that stands for its newest
#   qemu      the program, and the packages of which the first that there is has it
#   machine   QEMU's options
#   console   the kernel's name of the first serial line
#   bus       of its virtio devices
#   firmware  (package, file in it), where QEMU does not come with one
#   replays   the log of its xfs is written in an order of bytes that this machine does not replay
TABLE = {
    "arm64": {"kernel": "linux-image-cloud-arm64", "machine": ["-machine", "virt", "-cpu", "cortex-a72"],
              "qemu": ("qemu-system-aarch64", ("qemu-system-arm",)),
              "console": "ttyAMA0", "bus": "pci", "replays": False},
    "armhf": {"kernel": "linux-image-armmp", "machine": ["-machine", "virt,highmem=off", "-cpu", "cortex-a15"],
              "qemu": ("qemu-system-arm", ("qemu-system-arm",)),
              "console": "ttyAMA0", "bus": "pci", "replays": False},
    "i386": {"kernel": "linux-image-686-pae", "machine": ["-machine", "pc", "-cpu", "max"],
             "qemu": ("qemu-system-i386", ("qemu-system-x86",)),
             "console": "ttyS0", "bus": "pci", "replays": False},
    "ppc64el": {"kernel": "linux-image-powerpc64le", "machine": ["-machine", "pseries", "-cpu", "power9"],
                "qemu": ("qemu-system-ppc64", ("qemu-system-ppc",)),
                "console": "hvc0", "bus": "pci", "replays": False},
    "riscv64": {"kernel": "linux-image-riscv64", "machine": ["-machine", "virt"],
                "qemu": ("qemu-system-riscv64", ("qemu-system-riscv", "qemu-system-misc")),
                "firmware": ("opensbi", "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin"),
                "console": "ttyS0", "bus": "pci", "replays": False},
    "s390x": {"kernel": "linux-image-s390x", "machine": ["-machine", "s390-ccw-virtio"],
              "qemu": ("qemu-system-s390x", ("qemu-system-s390x", "qemu-system-misc")),
              "console": "ttysclp0", "bus": "ccw", "replays": True},
}
_MODULES = (*guestkernel.MODULES, "ext4")
_PROGRAMS = ("control", "writer")
ROUNDS = 2   # of the truth test


class Builder:
    """Of the guests of one processor. agent: path of the static agent for it; programs: {name: path} of
    others, which find their libraries in the guest, below /agent."""

    is_foreign = True

    def __init__(self, tree, arch, agent, programs):
        self.tree = tree
        self.arch = arch
        self.row = TABLE[arch]
        self.agent = agent
        self.programs = programs
        self.folder = f"{tree}/build-test-guest/foreign-{arch}"
        self.lock = threading.RLock()
        self.made = None

    def parts(self, _flavour=None):
        with self.lock:
            if not self.made:
                kernel, modules = self._fetch()
                self._make_tree(modules)
                self.made = Parts(kernel, kernel, f"{self.folder}/initramfs", None, {})
        return self.made

    def _fetch(self):
        """(kernel, its modules); busybox and QEMU lie beside them."""
        done = f"{self.folder}/done"
        if not os.path.exists(done):
            shutil.rmtree(self.folder, ignore_errors=True)
            options = debs.own_lists(f"{self.folder}/apt", sysroot.suite_of(self.arch),
                                     more=sysroot.foreign(self.arch))
            guestkernel.unpack(f"{self.folder}/kernel", self.row["kernel"], options)
            debs.unpack(f"{self.folder}/busybox", ["busybox-static"], options)
            self._unpack_qemu()
            with open(done, "w"):
                pass
        return guestkernel.packed(f"{self.folder}/kernel", _MODULES)

    def _unpack_qemu(self):
        program, names = self.row["qemu"]
        folder = f"{self.folder}/qemu"
        wanted = [next(name for name in names if debs.is_known(name))]
        if "firmware" in self.row:
            wanted.append(self.row["firmware"][0])
        debs.renewing(lambda: debs.unpack(folder, wanted))
        for path in glob.glob(f"{folder}/usr/bin/*"):
            if os.path.basename(path) != program:
                os.unlink(path)

    def qemu(self):
        return f"{self.folder}/qemu/usr/bin/{self.row['qemu'][0]}"

    def machine(self):
        words = [*self.row["machine"], "-accel", "tcg,thread=multi,tb-size=256", "-L", "/usr/share/qemu"]
        if "firmware" in self.row:
            words += ["-bios", f"{self.folder}/qemu/{self.row['firmware'][1]}"]
        return words

    def _make_tree(self, modules):
        shutil.rmtree(f"{self.folder}/tree", ignore_errors=True)
        tree = guesttree.Tree(f"{self.folder}/tree")
        busybox, = [path for path in glob.glob(f"{self.folder}/busybox/**/busybox", recursive=True)
                    if path.endswith("bin/busybox")]
        tree.base(modules, busybox)
        source = f"{self.tree}/tests/vm/guest"
        tree.copy(f"{source}/init", "/init")
        tree.copy(f"{source}/link-port", "/bin/link-port")
        for name in _PROGRAMS:
            self._compile(f"{source}/{name}.c", f"{tree.folder}/bin/{name}")
        tree.copy(self.agent, "/agent/frost-ga")
        for name, binary in self.programs.items():
            tree.foreign_program(binary, f"/agent/{name}", sysroot.folder_of(self.tree, self.arch))
        tree.cpio(f"{self.folder}/initramfs")

    def _compile(self, source, target):
        done = subprocess.run([*sysroot.compiler(self.tree, self.arch), "-std=gnu11", "-O2", "-Wall",
                               "-Werror", "-static", "-o", target, source],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{source} for {self.arch}: {done.stderr.strip()[-2000:]}")


class ForeignGuest(Guest):
    """builder: this module's."""

    def __init__(self, builder, **more):
        super().__init__(builder.parts(), memory=512, **more)
        self.builder = builder
        self.program = builder.qemu()

    def machine(self):
        return self.builder.machine()

    def argv(self):
        bus = self.builder.row["bus"]
        return [word.replace("virtio-serial-pci", f"virtio-serial-{bus}")
                .replace("virtio-blk-pci", f"virtio-blk-{bus}") for word in super().argv()]

    def _command_line(self):
        return super()._command_line().replace("ttyS0", self.builder.row["console"])

    @property
    def replay(self):
        """What mounts the xfs in an image once, where this machine's kernel does not replay its log."""
        return self._replay if self.builder.row["replays"] else None

    def _replay(self, image):
        other = ForeignGuest(self.builder)
        other.disks = [Disk("vda", None, None, other.path("vda.img"), template=image)]
        try:
            other.boot().run("mount -t xfs /dev/vda /mnt && umount /mnt; sync", 120)
            other.pull_the_plug()
            shutil.copyfile(other.disks[0].image, image)
        finally:
            other.end()


def shape(world):
    """The guest of a world whose builder is this module's."""
    world.rounds = ROUNDS
    guest = ForeignGuest(world.builder)
    guest.disks = [Disk("vda", "ext4", "/mnt/ext4", guest.path("vda.img")),
                   Disk("vdb", "xfs", "/mnt/xfs", guest.path("vdb.img"))]
    return guest
