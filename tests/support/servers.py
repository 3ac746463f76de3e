# SPDX-License-Identifier: MIT
"""Debian's database servers, unpacked and never installed: nothing of them starts on the machine.

From outside the arenas: fetch() unpacks the packages into a build folder, make() copies what is
needed into the arenas' tools, with a data directory of each that is initialized once.

Of another release of Debian than the machine's the libraries come, too, down to the C library, and take
the place of the machine's in the arenas. A program runs on a newer C library than its own.
"""
import contextlib
import glob
import os
import shutil
import subprocess

import debs
import kernel
import packages
import releases
import toolroot
from cases import Skipped

# What the hooks call, and what a copy is made and judged with.
PROGRAMS = ("timeout", "setpriv", "mktemp", "mkfifo", "stat", "sed", "tr", "sort", "true", "cp",
            "sync", "grep", "chown", "chmod", "mv", "date", "dirname", "basename", "find",
            "readlink", "ln", "awk", "od", "cut", "nsenter", "curl")
PG = "usr/lib/postgresql/*"   # one version
MYSQL_UID, POSTGRES_UID, REDIS_UID = 901, 902, 903
_FILES = {"usr/sbin/mariadbd": None, "usr/bin/mariadb": None, "usr/bin/redis-cli": None,
          "usr/bin/redis-check-rdb": "usr/bin/redis-server",
          f"{PG}/bin/psql": "usr/bin/psql", f"{PG}/bin/postgres": None, f"{PG}/bin/initdb": None}
_NOT_EVERYWHERE = {"usr/sbin/mosquitto": None, "usr/bin/victoria-metrics": None,
                   "usr/bin/valkey-cli": None, "usr/bin/valkey-check-rdb": "usr/bin/valkey-server"}
# The client's methods, among them those that send a password in clear.
METHODS = "usr/lib/*/libmariadb3/plugin"
_FOLDERS = ("usr/share/mysql", "usr/share/mariadb", f"{PG}/lib", "usr/share/postgresql/*")
# A root of its own, because it has files of MariaDB's names.
MYSQL = "/opt/mysql"
_UNUSED = shutil.ignore_patterns("llvmjit*", "bitcode", "pgxs", "man", "*.bc")
_LIBRARIES = ("usr/lib/*-linux-gnu*/*.so*", "usr/lib64/*.so*")


def chosen():
    """The release that $RELEASE names, if it is not the machine's; else None."""
    release = os.environ.get("RELEASE")
    return release if release != releases.codename() else None


def newer():
    """The release whose servers are tried besides the machine's, unless $RELEASE names one; or None."""
    return None if os.environ.get("RELEASE") else releases.row()["newer"]


def fetch(folder, release):
    """Where the packages are unpacked, in this folder or one beside it for another release (None: the
    machine's); or None and why not."""
    folder += f"-{release}" if release else ""
    root = f"{folder}/root"
    if _is_complete(folder, release):
        return root, ""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        if release:
            options = debs.own_lists(f"{folder}/apt", release)
            debs.unpack(root, packages.servers_of_other(options), options)
            for package in packages.mysql_of_other(options):
                debs.unpack(f"{root}{MYSQL}", [package], options)
        else:
            debs.renewing(lambda: debs.unpack(root, packages.servers()))
    except Skipped as e:
        return None, str(e)
    with open(f"{folder}/complete", "w") as f:
        f.write(_wanted(release))
    return root, ""


def _wanted(release):
    """Told without apt: what is complete is used without a network."""
    return " ".join((release or releases.codename(), *packages.SERVERS, *packages.MORE_SERVERS))


def _is_complete(folder, release):
    try:
        with open(f"{folder}/complete") as f:
            return f.read() == _wanted(release)
    except FileNotFoundError:
        return False


def _the_one(pattern, root):
    found = glob.glob(pattern, root_dir=root)
    if len(found) != 1:
        raise RuntimeError(f"{pattern} is not one file in {root}: {found}")
    return found[0]


def make(tools, unpacked, release):
    """Adds the servers, their libraries, users and data directories to the arenas' tools."""
    files = []
    for pattern, place in _FILES.items():
        files.append(_copy(unpacked, _the_one(pattern, unpacked), tools, place))
    for name, place in _NOT_EVERYWHERE.items():
        if os.path.exists(f"{unpacked}/{name}"):
            files.append(_copy(unpacked, name, tools, place))
    for name in glob.glob(f"{METHODS}/*.so", root_dir=unpacked):
        files.append(_copy(unpacked, name, tools))
    for pattern in _FOLDERS:
        for name in glob.glob(pattern, root_dir=unpacked):
            shutil.copytree(f"{unpacked}/{name}", f"{tools}/{name}", ignore=_UNUSED, symlinks=True)
    files += glob.glob(f"{unpacked}/{PG}/lib/*.so")
    toolroot.add_programs(tools, (*PROGRAMS, "busybox"), [] if release else files, {"busybox"})
    if release:
        _take_libraries(tools, unpacked)
    _add_users(tools)
    os.makedirs(f"{tools}/templates")
    with _mounted(tools, unpacked):
        _initialize_mariadb(tools)
        _initialize_postgres(tools)
        if os.path.exists(f"{unpacked}{MYSQL}"):
            shutil.copytree(f"{unpacked}{MYSQL}", f"{tools}{MYSQL}", symlinks=True)
            _initialize_mysql(tools)


def _copy(unpacked, name, tools, place=None):
    """The path of the file that was copied."""
    target = f"{tools}/{place or name}"
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy2(f"{unpacked}/{name}", target)
    return f"{unpacked}/{name}"


def _take_libraries(tools, unpacked):
    """In the place of the machine's."""
    for name in (path for pattern in _LIBRARIES for path in glob.glob(pattern, root_dir=unpacked)):
        if os.path.lexists(f"{tools}/{name}"):
            os.unlink(f"{tools}/{name}")
        shutil.copy2(f"{unpacked}/{name}", f"{tools}/{name}", follow_symlinks=False)
    # Of some packages the link that programs ask for is made at the installation only.
    subprocess.run(["ldconfig", "-n", *glob.glob(f"{tools}/usr/lib/*-linux-gnu*")], check=True)


def _add_users(tools):
    """Of the machine's own users of these names nothing is known."""
    uids = {"mysql": MYSQL_UID, "postgres": POSTGRES_UID, "redis": REDIS_UID}
    for file, line in (("passwd", "{0}:x:{1}:{1}::/nonexistent:/bin/false\n"),
                       ("group", "{0}:x:{1}:\n")):
        with open(f"{tools}/etc/{file}") as f:
            others = [text for text in f if text.split(":")[0] not in uids]
        with open(f"{tools}/etc/{file}", "w") as f:
            f.writelines(others + [line.format(name, uid) for name, uid in uids.items()])


@contextlib.contextmanager
def _mounted(tools, unpacked):
    """The packages, with what is not copied, the devices and a /tmp, in the tools as a root."""
    places = {unpacked: f"{tools}/unpacked", "/dev": f"{tools}/dev"}
    for path, place in places.items():
        os.makedirs(place, exist_ok=True)
        kernel.mount(path, place, None, kernel.MS_BIND)
    os.mkdir(f"{tools}/tmp")
    os.chmod(f"{tools}/tmp", 0o1777)
    try:
        yield
    finally:
        shutil.rmtree(f"{tools}/tmp")
        for place in places.values():
            kernel.umount(place, kernel.MNT_DETACH)
            os.rmdir(place)


def _run(tools, uid, *argv):
    """With the tools as its root."""
    run = subprocess.run(["chroot", f"--userspec={uid}:{uid}", "--groups=", tools, *argv],
                         capture_output=True, text=True, check=False,
                         env={"PATH": "/usr/bin:/usr/sbin:/bin", "TZ": "GMT"})
    if run.returncode != 0:
        raise RuntimeError(f"{argv[0]}: {(run.stdout + run.stderr)[-2000:]}")


def _template(tools, name, uid):
    """An empty folder of the server's, as the tools name it."""
    os.mkdir(f"{tools}/templates/{name}", 0o700)
    os.chown(f"{tools}/templates/{name}", uid, uid)
    return f"/templates/{name}"


def _initialize_mariadb(tools):
    data = _template(tools, "mariadb", MYSQL_UID)
    _run(tools, MYSQL_UID, "/unpacked/usr/bin/mariadb-install-db", "--no-defaults",
         "--basedir=/unpacked/usr", f"--datadir={data}", "--auth-root-authentication-method=socket",
         "--skip-test-db", "--skip-name-resolve", "--force", "--innodb-log-file-size=8M")


def _initialize_mysql(tools):
    """Its root has no password."""
    data = _template(tools, "mysql", MYSQL_UID)
    _run(tools, MYSQL_UID, f"{MYSQL}/usr/sbin/mysqld", "--no-defaults", f"--basedir={MYSQL}/usr",
         f"--datadir={data}", "--initialize-insecure", "--innodb-redo-log-capacity=16M")


def _initialize_postgres(tools):
    data = _template(tools, "postgres", POSTGRES_UID)
    _run(tools, POSTGRES_UID, f"/{_the_one(PG, tools)}/bin/initdb", "-D", data, "-U", "postgres",
         "--auth-local=peer", "--auth-host=reject", "--no-locale", "--encoding=UTF8", "--no-sync",
         "--wal-segsize=1")
