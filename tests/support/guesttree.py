# SPDX-License-Identifier: MIT
"""The files of a guest: busybox, modules, programs with their libraries; as cpio and as ext4."""
import glob
import os
import re
import shutil
import stat
import subprocess

from cases import Skipped

_FOLDERS = ("bin", "dev", "etc", "lib/modules", "mnt", "newroot", "proc", "run", "sys", "tmp",
            "var", "root", "agent", "etc/qemu")
_MDEV = "vport.* root:root 600 */bin/link-port\n"


class Tree:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)

    def copy(self, source, target):
        target = self.folder + target
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            shutil.copy(source, target)

    def base(self, modules, busybox=None):
        """busybox: that of another processor; None: the machine's own."""
        for name in _FOLDERS:
            os.makedirs(f"{self.folder}/{name}", exist_ok=True)
        for name in ("sbin", "usr"):
            os.symlink({"sbin": "bin", "usr": "."}[name], f"{self.folder}/{name}")
        os.symlink("../run", f"{self.folder}/var/run")
        self._busybox(busybox)
        for path in modules:
            self.copy(path, f"/lib/modules/{os.path.basename(path)}")
        self.text("/lib/modules/order", "".join(f"{os.path.basename(p)}\n" for p in modules))
        self.text("/etc/mdev.conf", _MDEV)
        self.text("/etc/passwd", "root::0:0:root:/root:/bin/sh\n")
        self.text("/etc/group", "root:x:0:\n")

    def text(self, target, content):
        with open(self.folder + target, "w") as f:
            f.write(content)

    def _busybox(self, foreign):
        """Its programs are those of the machine's own, which can be asked."""
        busybox = shutil.which("busybox", path="/usr/bin:/bin")
        if not busybox or b"not a dynamic" not in subprocess.run(
                ["ldd", busybox], capture_output=True, check=False).stderr:
            raise Skipped("busybox-static is not installed")
        self.copy(foreign or busybox, "/bin/busybox")
        names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True)
        for name in names.stdout.split():
            if name != "busybox":
                os.symlink("busybox", f"{self.folder}/bin/{name}")

    def program(self, binary, target, library_path=None):
        """With all that ldd says it loads, each by the path that the loader asks for."""
        target_path = self.folder + target
        if os.path.islink(target_path):
            os.unlink(target_path)
        self.copy(binary, target)
        env = dict(os.environ, LD_LIBRARY_PATH=library_path or "")
        said = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False, env=env)
        if "not found" in said.stdout:
            raise Skipped(f"{binary}: {said.stdout}")
        for name, path in re.findall(r"(\S+)(?: => (\S+))? \(0x", said.stdout):
            if path or name.startswith("/"):
                found = path or name
                inside = found if library_path is None else f"/lib/{os.path.basename(found)}"
                self.copy(os.path.realpath(found), inside if path else name)

    def foreign_program(self, binary, target, root):
        """The same of another processor's, which ldd cannot ask: its libraries are in root."""
        self.copy(binary, target)
        wanted = [binary]
        while wanted:
            said = subprocess.run(["readelf", "-l", "-d", wanted.pop()], capture_output=True, text=True,
                                  check=True).stdout
            loader = re.findall(r"program interpreter: (\S+)\]", said)
            for name in loader + re.findall(r"\(NEEDED\).*\[(\S+)\]", said):
                found = _library(root, name)
                if not os.path.exists(f"{self.folder}/lib/{os.path.basename(name)}"):
                    self.copy(found, name if name in loader else f"/lib/{name}")
                    wanted.append(found)

    def _entries(self):
        for folder, folders, files in os.walk(self.folder):
            for name in sorted(folders + files):
                yield f"{folder}/{name}"

    def cpio(self, target):
        """The format that the kernel unpacks ("newc"), written here: no tool is needed."""
        with open(target, "wb") as out:
            for number, path in enumerate(self._entries(), 1):
                _member(out, number, path, os.path.relpath(path, self.folder))
            _end(out)

    def ext4(self, target, size=96 << 20):
        with open(target, "wb") as f:
            f.truncate(size)
        done = subprocess.run(["mkfs.ext4", "-q", "-F", "-d", self.folder, target],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Skipped(f"mkfs.ext4 -d: {done.stderr}")


def _library(root, name):
    """The file of a library below root, by its name or by a loader's path, which may begin with root."""
    for path in (root + name.removeprefix(root), *glob.glob(f"{root}/lib/*/{name}"), *glob.glob(f"{root}/usr/lib/*/{name}")):
        if os.path.isfile(path):
            return os.path.realpath(path)
    raise Skipped(f"there is no {name} below {root}")


def _header(out, number, mode, size, name):
    fields = (number, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name) + 1, 0)
    out.write(b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0")
    _pad(out)


def _pad(out):
    out.write(bytes(-out.tell() % 4))


def _member(out, number, path, name):
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path).encode()
    elif stat.S_ISREG(status.st_mode):
        with open(path, "rb") as f:
            content = f.read()
    else:
        content = b""
    _header(out, number, status.st_mode, len(content), name)
    out.write(content)
    _pad(out)


def _end(out):
    _header(out, 0, 0, 0, "TRAILER!!!")
    out.write(bytes(-out.tell() % 512))
