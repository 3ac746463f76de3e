#!/bin/sh
# SPDX-License-Identifier: MIT
#
# promtool 2.42.0 (Debian's prometheus 2.42.0+ds-5+deb12u1): `promtool check metrics`
#
# Expected: it refuses what a scrape refuses, so that figures which pass can be collected.
# Seen:     one series with two values, a family whose samples are in two places, and a counter below zero
#           pass without a word, exit status 0. A label that is given twice, or a second TYPE line, is
#           refused. Whoever checks an exporter with it has to look for series that come twice himself.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download prometheus=2.42.0+ds-5+deb12u1 >/dev/null
dpkg-deb -x ./*.deb root

# What the file is called, and its lines.
ask() {
    what=$1
    shift
    printf '%s\n' "$@" >figures
    status=0
    root/usr/bin/promtool check metrics <figures >said 2>&1 || status=$?
    printf '%s: %s, %s words\n' "$what" "$status" "$(wc -w <said)"
}

{
    ask 'one series twice' '# HELP lamp_lit Is it lit.' '# TYPE lamp_lit gauge' 'lamp_lit 1' 'lamp_lit 0'
    ask 'a family in two places' \
        '# HELP lamp_lit Is it lit.' '# TYPE lamp_lit gauge' 'lamp_lit{room="a"} 1' \
        '# HELP door_open Is it open.' '# TYPE door_open gauge' 'door_open 1' 'lamp_lit{room="b"} 1'
    ask 'a counter below zero' '# HELP bulbs_total Bulbs.' '# TYPE bulbs_total counter' 'bulbs_total -3'
    ask 'a label twice' '# HELP lamp_lit Is it lit.' '# TYPE lamp_lit gauge' 'lamp_lit{room="a",room="b"} 1'
} | tee seen

cat >expected <<'SEEN'
one series twice: 0, 0 words
a family in two places: 0, 0 words
a counter below zero: 0, 0 words
a label twice: 1, 16 words
SEEN
diff expected seen
