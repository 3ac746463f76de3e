# SPDX-License-Identifier: MIT
"""A host of another release than the machine's: its libvirt, its QEMU and all that they load, unpacked
into a folder and never installed. In a mount namespace its /usr lies over the machine's.
"""
import os
import shutil

import debs
import kernel

_CHOSEN = None   # its /usr; None: the machine's own programs are the host

RELEASE = "trixie-backports"
_SUITES = ("trixie", RELEASE)
# Beside the two: QEMU's firmware, and what starts the daemon and asks it (reaper.py, virsh's scripts).
_PROGRAMS = ("libvirt-daemon", "libvirt-daemon-driver-qemu", "libvirt-daemon-common", "libvirt-common",
             "libvirt-daemon-log", "libvirt-clients", "qemu-system-x86", "qemu-system-common",
             "qemu-system-data", "qemu-utils", "seabios", "ipxe-qemu", "python3.13-minimal",
             "dash", "coreutils", "zlib1g", "libc-bin")
# The standard library of Python is in packages of this name; the rest of its name begins with "lib".
_LIBRARIES = ("libpython3.13-minimal", "libpython3.13-stdlib")


def _unpack(folder):
    options = debs.own_lists(f"{folder}/apt", *_SUITES,
                             more=("-o", f"APT::Default-Release={RELEASE}"))
    wanted = (*_PROGRAMS, *_LIBRARIES)
    debs.unpack(folder, [*wanted, *(name for name in debs.all_libraries(*wanted, options=options)
                                    if name not in wanted)], options)


def fetch(folder):
    """Path of the /usr, made once in folder. Skipped where it cannot be had."""
    if not os.path.exists(f"{folder}/complete"):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        _unpack(folder)
        os.symlink("python3.13", f"{folder}/usr/bin/python3")
        if not os.path.lexists(f"{folder}/usr/bin/sh"):
            os.symlink("dash", f"{folder}/usr/bin/sh")
        with open(f"{folder}/complete", "w"):
            pass
    return f"{folder}/usr"


def use(usr):
    """From now on libvirt's daemons are this host's."""
    global _CHOSEN
    _CHOSEN = usr


def enter():
    """In a mount namespace of one's own, before the daemon starts. What the machine's cache of libraries
    names and this /usr lacks, the loader looks for in its folders."""
    if _CHOSEN:
        kernel.mount(_CHOSEN, "/usr", None, kernel.MS_BIND)
