# SPDX-License-Identifier: MIT
"""A guest that is a whole Debian, of the machine's release or of another, with its kernel, systemd, udev
and apt: its root and the package in it.

The root is made once and kept in build-test-guest/debian-RELEASE; what changes from day to day (the
package, the control program) is written into each guest's copy. selinux: with Debian's policy, which
its systemd enforces where the kernel is started with SELINUX_WORDS, and with a label on each file.
"""
import glob
import hashlib
import os
import shutil
import subprocess
import threading

import debs
import guestkernel
import guesttree
import otherrelease
import packages
import releases
from cases import Failed
from guestbuild import Parts
from guestdisk import Disk

PACKAGE = "/srv/frost-ga.deb"   # in the guest
SELINUX_WORDS = "security=selinux"
_POLICY = "selinux-policy-default"
_PROGRAMS_LABEL = "system_u:object_r:bin_t:s0"
_making = threading.Lock()
_SOURCES = ("agent", "qga-proto", "packaging", "meson.build", "meson_options.txt")


def _run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, errors="replace")
    if done.returncode != 0:
        raise Failed(f"{' '.join(argv)}: {(done.stdout + done.stderr).strip()[-2000:]}")


def _sum(paths):
    total = hashlib.sha1()
    for path in sorted(paths):
        with open(path, "rb") as f:
            total.update(path.encode() + f.read())
    return total.hexdigest()


def _once(stamp, wanted, make):
    """make(), unless what it makes was made from the same things before."""
    try:
        with open(stamp) as f:
            if f.read() == wanted:
                return
        os.unlink(stamp)   # a make that is cut off leaves none
    except OSError:
        pass
    make()
    with open(stamp, "w") as f:
        f.write(wanted)


def _files(tree, name):
    if os.path.isfile(f"{tree}/{name}"):
        return [f"{tree}/{name}"]
    return [p for p in glob.glob(f"{tree}/{name}/**", recursive=True) if os.path.isfile(p)]


def _folder(builder, release, selinux=False):
    path = f"{builder.folder}/debian-{release}{'-selinux' if selinux else ''}"
    os.makedirs(path, exist_ok=True)
    return path


def _is_own(release):
    return release == releases.codename()


def package(builder, release):
    """Path of the Debian package, built on that release as a person would build it."""
    out = f"{_folder(builder, release)}/package"
    wanted = _sum(p for name in _SOURCES for p in _files(builder.tree, name)
                  if not p.endswith(".md"))   # which no case reads
    if _is_own(release):
        _once(f"{out}.stamp", wanted,
              lambda: _run("sh", f"{builder.tree}/packaging/debian/build.sh", out))
    else:
        _once(f"{out}.stamp", wanted,
              lambda: otherrelease.Root(builder.tree, release).build_package(out))
    return glob.glob(f"{out}/frost-ga_*.deb")[0]


def _lists(folder, release):
    """Options for an apt that knows the release."""
    return [] if _is_own(release) else debs.own_lists(f"{folder}/apt", release)


def _make_root(builder, release, deb, selinux):
    folder = _folder(builder, release, selinux)
    lists = _lists(folder, release)
    needed = ["libjson-c5", *debs.libraries(packages.AGENT, options=lists)]
    if debs.is_known("lsb-base", lists):
        needed.append("lsb-base")
    if selinux:
        needed.append(_POLICY)
    _run("unshare", "--mount", f"{builder.tree}/tests/vm/debian/make-root", folder, deb, release,
         ",".join(needed), *debs.mirrors())


def _root(builder, release, selinux):
    """The root's image, with Debian's own agent installed. Once made, it needs no network."""
    folder = _folder(builder, release, selinux)
    theirs = f"{folder}/theirs"
    deb = (glob.glob(f"{theirs}/qemu-guest-agent_*.deb") or debs.renewing(
        lambda: debs.download(theirs, [packages.AGENT], _lists(folder, release))))[0]
    _once(f"{folder}/root.stamp", _sum([*_files(f"{builder.tree}/tests/vm/debian", "."), deb]),
          lambda: _make_root(builder, release, deb, selinux))
    return f"{folder}/root.img"


def _initramfs(builder, parts, target):
    """The suite's own, with another /init over it."""
    folder = f"{target}-over"
    shutil.rmtree(folder, ignore_errors=True)
    over = guesttree.Tree(folder)
    over.copy(f"{builder.tree}/tests/vm/debian/init", "/init")
    over.cpio(f"{folder}.cpio")
    with open(target, "wb") as out:
        for path in (parts.initramfs, f"{folder}.cpio"):
            with open(path, "rb") as f:
                shutil.copyfileobj(f, out)


def kernel_of(release):
    """The flavour of its own kernel."""
    return guestkernel.FLAVOURS[0] if _is_own(release) else release


def parts(builder, release, selinux=False):
    plain = builder.parts(kernel_of(release))
    with _making:   # and not builder.lock, for which all other guests would wait
        target = f"{_folder(builder, release, selinux)}/initramfs"
        root = _root(builder, release, selinux)
        _initramfs(builder, plain, target)
        return Parts(plain.kernel, plain.image, target, root, {})


def make(builder, release):
    """What its guests are started from. Skipped where it cannot be had."""
    parts(builder, release)
    with _making:
        package(builder, release)


def make_ahead(builder, release):
    """The same, of what is long in the making."""
    with _making:
        _root(builder, release, False)
        package(builder, release)


def _write_into(image, files, label):
    """{path in the guest: file} into an ext4 image that nobody has mounted; label: SELinux's, or None."""
    script = f"{image}.debugfs"
    with open(script, "w") as f:
        for target, source in files.items():
            f.write(f"write {source} {target}\nsif {target} mode 0100755\n")
            if label:
                f.write(f"ea_set {target} security.selinux {label}\n")
    _run("debugfs", "-w", "-f", script, image)
    os.unlink(script)


def disks(builder, guest, release, selinux=False):
    """The root with what belongs into it today, a disk for data, and one that nobody mounts at boot."""
    root = Disk("vda", "ext4", "/", guest.path("vda.img"), template=guest.parts.root)
    programs = f"{builder.folder}/guest-{kernel_of(release)}/tree/bin"
    _write_into(root.image, {PACKAGE: package(builder, release),
                             "/usr/local/bin/control": f"{programs}/control",
                             "/usr/local/bin/writer": f"{programs}/writer"},
                _PROGRAMS_LABEL if selinux else None)
    return [root, Disk("vdb", "xfs", "/data", guest.path("vdb.img")),
            Disk("vdc", "ext4", None, guest.path("vdc.img"))]
