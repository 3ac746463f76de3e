# SPDX-License-Identifier: MIT
"""Another processor's C library and what the agent links, unpacked and never installed; and what
builds and starts its programs here: clang, a linker, and QEMU where this processor cannot."""
import glob
import os
import re
import shutil
import stat
import struct
import subprocess
import tempfile

import debs
import releases
from cases import Skipped

# By Debian's name:
#   triplet  of its folders and of its linker
#   target   what clang calls it
#   cpu      what meson calls its family, and whether it is big-endian
#   qemu     what emulates it here
#   ours     this machine's linker makes its programs, and its processor may start them
#   suite    the release of Debian that has it, where that is not the machine's
TABLE = {
    "i386": {"triplet": "i386-linux-gnu", "target": "i686-linux-gnu", "cpu": ("x86", "little"),
             "qemu": "qemu-i386-static", "ours": True},
    "s390x": {"triplet": "s390x-linux-gnu", "target": "s390x-linux-gnu", "cpu": ("s390x", "big"),
              "qemu": "qemu-s390x-static"},
    "arm64": {"triplet": "aarch64-linux-gnu", "target": "aarch64-linux-gnu",
              "cpu": ("aarch64", "little"), "qemu": "qemu-aarch64-static"},
    "armhf": {"triplet": "arm-linux-gnueabihf", "target": "armv7-linux-gnueabihf",
              "cpu": ("arm", "little"), "qemu": "qemu-arm-static"},
    "riscv64": {"triplet": "riscv64-linux-gnu", "target": "riscv64-linux-gnu",
                "cpu": ("riscv64", "little"), "qemu": "qemu-riscv64-static", "suite": "trixie"},
    "ppc64el": {"triplet": "powerpc64le-linux-gnu", "target": "powerpc64le-linux-gnu",
                "cpu": ("ppc64", "little"), "qemu": "qemu-ppc64le-static"},
}
# A program for Linux on i386: exit(0). Head, one segment, and mov eax,1; xor ebx,ebx; int 0x80.
_BASE, _HEADS = 0x8048000, 52 + 32
_CODE = bytes.fromhex("b801000000" "31db" "cd80")
_ENDS_AT_ONCE = (
    b"\x7fELF\1\1\1".ljust(16, b"\0") +
    struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, _BASE + _HEADS, 52, 0, 0, 52, 32, 1, 40, 0, 0) +
    struct.pack("<IIIIIIII", 1, 0, _BASE, _BASE, _HEADS + len(_CODE), _HEADS + len(_CODE), 5, 0x1000) +
    _CODE)
_DEVELOPMENT = ("libglib2.0-dev", "libjson-c-dev", "libcmocka-dev")
# Of all that these need; the rest is for programs that the agent is not.
_LINKED = re.compile(r"lib(c6(-dev)?|gcc-s1|glib2\.0-0(t64)?|gio-2\.0-dev|sysprof-capture-4-dev|"
                     r"pcre2-(8-0|dev)|json-c\d|cmocka0|crypt1|atomic1)")


def foreign(arch):
    """Options for an apt that knows this processor's packages only."""
    return ["-o", f"APT::Architecture={arch}", "-o", f"APT::Architectures={arch}"]


def _close(folder):
    """Makes a root of what was unpacked: since Debian 13 the packages leave /lib to base-files, and a link
    with an absolute target leads out of it."""
    for name in ("lib", "lib64"):
        if os.path.isdir(f"{folder}/usr/{name}") and not os.path.lexists(f"{folder}/{name}"):
            os.symlink(f"usr/{name}", f"{folder}/{name}")
    for where, folders, files in os.walk(folder):
        for path in (f"{where}/{name}" for name in folders + files):
            if os.path.islink(path) and os.readlink(path).startswith("/"):
                target = os.path.relpath(folder + os.readlink(path), where)
                os.unlink(path)
                os.symlink(target, path)


def suite_of(arch):
    """The release of Debian that its packages are of."""
    return TABLE[arch].get("suite") or releases.codename()


def _unpack_libraries(folder, arch):
    options = debs.own_lists(f"{folder}/apt", suite_of(arch), more=foreign(arch))
    found = [name for name in debs.all_libraries(*_DEVELOPMENT, options=options)
             if _LINKED.fullmatch(name)]
    libgcc = debs.newest("gcc", options).replace("gcc", "libgcc") + "-dev"
    debs.unpack(folder, [*_DEVELOPMENT, *found, "linux-libc-dev", libgcc], options)
    _close(folder)
    shutil.rmtree(f"{folder}/apt")


def _unpack_emulators(folder):
    """One folder for all processors, without those of some forty in the package that none of them needs."""
    wanted, done, programs = {row["qemu"] for row in TABLE.values()}, f"{folder}/done", f"{folder}/usr/bin"
    if os.path.exists(done) and wanted.issubset(os.listdir(programs)):
        return
    shutil.rmtree(folder, ignore_errors=True)
    debs.renewing(lambda: debs.unpack(folder, ["qemu-user-static"]))
    for name in os.listdir(programs):
        if name.startswith("qemu-") and name not in wanted:
            os.unlink(f"{programs}/{name}")
    with open(done, "w"):
        pass


# GNU's programs need the libraries that lie beside them.
_SCRIPT = """#!/bin/sh
exec {start} {folder}/usr/bin/{triplet}-{name} "$@"
"""


def _unpack_linker(folder, arch):
    """Of the release that the libraries are of: that of Debian 12 dies over Debian 13's for riscv64."""
    package = f"binutils-{TABLE[arch]['triplet'].replace('_', '-')}"
    if suite_of(arch) == releases.codename():
        debs.renewing(lambda: debs.unpack(folder, [package, *debs.libraries(package)]))
        return
    options = debs.own_lists(f"{folder}/apt", suite_of(arch))
    debs.unpack(folder, [package, *debs.all_libraries(package, options=options)], options)
    shutil.rmtree(f"{folder}/apt")


def _make_starters(folder, triplet):
    """Scripts that start the linker and the archiver; where a C library of its own lies beside them,
    with that one's loader."""
    libraries = ":".join(glob.glob(f"{folder}/lib/*-linux-gnu") +
                         glob.glob(f"{folder}/usr/lib/*-linux-gnu"))
    loaders = glob.glob(f"{folder}/usr/lib64/ld-*") + glob.glob(f"{folder}/lib64/ld-*")
    start = (f"{loaders[0]} --library-path {libraries}" if loaders
             else f"env LD_LIBRARY_PATH={libraries}")
    os.mkdir(f"{folder}/bin")
    for name in ("ld", "ar"):
        with open(f"{folder}/bin/{name}", "w") as f:
            f.write(_SCRIPT.format(start=start, folder=folder, triplet=triplet, name=name))
            os.fchmod(f.fileno(), stat.S_IRWXU)


def folder_of(tree, arch):
    return f"{tree}/build-test-sysroot/{arch}"


def _is_ours(arch):
    return TABLE[arch].get("ours", False)


def is_emulated(arch):
    """A kernel may have been built or started without programs of 32 bits, and a hypervisor may not let it
    run them."""
    return not _is_ours(arch) or not _runs(_ENDS_AT_ONCE)


def _runs(program):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/ends"
        with open(path, "wb") as f:
            f.write(program)
            os.fchmod(f.fileno(), 0o755)
        try:
            return subprocess.run([path], check=False).returncode == 0
        except OSError:
            return False


def emulator(tree, arch):
    """What starts its programs; "": they start as they are."""
    name = TABLE[arch]["qemu"] if is_emulated(arch) else ""
    return name and f"{folder_of(tree, 'emulators')}/usr/bin/{name}"


def _make(tree, arch):
    folder, row = folder_of(tree, arch), TABLE[arch]
    _unpack_libraries(folder, arch)
    if not _is_ours(arch):
        _unpack_linker(f"{folder}/tools", arch)
        _make_starters(f"{folder}/tools", row["triplet"])


def fetch(tree, arch):
    """The folder, made once, or None and why not."""
    folder = folder_of(tree, arch)
    try:
        if not os.path.exists(f"{folder}/done"):
            shutil.rmtree(folder, ignore_errors=True)
            _make(tree, arch)
            with open(f"{folder}/done", "w"):
                pass
        if is_emulated(arch):
            _unpack_emulators(folder_of(tree, "emulators"))
    except (Skipped, OSError, IndexError) as e:
        return None, str(e)
    return folder, ""


def start_words(tree, arch):
    """What its programs are started by, to find their libraries. (A path in the program would do for
    tests, but glibc lets no static program have one.) -L alone is not enough on armhf: its loader asks with
    statx which folders there are, and QEMU 7.2 answers that of this machine's."""
    start = ["env", "LD_LIBRARY_PATH=" + ":".join(_places(tree, arch))]
    return [*start, emulator(tree, arch), "-L", folder_of(tree, arch)] if is_emulated(arch) else start


def _places(tree, arch):
    """The folders of its libraries."""
    folder, triplet = folder_of(tree, arch), TABLE[arch]["triplet"]
    return [f"{folder}/{where}/{triplet}" for where in ("lib", "usr/lib")]


def _words(words):
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def _link_words(tree, arch):
    """The loader, which nothing else names here."""
    if is_emulated(arch):
        return []
    loader, = glob.glob(f"{folder_of(tree, arch)}/lib/ld-*.so*")
    return [f"-Wl,--dynamic-linker={loader}"]


def compiler(tree, arch):
    """The words that start it."""
    folder, row = folder_of(tree, arch), TABLE[arch]
    words = ["clang", "-target", row["target"], f"--sysroot={folder}"]
    return words + ([] if _is_ours(arch) else [f"-B{folder}/tools/bin/"])


def cross_file(tree, arch, options=()):
    """For meson: a static agent, and tests that find their libraries in the folder; options: more of the
    project's."""
    folder, row, start = folder_of(tree, arch), TABLE[arch], start_words(tree, arch)
    family, endian = row["cpu"]
    tools = "" if _is_ours(arch) else f"{folder}/tools/bin/"
    packages = f"{_places(tree, arch)[1]}/pkgconfig:{folder}/usr/share/pkgconfig"
    lines = ["[binaries]", f"c = {_words(compiler(tree, arch))}",
             f"ar = '{tools}ar'", "pkgconfig = 'pkg-config'",
             f"exe_wrapper = {_words(start)}",
             "[properties]", f"sys_root = '{folder}'", f"pkg_config_libdir = '{packages}'",
             "needs_exe_wrapper = true",
             "[built-in options]", "buildtype = 'plain'", "werror = true",
             f"c_link_args = {_words(_link_words(tree, arch))}",
             "[project options]", "tests = true", "static = true", *options,
             "[host_machine]", "system = 'linux'", f"cpu_family = '{family}'",
             f"cpu = '{family}'", f"endian = '{endian}'"]
    return "\n".join(lines) + "\n"
