# SPDX-License-Identifier: MIT
"""Debian's database servers, unpacked and never installed: nothing of them starts on the machine.

From outside the arenas: fetch() unpacks the packages into a build folder, make() copies what is
needed into the arenas' tools, with a data directory of each that is initialized once.
"""
import glob
import os
import shutil
import subprocess

import debs
import toolroot
from cases import Skipped

PACKAGES = ("mariadb-server-core", "mariadb-client-core", "postgresql-15", "postgresql-client-15",
            "redis-tools")
# What the hooks call, and what a copy is made and judged with.
PROGRAMS = ("timeout", "setpriv", "mktemp", "mkfifo", "stat", "sed", "tr", "sort", "true", "cp",
            "sync", "grep", "chown", "chmod", "mv", "date", "dirname", "basename")
PG = "usr/lib/postgresql/15"
MYSQL_UID, POSTGRES_UID, REDIS_UID = 901, 902, 903
_FILES = {"usr/sbin/mariadbd": None, "usr/bin/mariadb": None, "usr/bin/redis-cli": None,
          "usr/bin/redis-check-rdb": "usr/bin/redis-server",
          f"{PG}/bin/psql": "usr/bin/psql", f"{PG}/bin/postgres": None, f"{PG}/bin/initdb": None}
_FOLDERS = ("usr/share/mysql/english", "usr/share/mysql/charsets", f"{PG}/lib",
            "usr/share/postgresql/15")
_UNUSED = shutil.ignore_patterns("llvmjit*", "bitcode", "pgxs", "man", "*.bc")


def fetch(folder):
    """The folder that the packages are unpacked in, or None and why not."""
    root = f"{folder}/root"
    if os.path.exists(f"{folder}/complete"):
        return root, ""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        debs.renewing(lambda: debs.unpack(root, PACKAGES))
    except Skipped as e:
        return None, str(e)
    open(f"{folder}/complete", "w").close()
    return root, ""


def make(tools, unpacked):
    """Adds the servers, their libraries, users and data directories to the arenas' tools."""
    files = []
    for name, other in _FILES.items():
        target = f"{tools}/{other or name}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(f"{unpacked}/{name}", target)
        files.append(f"{unpacked}/{name}")
    for name in _FOLDERS:
        shutil.copytree(f"{unpacked}/{name}", f"{tools}/{name}", ignore=_UNUSED, symlinks=True)
    files += glob.glob(f"{unpacked}/{PG}/lib/*.so")
    toolroot.add_programs(tools, PROGRAMS, files)
    _add_users(tools)
    os.makedirs(f"{tools}/templates")
    _initialize_mariadb(unpacked, f"{tools}/templates/mariadb")
    _initialize_postgres(tools, f"{tools}/templates/postgres")


def _add_users(tools):
    """Of the machine's own users of these names nothing is known."""
    uids = {"mysql": MYSQL_UID, "postgres": POSTGRES_UID, "redis": REDIS_UID}
    for file, line in (("passwd", "{0}:x:{1}:{1}::/nonexistent:/bin/false\n"),
                       ("group", "{0}:x:{1}:\n")):
        with open(f"{tools}/etc/{file}") as f:
            others = [text for text in f if text.split(":")[0] not in uids]
        with open(f"{tools}/etc/{file}", "w") as f:
            f.writelines(others + [line.format(name, uid) for name, uid in uids.items()])


def _run(*argv, **how):
    run = subprocess.run(argv, capture_output=True, text=True, check=False, **how)
    if run.returncode != 0:
        raise RuntimeError(f"{argv[0]}: {(run.stdout + run.stderr)[-2000:]}")


def _give(folder, uid):
    for where, folders, files in os.walk(folder):
        for path in (where, *(f"{where}/{name}" for name in files)):
            os.chown(path, uid, uid)


def _initialize_mariadb(unpacked, data):
    _run(f"{unpacked}/usr/bin/mariadb-install-db", "--no-defaults", f"--basedir={unpacked}/usr",
         f"--datadir={data}", "--user=root", "--auth-root-authentication-method=socket",
         "--skip-test-db", "--innodb-log-file-size=8M")
    _give(data, MYSQL_UID)


def _initialize_postgres(tools, data):
    """As nobody, since initdb refuses root and its user must have a name on this machine."""
    os.mkdir(data, 0o700)
    os.chown(data, 65534, 65534)
    _run(f"{tools}/{PG}/bin/initdb", "-D", data, "-U", "postgres", "--auth-local=peer",
         "--auth-host=reject", "--no-locale", "--encoding=UTF8", "--no-sync", "--wal-segsize=1",
         user=65534, group=65534, extra_groups=[], cwd="/",
         env={"PATH": "/usr/bin:/bin", "TZ": "GMT"})
    _give(data, POSTGRES_UID)
