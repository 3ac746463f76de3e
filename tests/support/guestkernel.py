# SPDX-License-Identifier: MIT
"""Debian's kernels: downloaded as packages, unpacked, never installed.

    stable      the one for clouds: most of what a guest needs is built in, so it starts soon
    generic     the one for every machine: AHCI, IDE, USB
    bullseye, bookworm, bookworm-backports, trixie, trixie-backports, sid
                the one for clouds, of these packages
"""
import glob
import lzma
import os
import re
import shutil
import subprocess

import debs
from cases import Skipped

FLAVOURS = ("stable", "generic")
OTHERS = ("bullseye", "bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid")
NEWEST = "trixie-backports"   # of those that stand still
# What the guest needs beyond what is built in; their dependencies come along. Not every kernel has
# each: what is built in there is no file.
MODULES = ("virtio_pci", "virtio_mmio", "virtio_blk", "virtio_console", "virtio_net", "crc32c_generic", "xfs",
           "loop", "dm-mod", "dm-snapshot", "dm-writecache", "vsock", "vsock_loopback", "isofs")
GENERIC_MODULES = ("virtio_pci", "virtio_console", "crc32c_generic", "ext4", "xfs", "virtio_blk",
                   "virtio_scsi", "sd_mod", "nvme", "ahci", "ata_piix", "xhci_pci", "usb-storage",
                   "dm-mod")


def _name(flavour):
    """linux-image-[cloud-]ARCH."""
    arch = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                          check=True).stdout.strip()
    return f"linux-image-{'' if flavour == 'generic' else 'cloud-'}{arch}"


def _newest(options, name):
    """The package that this one stands for today."""
    found = [p for p in debs.depends(name, options=options) if p.startswith("linux-image-")]
    if not found:
        raise Skipped(f"Debian has no {name}")
    return found[0]


def _parts(package, options):
    """The packages with its files: itself, and since 7.2 those that it only stands for."""
    parts = re.compile(r"linux-(binary|modules)-.*|linux-base-\d.*")
    return [package, *(p for p in debs.depends(package, options=options) if parts.fullmatch(p))]


def image(folder):
    """The kernel as Debian ships it, packed: since 7.2 it lies beside its modules."""
    return [path for where in ("boot/vmlinu[xz]-*", "usr/lib/modules/*/vmlinu[xz]")
            for path in glob.glob(f"{folder}/{where}")][0]


def _inner(path, target):
    """Writes the uncompressed kernel in a bzImage (path) to target: it starts sooner under an emulator.
    Where its compression is none of these, or its tool is not here, the image itself will do."""
    with open(path, "rb") as f:
        data = f.read()
    for magic, tool in ((b"\x02\x21\x4c\x18", "lz4"), (b"\x28\xb5\x2f\xfd", "zstd"),
                        (b"\xfd7zXZ\0", "xz"), (b"\x1f\x8b\x08", "gzip")):
        if not shutil.which(tool):
            continue
        for match in re.finditer(re.escape(magic), data):
            # What follows the packed kernel makes each of these tools complain at the end.
            done = subprocess.run([tool, "-dc"], input=data[match.start():], check=False,
                                  capture_output=True)
            if done.stdout.startswith(b"\x7fELF"):
                with open(target, "wb") as f:
                    f.write(done.stdout)
                return


def _unpack(folder, flavour):
    if flavour in OTHERS:
        options = debs.own_lists(f"{folder}/apt", flavour)
        debs.unpack(folder, _parts(_newest(options, _name(flavour)), options), options)
    else:
        debs.renewing(lambda: debs.unpack(folder, _parts(_newest([], _name(flavour)), [])))
    _inner(image(folder), f"{folder}/vmlinux")


def _dependencies(path):
    with open(path, "rb") as f:
        found = re.search(rb"\0depends=([^\0]*)\0", f.read())
    return [n for n in found.group(1).decode().split(",") if n] if found else []


def _module_files(folder, pattern):
    """In lib, or where that is a link to it in usr/lib."""
    return [path for lib in ("lib", "usr/lib")
            for path in glob.glob(f"{folder}/{lib}/modules/*/kernel/**/{pattern}", recursive=True)]


def _ordered(folder, wanted):
    """Files of the wanted modules, each after what it needs."""
    files = {}
    for path in _module_files(folder, "*.ko*"):
        files[os.path.basename(path).split(".")[0].replace("-", "_")] = path
    order = []

    def add(name):
        path = files.get(name.replace("-", "_"))
        if path and path not in order:
            for needed in _dependencies(path):
                add(needed)
            order.append(path)

    for name in wanted:
        add(name)
    return order


def _decompress_modules(folder):
    """Newer kernels compress them, and busybox's insmod takes plain ones."""
    for path in _module_files(folder, "*.ko.xz"):
        with lzma.open(path) as packed, open(path[:-3], "wb") as plain:
            shutil.copyfileobj(packed, plain)
        os.unlink(path)


def fetch(folder, flavour, wanted=None):
    """(kernel, modules in the order of loading). wanted: other modules than those of each guest."""
    if not os.path.exists(f"{folder}/complete"):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        _unpack(folder, flavour)
        _decompress_modules(folder)
        with open(f"{folder}/complete", "w"):
            pass
    kernel = f"{folder}/vmlinux"
    if not os.path.exists(kernel):
        kernel = image(folder)
    if not wanted:
        wanted = GENERIC_MODULES if flavour == "generic" else MODULES
    return kernel, _ordered(folder, wanted)


def unpack(folder, name, options):
    """The kernel that the package name stands for, for any processor."""
    debs.unpack(folder, _parts(_newest(options, name), options), options)
    _decompress_modules(folder)


def packed(folder, wanted):
    """The same as fetch() of what unpack() has put there: the kernel as it is packed."""
    return image(folder), _ordered(folder, wanted)
