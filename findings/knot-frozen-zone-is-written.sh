#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Knot DNS 3.2.6 (Debian's knot 3.2.6-1): zone-freeze
#
# By knotc's manual a freeze holds up "load, refresh, update, flush, and DNSSEC signing" of a zone until zone-thaw, so that
# its file can be copied, or edited, in peace.
#
# Expected: what would change the zone or write its file meanwhile is refused, or done after the thaw.
# Seen:     so it is with dynamic updates, which are refused. But zone-set and zone-commit change the zone at once,
#           zone-flush writes the file, and zone-reload loads it, all with "OK" and status 0, while zone-status says
#           "freeze: yes". Who copies the file keeps away from knotc, too.
#
# Needs apt-get, dpkg-deb, python3 and a free port of 127.0.0.1. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p archives/partial root database
apt-get -y -q -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/archives" --no-install-recommends \
    --download-only install knot=3.2.6-1 knot-dnsutils=3.2.6-1 >/dev/null
for package in archives/*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PWD/root/usr/sbin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')

cat >configuration <<END
server:
    listen: 127.0.0.1@$port
    rundir: $folder
database:
    storage: $folder/database
control:
    listen: $folder/control
acl:
  - id: anybody
    action: update
    address: 127.0.0.1
zone:
  - domain: example.test
    storage: $folder
    acl: anybody
END
cat >example.test.zone <<'END'
@ 60 SOA ns h 1 60 60 600 60
@ 60 NS ns
ns 60 A 127.0.0.1
END

control() { # COMMAND...
    status=0
    knotc -c configuration -b "$@" >output 2>&1 || status=$?
    echo "$*: $(paste -s -d ' ' output), status $status"
}

update() { # NAME
    printf '%s\n' "server 127.0.0.1 $port" "zone example.test." "update add $1.example.test. 60 A 127.0.0.2" send >input
    status=0
    knsupdate input >output 2>&1 || status=$?
    echo "update $1: $(grep -o -m 1 REFUSED output || echo 'done'), status $((status != 0))"
}

look() {
    knotc -c configuration zone-read example.test @ SOA >output
    echo "    serial: $(cut -d ' ' -f 7 output), in the file: $(awk '/SOA/ { print $(NF - 4) }' example.test.zone)"
}

knotd -c configuration >log 2>&1 &
server=$!
for _ in $(seq 50); do
    ! knotc -c configuration zone-status example.test >/dev/null 2>&1 || break
    sleep 0.2
done
{
    update one
    control zone-freeze example.test
    knotc -c configuration zone-status example.test | grep -o 'freeze: [a-z]*'
    look
    update two
    look
    control zone-begin example.test
    control zone-set example.test two 60 A 127.0.0.2
    control zone-commit example.test
    look
    control zone-flush example.test
    look
    sed 's/\(SOA.*\)[[:space:]]3[[:space:]]/\1 9 /' example.test.zone >edited
    mv edited example.test.zone
    control zone-reload example.test
    look
    knotc -c configuration zone-status example.test | grep -o 'freeze: [a-z]*'
} >seen
cat seen

cat >expected <<'SEEN'
update one: done, status 0
zone-freeze example.test: OK, status 0
freeze: yes
    serial: 2, in the file: 2
update two: REFUSED, status 1
    serial: 2, in the file: 2
zone-begin example.test: OK, status 0
zone-set example.test two 60 A 127.0.0.2: OK, status 0
zone-commit example.test: OK, status 0
    serial: 3, in the file: 2
zone-flush example.test: OK, status 0
    serial: 3, in the file: 3
zone-reload example.test: OK, status 0
    serial: 9, in the file: 9
freeze: yes
SEEN
diff expected seen
