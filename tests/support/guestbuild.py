# SPDX-License-Identifier: MIT
"""Builds the virtual machine of suite `vm`: kernel, initramfs, and a root on ext4.

All of it lies in build-test-guest/ and is used again by the next run; what was made from files that
have changed is made anew.
"""
import glob
import hashlib
import os
import shutil
import subprocess
import threading

import debs
import guestkernel
import guestserved
import guesttree
from cases import Failed, Skipped

# The guest's own programs: tests/vm/guest/NAME.c, linked statically.
PROGRAMS = ("control", "writer", "vsock-client")
# Unit tests that the guest's kernel decides: they are asked there, too.
UNIT_TESTS = ("test-seal",)

LIBRARIES = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu")
PAM_CONF = "password required pam_unix.so sha512\n"
LVM_CONF = """activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
devices { obtain_device_list_from_udev = 0 external_device_info_source = "none" }
global { use_lvmpolld = 0 }
backup { backup = 0 archive = 0 }
"""


def compile_into(target, source, *options):
    done = subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", *options,
                           "-o", target, source], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{source}: {done.stderr.strip()[-2000:]}")


def _unpack_lvm(folder):
    """With what its tools load besides what each machine has."""
    libraries = debs.libraries("lvm2", "dmsetup")
    debs.unpack(folder, {"lvm2", "dmsetup", *libraries, *debs.libraries(*libraries)})


def download(folder, name, unpack):
    """Unpacks Debian packages into folder, once; nothing is installed."""
    stamp = f"{folder}/.unpacked-{name}"
    if not os.path.exists(stamp):
        debs.renewing(lambda: unpack(folder))
        with open(stamp, "w"):
            pass
    return folder


class Parts:
    """What a guest is started from."""

    def __init__(self, kernel, image, initramfs, root, extra):
        self.kernel = kernel
        self.image = image    # the same as Debian ships it, packed
        self.initramfs = initramfs
        self.root = root      # the same tree as an ext4 image
        self.extra = extra    # NAME -> function that gives a second initramfs for over the first


class Builder:
    is_foreign = False   # of the machine's own processor

    def __init__(self, tree, agents, sanitized=None, folders=None):
        """agents: {name: path}, and other programs; each becomes /agent/NAME in the guest. sanitized:
        path of the frost-ga that takes its place in the guests that ask for it. folders: {path in the
        guest: folder of files that it gets as they are}."""
        self.tree = tree
        self.agents = agents
        self.sanitized = sanitized
        self.folders = folders or {}
        self.folder = f"{tree}/build-test-guest"
        self.lock = threading.RLock()
        os.makedirs(self.folder, exist_ok=True)

    def parts(self, flavour="stable"):
        """Builds what is missing. Skipped when something cannot be had."""
        with self.lock:
            return self._parts(flavour)

    def _parts(self, flavour):
        kernel, modules = guestkernel.fetch(f"{self.folder}/kernel-{flavour}", flavour)
        wanted = self._fingerprint(kernel)
        made = f"{self.folder}/guest-{flavour}"
        if self._stamp(made) != wanted:
            shutil.rmtree(made, ignore_errors=True)
            os.mkdir(made)
            self._make(made, modules)
            with open(f"{made}/stamp", "w") as f:
                f.write(wanted)
        image = guestkernel.image(f"{self.folder}/kernel-{flavour}")
        return Parts(kernel, image, f"{made}/initramfs", f"{made}/root.img",
                     {"lvm": self._lvm, "sanitized": self._sanitized, "accounts": self._accounts,
                      "served": lambda: self._served(flavour)})

    def _sanitized(self):
        """Goes over the release, with the sanitizers' libraries."""
        if not self.sanitized:
            raise Skipped("there is no sanitized frost-ga")
        target = f"{self.folder}/sanitized"
        with self.lock:
            if (not os.path.exists(target)
                    or os.path.getmtime(target) < os.path.getmtime(self.sanitized)):
                shutil.rmtree(f"{self.folder}/sanitized-tree", ignore_errors=True)
                extra = guesttree.Tree(f"{self.folder}/sanitized-tree")
                extra.program(self.sanitized, "/agent/frost-ga")
                extra.cpio(f"{target}.new")
                os.rename(f"{target}.new", target)
        return target

    def _lvm(self):
        """LVM's tools, for a guest without udev."""
        target = f"{self.folder}/lvm"
        with self.lock:
            if not os.path.exists(target):
                unpacked = download(f"{self.folder}/lvm-debs", "lvm", _unpack_lvm)
                shutil.rmtree(f"{self.folder}/lvm-tree", ignore_errors=True)
                extra = guesttree.Tree(f"{self.folder}/lvm-tree")
                for name in ("lvm", "dmsetup"):
                    path = shutil.which(name, path=f"{unpacked}/sbin:{unpacked}/usr/sbin")
                    extra.program(path, f"/sbin-lvm/{name}",
                                  ":".join(f"{unpacked}{f}" for f in LIBRARIES))
                os.makedirs(f"{extra.folder}/etc/lvm")
                extra.text("/etc/lvm/lvm.conf", LVM_CONF)
                extra.cpio(target)
        return target

    def _served(self, flavour):
        with self.lock:
            return guestserved.build(self.folder, flavour)

    def _accounts(self):
        """chpasswd as Debian's passwd package has it, with PAM."""
        target = f"{self.folder}/accounts"
        with self.lock:
            if not os.path.exists(target):
                shutil.rmtree(f"{self.folder}/accounts-tree", ignore_errors=True)
                extra = guesttree.Tree(f"{self.folder}/accounts-tree")
                extra.program("/usr/sbin/chpasswd", "/bin/chpasswd")
                for name in ("unix", "deny"):
                    module = f"/lib/x86_64-linux-gnu/security/pam_{name}.so"
                    extra.program(module, module)
                os.makedirs(f"{extra.folder}/etc/pam.d")
                extra.text("/etc/pam.d/chpasswd", PAM_CONF)
                extra.cpio(target)
        return target

    def _make(self, made, modules):
        guest = guesttree.Tree(f"{made}/tree")
        guest.base(modules)
        for name in ("init", "link-port"):
            guest.copy(f"{self.tree}/tests/vm/guest/{name}",
                       {"init": "/init", "link-port": "/bin/link-port"}[name])
        for name in PROGRAMS:
            compile_into(f"{guest.folder}/bin/{name}", f"{self.tree}/tests/vm/guest/{name}.c",
                         "-static")
        compile_into(f"{guest.folder}/lib/no-freeze.so",
                     f"{self.tree}/tests/vm/guest/no-freeze.c", "-shared", "-fPIC")
        for name, binary in self.agents.items():
            guest.program(binary, f"/agent/{name}")
        for target, folder in self.folders.items():
            shutil.copytree(folder, guest.folder + target)
        guest.cpio(f"{made}/initramfs")
        guest.ext4(f"{made}/root.img")

    def _fingerprint(self, kernel):
        sources = sorted(glob.glob(f"{self.tree}/tests/vm/guest/*"))
        sources += [guesttree.__file__, guestkernel.__file__, __file__, *self.agents.values()]
        sources += [path for folder in self.folders.values() for path in sorted(glob.glob(f"{folder}/*"))]
        total = hashlib.sha1(kernel.encode())
        for path in sources:
            with open(path, "rb") as f:
                total.update(path.encode() + f.read())
        return total.hexdigest()

    @staticmethod
    def _stamp(made):
        try:
            with open(f"{made}/stamp") as f:
                return f.read()
        except OSError:
            return None
