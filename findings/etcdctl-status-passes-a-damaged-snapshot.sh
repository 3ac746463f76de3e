#!/bin/sh
# SPDX-License-Identifier: MIT
#
# etcdctl 3.4.23 (Debian's etcd-client 3.4.23-4+b4): `snapshot status` of a snapshot that is damaged
#
# `etcdctl snapshot save` is the backup of a Kubernetes cluster; it ends the file with a SHA-256 of the rest. `snapshot
# status` is what documents call to verify the file. It prints a table with a HASH.
#
# Expected: it compares the hash and fails if the file has changed since.
# Seen:     a value was changed, or the SHA-256 is missing: both pass with status 0. HASH is made of what the file has now, and
#           `save` prints none that it could be compared with. Only `snapshot restore` compares, and refuses both. Who wants to
#           know whether a snapshot is good restores it into a folder that he removes again.
#
# Needs apt-get, dpkg-deb, python3 and two free ports of 127.0.0.1. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$folder"' EXIT
cd "$folder"
version=3.4.23-4+b4
apt-get -q -o APT::Sandbox::User=root download "etcd-client=$version" "etcd-server=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
ETCDCTL_API=3
export PATH ETCDCTL_API

ports=$(python3 -c 'import socket
a, b = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
client=http://127.0.0.1:${ports% *}
peer=http://127.0.0.1:${ports#* }
etcd --data-dir data --listen-client-urls "$client" --advertise-client-urls "$client" --listen-peer-urls "$peer" \
    --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" >log 2>&1 &
server=$!
for _ in $(seq 100); do
    if etcdctl --endpoints "$client" put key "the value of the key" >/dev/null 2>&1; then
        break
    fi
    sleep 0.2
done
etcdctl --endpoints "$client" snapshot save saved >/dev/null 2>&1
kill "$server"
wait "$server" || true
server=

ask() { # FILE
    status=0
    etcdctl snapshot status "$1" >output 2>>log || status=$?
    hash=another
    [ "$(cut -d , -f 1 output)" != "$saved" ] || hash=same
    echo "$1: status: $status, hash: $hash"
    rm -rf restored
    status=0
    etcdctl snapshot restore "$1" --data-dir restored >output 2>&1 || status=$?
    echo "    restore: $status$(grep -o 'expected sha256\|missing hash' output | sed 's/^/, /')"
}

saved=$(etcdctl snapshot status saved | cut -d , -f 1)
sed 's/the value of/THE VALUE OF/' saved >changed
head -c -32 saved >without-sha
{
    ask saved
    ask changed
    ask without-sha
} | tee seen

cat >expected <<'SEEN'
saved: status: 0, hash: same
    restore: 0
changed: status: 0, hash: another
    restore: 1, expected sha256
without-sha: status: 0, hash: same
    restore: 1, missing hash
SEEN
diff expected seen
