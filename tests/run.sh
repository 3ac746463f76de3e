#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh tests/run.sh [SUITE...]      suites: format unit fuzz sim wire commands loop hooks databases vm
#                                 matrix releases kills (all of them, in this order)
# FULL=1 sh tests/run.sh          their long form
# sh tests/run.sh matrix processor=arm64   cells of suite matrix by name (support/matrix.py)
# sh tests/run.sh strangers       a part of hooks: processes that only look like servers
# ONLY=TEXT sh tests/run.sh loop  of all but format, unit, fuzz and sim only the cases with TEXT in
#                                 module/name
#
# sh tests/run.sh shell [root] [newest]   a virtual machine with the agent in it, and a shell there;
#                                 root: its root is ext4 on a disk, newest: the newest kernel
#
# KERNEL=trixie-backports sh tests/run.sh vm  its guests on this kernel (support/guestkernel.py)
# RELEASE=sid sh tests/run.sh releases        on this release of Debian, not on the one beside ours
# RELEASE=sid sh tests/run.sh databases       with the servers of this release only (strangers, too)
# SEAL=kill sh tests/run.sh loop              with a parser and freezer that a filter of calls kills
#                                 (README.md, "The kill form"); without a suite: all that have it
#
# As root on Debian 12 or 13: installs what the chosen suites need, builds in build-test-*/ and runs.
# The last line is "N passed, N failed, N skipped".
set -eu

die() {
    echo "tests/run.sh: $1" >&2
    exit 1
}

case ${SEAL:-} in
'') [ $# -gt 0 ] || set -- format unit fuzz sim wire commands loop hooks databases vm matrix releases kills ;;
kill) [ $# -gt 0 ] || set -- unit wire commands loop hooks databases matrix ;;
*) die "SEAL can be kill, or not be set" ;;
esac
suites="$*"
[ "$1" != shell ] || suites=shell
tree=$(cd "$(dirname "$0")/.." && pwd)
[ "$(id -u)" -eq 0 ] || die "must be run by root: it makes namespaces and loop devices"
# meson is /usr/bin's, with /usr/bin's Python; another one in PATH may lack its modules.
PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export PATH
# shellcheck source=tests/support/install.sh
. "$tree/tests/support/install.sh"
# Names are words without blanks: splitting is meant.
# shellcheck disable=SC2086
install_for "$tree/tests/support" $suites
[ -z "${FULL:-}" ] || install_missing clang

program=suites.py
if [ "$1" = shell ]; then
    program=guestshell.py
    shift
fi
exec /usr/bin/python3 -B "$tree/tests/support/$program" "$tree" "$@"
