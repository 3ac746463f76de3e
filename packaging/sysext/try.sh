#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh packaging/sysext/try.sh [FOLDER]   merges what build.sh made there, in a mount namespace of its own
#
# systemd-sysext lays it over this system's /usr, the program is asked, and systemd's own tools look at
# the unit as it is found there; then it is taken away again. Needs root; nothing outside changes.
set -eu

tree=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$tree/build-sysext}
[ -n "${FROST_SYSEXT_INSIDE:-}" ] ||
    FROST_SYSEXT_INSIDE=1 exec unshare --mount --propagation private sh "$0" "$out"

say() {
    echo "ok: $1"
}

# It merges in a namespace of its own and relies on propagation: shared, but only in here.
mount --make-rshared /
mount -t tmpfs extensions /run
mkdir -p /run/extensions
cp -r "$out/frost-ga" /run/extensions/
systemd-sysext merge
trap 'systemd-sysext unmerge' EXIT

systemd-sysext status --no-legend --no-pager | grep -q frost-ga
say "systemd-sysext takes it"
[ "$(command -v frost-ga)" = /usr/bin/frost-ga ]
frost-ga --version
say "the program runs from /usr"
systemd-analyze verify --man=no --recursive-errors=no qemu-guest-agent.service
say "systemd accepts the unit under its name"
[ -e /usr/lib/udev/rules.d/60-qemu-guest-agent.rules ]
say "the udev rule is where udev looks"
frost-ga plan --json >/run/plan || [ $? -eq 2 ]
grep -q '"format": "frost-ga plan"' /run/plan
say "it sees this machine's filesystems"
systemd-sysext unmerge
trap - EXIT
if [ -e /usr/bin/frost-ga ]; then
    echo "try.sh: it is still there" >&2
    exit 1
fi
say "nothing of it is left"
