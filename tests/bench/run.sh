#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh tests/bench/run.sh [--rounds N]     frost-ga against Debian's qemu-ga; writes tests/bench/results/
# sh tests/bench/run.sh --quick          one tiny round of every row, to check the bench itself
# sh tests/bench/run.sh [...] GROUP...   only some: size talk footprint clean ext4 xfs hooks; writes nothing
# sh tests/bench/run.sh pictures         measures what results/*.svg show and draws them; with --draw
#                                        only draws results/pictures.json again
#
# As root on Debian 12: installs what it needs, builds a release in build-bench/, and freezes only
# filesystems of its own, in a private namespace (see tests/README.md).
set -eu

die() {
    echo "tests/bench/run.sh: $1" >&2
    exit 1
}

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'
}

missing=
for package in gcc libc6-dev binutils meson ninja-build pkg-config libglib2.0-dev libjson-c-dev \
    python3 strace e2fsprogs xfsprogs btrfs-progs util-linux mount \
    libglib2.0-0 libnuma1 liburing2 libudev1 \
    libaio1 libatomic1 libedit2 libgssapi-krb5-2 libicu72 libjemalloc2 libldap-2.5-0 liblz4-1 liblzf1 \
    libncurses6 libpam0g libpq5 libreadline8 libssl3 libsystemd0 libxml2 libxslt1.1 libzstd1; do
    is_installed "$package" || missing="$missing $package"
done

[ "$(id -u)" -eq 0 ] || die "must be run by root: it makes namespaces and loop devices"
if [ -n "$missing" ]; then
    command -v apt-get >/dev/null || die "needs these packages, and apt-get to install them:$missing"
    export DEBIAN_FRONTEND=noninteractive
    echo "# installing:$missing"
    # Names are words without blanks: splitting is meant.
    # shellcheck disable=SC2086
    apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || {
        apt-get update -q >/dev/null
        apt-get install -y -q --no-install-recommends $missing >/dev/null
    } || die "apt-get cannot install:$missing"
fi

tree=$(cd "$(dirname "$0")/../.." && pwd)
# meson is /usr/bin's, with /usr/bin's Python; another one in PATH may lack its modules.
PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export PATH
program=bench.py
if [ "${1:-}" = pictures ]; then
    program=pictures.py
    shift
fi
exec /usr/bin/python3 -B "$tree/tests/bench/$program" "$tree" "$@"
