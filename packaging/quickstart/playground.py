# SPDX-License-Identifier: MIT
"""The private corner: a root in memory, three filesystems on loop devices, and nothing else.

The caller is the first process of a mount and pid namespace of its own.
"""

import collections
import os
import shutil
import signal
import stat
import subprocess
import time

import kernel

# index: which diary and which of the guard's descriptors are its own
Filesystem = collections.namedtuple("Filesystem", "index name kind folder loop descriptor")

NAMES = ("ext4", "xfs", "nested")
KINDS = {"ext4": "ext4", "xfs": "xfs", "nested": "ext4"}
IMAGES = {"ext4": "/images/ext4.img", "xfs": "/images/xfs.img", "nested": "/mnt/ext4/nested.img"}
MEGABYTES = {"ext4": 160, "xfs": 320, "nested": 64}     # sparse; 300 is the least for an xfs
PROGRAMS = ("mkfs.ext4", "mkfs.xfs", "sh", "sleep")
MAKE = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"]}
PSEUDO = ("tmpfs", "proc", "sysfs")                     # what may be there besides our loops

SOCKET = "/run/frost-ga.sock"
STATE = "/run/frost-ga"
LOG = "/run/frost-ga.log"
EVENTS = "/run/hook-events"
HOOK = "/etc/qemu/fsfreeze-hook"
HOOK_NAME = "10-database"

DATABASE_HOOK = """#!/bin/sh
# Stands in for a database: flush and lock before the freeze, unlock after the thaw.
echo "$1 begins" >>%(events)s
case $1 in
    freeze) sleep 0.08 ;;
    thaw) sleep 0.04 ;;
esac
echo "$1 ends" >>%(events)s
""" % {"events": EVENTS}

NODES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9),
         "tty": (5, 0), "loop-control": (10, 237)}


class Unsafe(Exception):
    """Something that must not be frozen can be seen from here."""


def _copy(source, root, target):
    target = root + target
    if not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
        os.chmod(target, 0o755)


def _copy_program(source, root, target):
    """A program and the shared libraries that it needs, each under its own name."""
    _copy(source, root, target)
    listing = subprocess.run(["ldd", source], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             universal_newlines=True).stdout
    for word in listing.split():
        if word.startswith("/") and os.path.exists(word):
            _copy(word, root, word)


def _fill(root, agent, dispatcher, programs):
    for folder in ("dev", "etc", "images", "mnt", "proc", "root", "run", "sys", "tmp", "usr/bin"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    for link in ("bin", "sbin", "usr/sbin"):
        os.symlink("/usr/bin", os.path.join(root, link))
    for program in PROGRAMS + programs:
        found = shutil.which(program)
        if found:
            _copy_program(found, root, "/usr/bin/" + os.path.basename(program))
    _copy_program(agent, root, "/usr/bin/frost-ga")
    for path in ("/etc/ld.so.cache", "/etc/mke2fs.conf"):
        if os.path.exists(path):
            _copy(path, root, path)
    _copy(dispatcher, root, HOOK)
    os.mkdir(root + HOOK + ".d")
    with open(root + HOOK + ".d/" + HOOK_NAME, "w") as file:
        file.write(DATABASE_HOOK)
    os.chmod(root + HOOK + ".d/" + HOOK_NAME, 0o755)
    os.mkdir(root + STATE)


def _add_nodes(root):
    for name, (major, minor) in NODES.items():
        path = os.path.join(root, "dev", name)
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(major, minor))
        os.chmod(path, 0o600 if name == "loop-control" else 0o666)


def mount_image(image, folder, kind, tell_loop, flags=0, data=None):
    """Through a loop device of its own, whose number is returned."""
    os.makedirs(folder)
    number, device = kernel.attach_loop(image)
    try:
        tell_loop(number, image)
        kernel.mount("/dev/loop%d" % number, folder, kind, flags, data)
    finally:
        os.close(device)
    return number


def _make_filesystem(index, name, tell_loop):
    image, folder, kind = IMAGES[name], "/mnt/" + name, KINDS[name]
    with open(image, "wb") as file:
        file.truncate(MEGABYTES[name] << 20)
    subprocess.run(MAKE[kind] + [image], check=True, stdout=subprocess.DEVNULL)
    number = mount_image(image, folder, kind, tell_loop)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return Filesystem(index, name, kind, folder, number, descriptor)


def refuse_if_unsafe(loops):
    """Nothing on a block device may be seen here but our own loops: a freeze meets all that is."""
    with open("/proc/self/mountinfo") as file:
        for entry in file:
            left, right = entry.split(" - ", 1)
            device, kind = left.split()[2], right.split()[0]
            if device.startswith("0:") and kind in PSEUDO:
                continue
            if device not in {"%d:%d" % (kernel.LOOP_MAJOR, number) for number in loops}:
                raise Unsafe("%s (%s) can be seen" % (left.split()[4], kind))


def build(root, agent, dispatcher, programs, tell_loop):
    """Make it and move into it. tell_loop hears of each loop device at once."""
    os.umask(0o022)
    kernel.mount("frost-ga", root, "tmpfs", kernel.MS_NOSUID, "size=1g,mode=755")
    _fill(root, agent, dispatcher, programs)
    _add_nodes(root)
    hardened = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", root + "/proc", "proc", hardened)
    kernel.mount("sysfs", root + "/sys", "sysfs", hardened)
    kernel.pivot_root(root)
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["HOME"] = "/root"
    filesystems = [_make_filesystem(index, name, tell_loop) for index, name in enumerate(NAMES)]
    refuse_if_unsafe([filesystem.loop for filesystem in filesystems])
    return filesystems


class Agent:
    """The agent in the playground, in a session of its own so that Ctrl-C is not for it."""

    COMMAND = ["frost-ga", "-m", "unix-listen", "-p", SOCKET, "-t", STATE, "-F" + HOOK,
               "--namespaces=own"]

    def __init__(self):
        with open(LOG, "wb") as log:
            self.process = subprocess.Popen(self.COMMAND, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)

    def wait_for_socket(self, seconds=10):
        deadline = time.monotonic() + seconds
        while not os.path.exists(SOCKET):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("frost-ga did not start: " + (self.log() or "no message"))
            time.sleep(0.005)

    def stop(self):
        """SIGTERM thaws and ends it; returns its exit status, None if it had to be killed."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None

    @staticmethod
    def log():
        with open(LOG, errors="replace") as file:
            return file.read().strip()


def thaw_all(filesystems):
    """What the agent ought to have done. A process for each, since FITHAW may wait in the kernel.

    Returns the names of those that were still frozen.
    """
    children = {kernel.fork(lambda: kernel.thaw(fs.descriptor)): fs.name for fs in filesystems}
    return [name for pid, name in children.items() if os.waitpid(pid, 0)[1] != 0]


def end_processes(pids):
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        os.waitpid(pid, 0)


def unmount(folder):
    for _ in range(200):
        try:
            kernel.umount(folder)
            return
        except OSError:
            time.sleep(0.01)    # somebody's working directory; its process is about to end
    kernel.umount(folder, kernel.MNT_DETACH)


def leave(filesystems):
    """Unmount, the innermost first; an autoclear loop device goes with its filesystem."""
    for filesystem in reversed(filesystems):
        os.close(filesystem.descriptor)
        unmount(filesystem.folder)
