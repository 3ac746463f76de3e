# SPDX-License-Identifier: MIT
"""A guest that is a whole Debian of the machine's release, with systemd, udev and apt: its root and the package in it.

The root is made once and kept in build-test-guest/debian; what changes from day to day (the
package, the control program) is written into each guest's copy.
"""
import glob
import hashlib
import os
import shutil
import subprocess

import debs
import guesttree
import packages
import releases
from cases import Failed
from guestbuild import Parts
from guestdisk import Disk

PACKAGE = "/srv/frost-ga.deb"   # in the guest
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
    except OSError:
        pass
    make()
    with open(stamp, "w") as f:
        f.write(wanted)


def _files(tree, name):
    if os.path.isfile(f"{tree}/{name}"):
        return [f"{tree}/{name}"]
    return [p for p in glob.glob(f"{tree}/{name}/**", recursive=True) if os.path.isfile(p)]


def package(builder):
    """Path of the Debian package, built as a person would build it."""
    out = f"{builder.folder}/debian/package"
    wanted = _sum(p for name in _SOURCES for p in _files(builder.tree, name))
    os.makedirs(f"{builder.folder}/debian", exist_ok=True)
    _once(f"{out}.stamp", wanted,
          lambda: _run("sh", f"{builder.tree}/packaging/debian/build.sh", out))
    return glob.glob(f"{out}/frost-ga_*.deb")[0]


def _root(builder):
    """The root's image, with Debian's own agent installed."""
    folder = f"{builder.folder}/debian"
    own = f"{builder.tree}/tests/vm/debian"
    theirs = f"{folder}/theirs"
    deb = (glob.glob(f"{theirs}/qemu-guest-agent_*.deb") or
           debs.renewing(lambda: debs.download(theirs, [packages.AGENT])))[0]
    needed = ",".join(["libjson-c5", *debs.libraries(packages.AGENT)])
    _once(f"{folder}/root.stamp", _sum([*_files(own, "."), deb]),
          lambda: _run("unshare", "--mount", f"{own}/make-root", folder, deb, releases.codename(),
                       needed, *debs.mirrors()))
    return f"{folder}/root.img"


def _initramfs(builder, parts, target):
    """The suite's own, with another /init over it."""
    folder = f"{builder.folder}/debian/over"
    shutil.rmtree(folder, ignore_errors=True)
    over = guesttree.Tree(folder)
    over.copy(f"{builder.tree}/tests/vm/debian/init", "/init")
    over.cpio(f"{folder}.cpio")
    with open(target, "wb") as out:
        for path in (parts.initramfs, f"{folder}.cpio"):
            with open(path, "rb") as f:
                shutil.copyfileobj(f, out)


def parts(builder, flavour):
    with builder.lock:
        plain = builder.parts(flavour)
        target = f"{builder.folder}/debian/initramfs-{flavour}"
        root = _root(builder)
        _initramfs(builder, plain, target)
        return Parts(plain.kernel, plain.image, target, root, {})


def _write_into(image, files):
    """{path in the guest: file} into an ext4 image that nobody has mounted."""
    script = f"{image}.debugfs"
    with open(script, "w") as f:
        for target, source in files.items():
            f.write(f"write {source} {target}\nsif {target} mode 0100755\n")
    _run("debugfs", "-w", "-f", script, image)
    os.unlink(script)


def disks(builder, guest):
    """The root with what belongs into it today, a disk for data, and one that nobody mounts at boot."""
    root = Disk("vda", "ext4", "/", guest.path("vda.img"), template=guest.parts.root)
    programs = f"{builder.folder}/guest-stable/tree/bin"
    _write_into(root.image, {PACKAGE: package(builder),
                             "/usr/local/bin/control": f"{programs}/control",
                             "/usr/local/bin/writer": f"{programs}/writer"})
    return [root, Disk("vdb", "xfs", "/data", guest.path("vdb.img")),
            Disk("vdc", "ext4", None, guest.path("vdc.img"))]
