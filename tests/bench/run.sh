#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh tests/bench/run.sh [--rounds N]     frost-ga against Debian's qemu-ga; writes tests/bench/results/
# sh tests/bench/run.sh --peer 10.0      with this qemu-ga, too, in the rows of disks and growth
# sh tests/bench/run.sh --quick          one tiny round of every row, to check the bench itself
# sh tests/bench/run.sh [...] GROUP...   only some: size talk footprint clean growth ext4 xfs hooks; writes nothing
# sh tests/bench/run.sh pictures         measures what results/*.svg show and draws them; with --draw
#                                        only draws results/pictures.json again
# sh tests/bench/run.sh namespaces       what a plan costs on a machine with many containers
# sh tests/bench/run.sh gentle [CELL...] what programs notice of a freeze over much unwritten data; with
#                                        --peer 10.0 and --with 'NAME=PATH OPTION...' of others, too
#
# As root on Debian 12 or 13: installs what it needs, builds a release in build-bench/, and freezes only
# filesystems of its own, in a private namespace (see tests/README.md).
set -eu

die() {
    echo "tests/bench/run.sh: $1" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || die "must be run by root: it makes namespaces and loop devices"
tree=$(cd "$(dirname "$0")/../.." && pwd)
# meson is /usr/bin's, with /usr/bin's Python; another one in PATH may lack its modules.
PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export PATH
# shellcheck source=tests/support/install.sh
. "$tree/tests/support/install.sh"
install_for "$tree/tests/support" bench
program=bench.py
case ${1:-} in
    pictures | namespaces | gentle)
        program=$1.py
        shift
        ;;
esac
exec /usr/bin/python3 -B "$tree/tests/bench/$program" "$tree" "$@"
