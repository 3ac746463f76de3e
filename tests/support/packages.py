# SPDX-License-Identifier: MIT
"""packages.py SUITE...: the Debian packages that they need, one a line."""
import os
import sys

import debs
from cases import Skipped

_BUILD = ("gcc", "libc6-dev", "meson", "ninja-build", "pkgconf", "libglib2.0-dev",
          "libjson-c-dev", "libcmocka-dev", "python3")
_ARENAS = (*_BUILD, "e2fsprogs", "xfsprogs", "btrfs-progs", "util-linux", "procps", "strace",
           "python3-jsonschema")
_GUESTS = (*_BUILD, "clang", "e2fsprogs", "xfsprogs", "util-linux", "procps", "busybox-static",
           "qemu-system-x86", "qemu-utils", "libvirt-daemon", "libvirt-daemon-driver-qemu",
           "libvirt-clients", "python3-jsonschema", "lz4", "xz-utils", "zstd", "debootstrap",
           "debhelper", "dpkg-dev")
_FORMAT = (*_BUILD, "clang", "python3-clang", "clang-format", "shellcheck", "git", "mandoc", "groff",
           "bash-completion", "systemd", "python3-kconfiglib")
_SERVED = (*_ARENAS, "busybox-static", "curl")
_BENCH = (*_SERVED, "binutils", "mount")
AGENT = "qemu-guest-agent"
SERVERS = ("mariadb-server-core", "mariadb-client-core", "libmariadb3", "redis-tools")
# Not in every release.
MORE_SERVERS = ("mosquitto", "victoria-metrics", "valkey-tools")
# It has files of MariaDB's names.
MYSQL = "mysql-server-core"


def servers():
    """With PostgreSQL's, which have its version in their names."""
    return (*SERVERS, *filter(debs.is_known, MORE_SERVERS), *_postgresql())


def servers_of_other(options):
    """Of another release, with all libraries, MySQL's too: none of the machine's will do."""
    found = (*SERVERS, *(name for name in MORE_SERVERS if debs.is_known(name, options)),
             *_postgresql(options))
    more = mysql_of_other(options)
    return (*found, *debs.all_libraries(*found, *more, options=options))


def mysql_of_other(options):
    return [MYSQL] if debs.is_known(MYSQL, options) else []


def _postgresql(options=()):
    name = debs.newest("postgresql", options)
    return name, name.replace("postgresql", "postgresql-client")


def _nothing():
    return []


def _sanitizers():
    return [debs.newest("clang").replace("clang", "libclang-rt") + "-dev"]


# What starts by being installed is unpacked, and only its libraries are installed.
def _of_agent():
    return debs.libraries(AGENT)


def _of_servers():
    return debs.libraries(AGENT, *servers())


# Of each suite the packages with one name in all releases, and a function that asks apt for others.
_SUITES = {
    "format": (_FORMAT, _nothing),
    "unit": (_BUILD, _nothing),
    "sim": (_BUILD, _nothing),
    "fuzz": ((*_BUILD, "clang"), _sanitizers),
    "wire": (_ARENAS, _of_agent),
    "commands": (_ARENAS, _of_agent),
    "loop": (_ARENAS, _of_agent),
    "hooks": (_SERVED, _of_servers),
    "strangers": (_SERVED, _of_servers),
    "databases": (_SERVED, _of_servers),
    "vm": (_GUESTS, _of_agent),
    "shell": (_GUESTS, _of_agent),
    "matrix": ((*_ARENAS, *_GUESTS, "linux-libc-dev", "musl-tools"), _of_agent),
    "releases": (("python3", "debootstrap"), _nothing),
    "kills": (_SERVED, _of_servers) if os.environ.get("FULL") else (_ARENAS, _of_agent),
    "bench": (_BENCH, _of_servers),
}


def needed(suites):
    found = set()
    for suite in suites:
        fixed, ask = _SUITES[suite]
        found.update(fixed)
        try:
            found.update(debs.renewing(ask))
        except Skipped as e:   # no lists and no network; what is needed may be there all the same
            print(f"# apt cannot be asked what {suite} needs besides: {e}", file=sys.stderr)
    return sorted(found)


def main():
    suites = [word for word in sys.argv[1:] if "=" not in word]   # others are cells of suite matrix
    unknown = [suite for suite in suites if suite not in _SUITES]
    if unknown:
        print(f"no suite '{unknown[0]}'; there are: {' '.join(_SUITES)}", file=sys.stderr)
        sys.exit(1)
    print("\n".join(needed(suites)))


if __name__ == "__main__":
    main()
