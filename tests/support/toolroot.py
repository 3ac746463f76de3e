# SPDX-License-Identifier: MIT
"""Copies the tools that an arena needs, with their libraries, into a directory in memory."""
import os
import re
import shutil
import subprocess
import sys
import sysconfig

PROGRAMS = ("sh", "cat", "head", "sleep", "touch", "mkdir", "rm", "ls", "id", "env", "kill", "setsid",
            "setpriv", "mkfifo", "fsfreeze", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "strace")
OPTIONAL = {"mkfs.vfat", "strace"}
_PACKAGES = "/usr/lib/python3/dist-packages"
_VALIDATOR = re.compile(r"(jsonschema|attrs?|pyrsistent|_pyrsistent|pvectorc|referencing|rpds|"
                        r"typing_extensions|importlib_resources|pkgutil_resolve)[-_.]?")
_SKIP = shutil.ignore_patterns("test", "tests", "idlelib", "tkinter", "ensurepip", "lib2to3",
                               "config-*", "dist-packages", "site-packages", "turtledemo",
                               "pydoc_data", "distutils", "*.a")


def _libraries(files):
    """What ldd says that files load, each by the path the loader asks for."""
    run = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False)
    return sorted(set(re.findall(r"(?:=> |^\s+)(/\S+) \(0x", run.stdout, re.M)))


def _copy(path, root, target=None):
    target = root + (target or path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.exists(target):
        shutil.copy2(path, target)


def add_programs(root, names, others=(), optional=()):
    """Copies programs, and the libraries that they and the other files load."""
    files = list(others)
    for name in names:
        found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if found:
            files.append(found)
            _copy(found, root, f"/usr/bin/{name}")
        elif name not in optional:
            raise FileNotFoundError(f"{name} is not installed")
    for library in _libraries(files):
        _copy(library, root)


def _add_validator(folder):
    """Debian's python3-jsonschema and what it imports, which differs from release to release."""
    sources = [f"{_PACKAGES}/{name}" for name in os.listdir(_PACKAGES) if _VALIDATOR.match(name)]
    for source in sources:
        target = f"{folder}/{os.path.basename(source)}"
        if os.path.isdir(source):
            shutil.copytree(source, target, ignore=_SKIP)
        else:
            shutil.copy2(source, target)


def make(root, agents, tree):
    """Fills root; agents is {name: path of the binary}, tree the source root.

    The binaries are put under /agent, the tests under /tests.
    """
    for name in ("bin", "sbin", "lib", "lib64", "lib32"):
        os.makedirs(f"{root}/usr/{name}", exist_ok=True)
        if os.path.islink(f"/{name}"):
            os.symlink(f"usr/{name}", f"{root}/{name}")
    files = [os.path.realpath(sys.executable)]
    _copy(files[0], root, "/usr/bin/python3")
    for name, binary in agents.items():
        files.append(binary)
        _copy(binary, root, f"/agent/{name}")
    stdlib = sysconfig.get_path("stdlib")
    shutil.copytree(stdlib, root + stdlib, ignore=_SKIP, symlinks=True, dirs_exist_ok=True)
    modules = f"{stdlib}/lib-dynload"
    files += [f"{modules}/{name}" for name in os.listdir(modules)]
    add_programs(root, PROGRAMS, files, OPTIONAL)
    os.makedirs(f"{root}/etc")
    for name in ("passwd", "group", "nsswitch.conf", "ld.so.cache", "mke2fs.conf"):
        if os.path.exists(f"/etc/{name}"):
            shutil.copy2(f"/etc/{name}", f"{root}/etc/{name}")
    for name in ("support", "wire", "commands", "loop", "databases", "hooks", "window", "data"):
        shutil.copytree(f"{tree}/tests/{name}", f"{root}/tests/{name}",
                        ignore=shutil.ignore_patterns("*.c", "*.h", "*.sh", "meson.build"))
    shutil.copytree(f"{tree}/packaging/hooks", f"{root}/hooks",
                    ignore=shutil.ignore_patterns("meson.build", "*.md"))
    shutil.copytree(f"{tree}/packaging/schema", f"{root}/schema")
    shutil.copytree(f"{tree}/packaging/host", f"{root}/host")
    _add_validator(f"{root}{stdlib}")
