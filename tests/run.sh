#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh tests/run.sh [SUITE...]      suites: format unit fuzz wire commands loop hooks databases vm (all of
#                                 them, in this order)
# FULL=1 sh tests/run.sh          their long form
# ONLY=TEXT sh tests/run.sh loop  of all but format, unit and fuzz only the cases with TEXT in
#                                 module/name
#
# sh tests/run.sh shell [root] [backports]   a virtual machine with the agent in it, and a shell
#                                 there; root: its root is ext4 on a disk, backports: that kernel
#
# KERNEL=backports sh tests/run.sh vm         its guests on the newest kernel of Debian's backports
#
# As root on Debian 12: installs what the chosen suites need, builds in build-test-*/ and runs.
# The last line is "N passed, N failed, N skipped".
set -eu

die() {
    echo "tests/run.sh: $1" >&2
    exit 1
}

# Which Debian packages a suite needs.
packages_of() {
    build="gcc libc6-dev meson ninja-build pkg-config libglib2.0-dev libjson-c-dev libcmocka-dev"
    build="$build python3"
    reference="libglib2.0-0 libnuma1 liburing2 libudev1"
    case "$1" in
    format) echo "$build clang clang-format shellcheck git mandoc groff bash-completion systemd python3-kconfiglib" ;;
    unit) echo "$build" ;;
    fuzz) echo "$build clang libclang-rt-14-dev" ;;
    databases)
        # Of the servers themselves only libraries: what starts by being installed is unpacked.
        servers="libaio1 libatomic1 libedit2 libgssapi-krb5-2 libicu72 libjemalloc2 libldap-2.5-0"
        servers="$servers liblz4-1 liblzf1 libncurses6 libpam0g libpq5 libreadline8 libssl3"
        servers="$servers libsystemd0 libxml2 libxslt1.1 libzstd1 coreutils sed"
        echo "$(packages_of loop) $servers"
        ;;
    wire | commands | loop | hooks)
        echo "$build $reference e2fsprogs xfsprogs btrfs-progs util-linux procps strace"
        [ -z "${FULL:-}" ] || echo clang
        ;;
    vm | shell)
        echo "$build clang $reference e2fsprogs xfsprogs util-linux procps busybox-static"
        echo "qemu-system-x86 qemu-utils libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients"
        echo "lz4 xz-utils zstd debootstrap debhelper dpkg-dev"
        ;;
    *) die "no suite '$1'; there are: format unit fuzz wire commands loop hooks databases vm" ;;
    esac
}

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'
}

missing_of() {
    for package; do
        is_installed "$package" || echo "$package"
    done | sort -u
}

# Names are words without blanks: splitting is meant.
# shellcheck disable=SC2086
install_missing() {
    missing=$(missing_of $1)
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || die "needs these packages, and apt-get to install them: $missing"
    export DEBIAN_FRONTEND=noninteractive
    echo "# installing:" $missing
    if ! apt-get install -y -q --no-install-recommends $missing >/tmp/frost-apt.$$ 2>&1; then
        apt-get update -q >>/tmp/frost-apt.$$ 2>&1 || true
        if ! apt-get install -y -q --no-install-recommends $missing >>/tmp/frost-apt.$$ 2>&1; then
            cat /tmp/frost-apt.$$ >&2
            rm -f /tmp/frost-apt.$$
            die "apt-get cannot install: $missing"
        fi
    fi
    rm -f /tmp/frost-apt.$$
}

[ $# -gt 0 ] || set -- format unit fuzz wire commands loop hooks databases vm
suites="$*"
[ "$1" != shell ] || suites=shell
tree=$(cd "$(dirname "$0")/.." && pwd)
packages=
for suite in $suites; do
    packages="$packages $(packages_of "$suite")" || exit 1
done
[ "$(id -u)" -eq 0 ] || die "must be run by root: it makes namespaces and loop devices"
install_missing "$packages"

# meson is /usr/bin's, with /usr/bin's Python; another one in PATH may lack its modules.
PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export PATH
program=suites.py
if [ "$1" = shell ]; then
    program=guestshell.py
    shift
fi
exec /usr/bin/python3 -B "$tree/tests/support/$program" "$tree" "$@"
