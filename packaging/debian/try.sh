#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh packaging/debian/try.sh DEB   the package in a fresh Debian, without systemd and without a freeze
#
# As root, in the machine's release. In a root of its own (debootstrap, kept in build-deb-root in the
# tree) and a mount, PID and network namespace: qemu-guest-agent with settings of its own is replaced by DEB with one command of
# apt, put back with another, replaced again, and purged. Nothing may ask, no setting may be lost, and
# after the purge nothing may be left. Then the scripts for other inits are tried with Debian's OpenRC,
# runit and busybox. What needs a booted machine is tried by the suite vm.
set -eu

tree=$(cd "$(dirname "$0")/../.." && pwd)
root=$tree/build-deb-root
. /etc/os-release
case "$PRETTY_NAME" in
*sid*) release=sid ;;
*) release=$VERSION_CODENAME ;;
esac
packages="qemu-guest-agent,libjson-c5,python3,lsb-base"
inits="openrc libeinfo1 librc1 insserv runit runit-run runit-helper sysuser-helper busybox"

die() {
    echo "try.sh: $1" >&2
    exit 1
}

[ -f "${1:-}" ] || die "which package? sh packaging/debian/try.sh DEB"
[ "$(id -u)" -eq 0 ] || die "must be run by root"

# With what the agents need, so that apt has nothing to fetch later; the package of qemu-ga is kept.
if [ ! -f "$root/made-of-$release" ]; then
    rm -rf "$root"
    debootstrap --variant=minbase --include="$packages" "$release" "$root" >"$root.log" 2>&1 ||
        die "debootstrap: see $root.log"
    (cd "$root" && apt-get -o APT::Sandbox::User=root download -q qemu-guest-agent >/dev/null &&
        mv qemu-guest-agent_*.deb qga.deb && mkdir inits && cd inits &&
        echo "$inits" | xargs apt-get -o APT::Sandbox::User=root download -q >/dev/null)
    chroot "$root" dpkg --purge qemu-guest-agent >/dev/null
    touch "$root/made-of-$release"
fi
cp "$1" "$root/frost-ga.deb"
cp "$tree/packaging/debian/try-inside.sh" "$tree/packaging/debian/try-inits.sh" "$root/"
mkdir -p "$root/scripts"
cp "$tree/packaging/busybox/S90qemu-guest-agent" "$tree/packaging/runit/run" \
    "$tree/packaging/openrc/qemu-guest-agent" "$tree/packaging/openrc/qemu-guest-agent.confd" \
    "$root/scripts/"
# shellcheck disable=SC2016
exec unshare --mount --pid --fork --net --propagation private \
    sh -c 'mount -t tmpfs try "$1/mnt" && mkdir "$1/mnt/upper" "$1/mnt/work" "$1/mnt/root" &&
        mount -t overlay -o "lowerdir=$1,upperdir=$1/mnt/upper,workdir=$1/mnt/work" try "$1/mnt/root" &&
        mount -t proc proc "$1/mnt/root/proc" && mount -t tmpfs run "$1/mnt/root/run" &&
        exec chroot "$1/mnt/root" sh /try-inside.sh' try "$root"
