# SPDX-License-Identifier: MIT
"""A container made by hand, with the namespaces that Docker, Podman and systemd-nspawn use.

From a case: Container(argv, uid, ...), whose pid is the server's as seen from outside. As a program,
inside the arena: container.py OPTIONS (JSON), which makes the namespaces and becomes their first
process.
"""
import json
import os
import shutil
import signal
import subprocess
import sys

sys.path[:0] = ["/tests/support"]

import kernel                       # noqa: E402
from cases import within            # noqa: E402

PYTHON = "/usr/bin/python3"
USER_IDS = 524288     # where systemd-nspawn and Docker's userns-remap put a container's ids


class Container:
    """argv: runs as uid inside, as the first process.

    network: one of its own, as Docker and Podman have it; systemd-nspawn shares the machine's.
    ids: what uid 0 inside is outside. made_by: a user's uid; he can map no more than himself.
    binds: folders of the machine that are there at the same paths.
    """

    made = 0

    def __init__(self, argv, uid, network=True, ids=0, made_by=None, binds=(),
                 folders=(), env=None):
        Container.made += 1
        note = f"/run/container{Container.made}"
        options = {"argv": argv, "uid": uid, "network": network, "ids": ids,
                   "made_by": made_by, "binds": list(binds), "folders": list(folders),
                   "env": env or {}, "note": note}
        self.log = f"{note}.log"
        with open(self.log, "wb") as said:
            self.maker = subprocess.Popen([PYTHON, "-B", __file__, json.dumps(options)],
                                          stdin=subprocess.DEVNULL, stdout=said,
                                          stderr=said)
        self.pid = within(20, lambda: _number_in(note), self.said)

    def said(self):
        """What it and its server have printed."""
        return _text_of(self.log)

    def inside(self, path):
        """A path of the container, from outside."""
        return f"/proc/{self.pid}/root{path}"

    def has(self, path):
        return os.path.exists(self.inside(path))

    def run(self, *argv, cwd=None):
        """The output of a client that uses the container's network."""
        done = subprocess.run(["nsenter", "-t", str(self.pid), "-n", *argv], text=True, check=False,
                              capture_output=True, timeout=10, cwd=cwd)
        return done.stdout.strip()

    def kill(self):
        """Ends the server, and with it the namespace."""
        os.kill(self.pid, signal.SIGKILL)
        self.maker.wait(10)


def _text_of(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def _number_in(path):
    return int(_text_of(path) or 0)


def _write(path, text):
    with open(path, "w") as f:
        f.write(text)


def _own_ids(options):
    """Enters a user namespace. Its maker decides which ids it may have."""
    maker, user = os.getpid(), options["made_by"]
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:      # outside, with the rights to write the map
        os.read(ready[0], 1)
        ids = f"0 {options['ids']} 65536" if user is None else f"0 {user} 1"
        if user is not None:
            _write(f"/proc/{maker}/setgroups", "deny")
        _write(f"/proc/{maker}/uid_map", ids)
        _write(f"/proc/{maker}/gid_map", ids)
        os.write(go[1], b"x")
        os._exit(0)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    kernel.unshare(kernel.CLONE_NEWUSER)
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    os.waitpid(child, 0)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def _make_root(options):
    root = "/mnt"
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("container", root, "tmpfs", 0, "mode=755")
    for name in ("etc", "proc", "run", "tmp", "dev"):
        os.mkdir(f"{root}/{name}")
    os.chmod(f"{root}/tmp", 0o1777)
    for name in os.listdir("/"):
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
    for path in ("/usr", "/tests", "/dev", *options["binds"]):
        os.makedirs(f"{root}{path}", exist_ok=True)
        kernel.mount(path, f"{root}{path}", None, kernel.MS_BIND | kernel.MS_REC)
    for name in ("passwd", "group", "nsswitch.conf", "ld.so.cache"):
        if os.path.exists(f"/etc/{name}"):
            shutil.copyfile(f"/etc/{name}", f"{root}/etc/{name}")
    os.makedirs(f"{root}/var", exist_ok=True)
    os.symlink("/run", f"{root}/var/run")      # a link that leads astray from outside
    for folder in options["folders"]:
        os.makedirs(f"{root}{folder}")
        os.chown(f"{root}{folder}", options["uid"], options["uid"])
    kernel.mount("proc", f"{root}/proc", "proc")
    kernel.pivot_into(root)


def _become(options):
    if options["made_by"] is None:
        os.setgroups([])
    os.setresgid(*[options["uid"]] * 3)
    os.setresuid(*[options["uid"]] * 3)
    os.execvpe(options["argv"][0], options["argv"], {"PATH": os.environ["PATH"], **options["env"]})


def _first_process(options, under_way):
    os.close(under_way[0])      # the other end is closed when a program is executed
    _make_root(options)
    if options["network"]:
        kernel.own_network()
    _become(options)


def main():
    options = json.loads(sys.argv[1])
    note = os.open(options["note"], os.O_WRONLY | os.O_CREAT, 0o644)
    if options["ids"] or options["made_by"] is not None:
        _own_ids(options)
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
    under_way = os.pipe()
    first = os.fork()
    if first == 0:
        _first_process(options, under_way)
    os.close(under_way[1])
    os.read(under_way[0], 1)
    os.write(note, str(first).encode())
    os.waitpid(first, 0)


if __name__ == "__main__":
    main()
