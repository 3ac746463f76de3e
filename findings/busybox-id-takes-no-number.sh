#!/bin/sh
# SPDX-License-Identifier: MIT
#
# busybox 1.35.0 (Debian's busybox-static 1:1.35.0-4+deb12u1+b1): `id NUMBER`
#
# Expected: as coreutils' id, which takes a user's number where it takes a name.
# Seen:     only names: `id 0` fails with "unknown user 0", although `id root` answers. Its setpriv
#           has no --reuid either. A script that learns a process's uid and asks `id` for its name, or that
#           wants to become that user by number, works with coreutils and util-linux only.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

version=1:1.35.0-4+deb12u1+b1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download "busybox-static=$version" coreutils=9.1-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done

ask() {
    printf '%s: ' "$*"
    shift
    LC_ALL=C "$@" 2>&1 || true
}

{
    ask coreutils root/usr/bin/id -un 0
    ask busybox root/bin/busybox id -un root
    ask busybox root/bin/busybox id -un 0
    printf 'busybox setpriv --reuid: '
    if root/bin/busybox setpriv --reuid=0 true >/dev/null 2>&1; then echo yes; else echo no; fi
} | tee seen

cat >expected <<'SEEN'
coreutils root/usr/bin/id -un 0: root
busybox root/bin/busybox id -un root: root
busybox root/bin/busybox id -un 0: id: unknown user 0
busybox setpriv --reuid: no
SEEN
diff expected seen
