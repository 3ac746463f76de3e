#!/bin/sh
# SPDX-License-Identifier: MIT
#
# qemu-img and qemu-nbd 7.2 (Debian's qemu-utils 1:7.2+dfsg-7+deb12u18+b3): an internal snapshot of a qcow2 that has been
# resized since
#
# Expected: `convert -l` and `qemu-nbd -l` give the disk as it was when the snapshot was taken, size and all. The image
#           has that size: `snapshot -a` brings it back.
# Seen:     both give the snapshot with the size that the disk has today. If it was made smaller since, the end is left
#           out, with status 0 and without a word, and the data there is gone in the export; if it was made larger, zeros are
#           added, so that a GPT's second table is no more at the end. Neither `info` nor `snapshot -l` tells the
#           size. A copy of the image, to which `snapshot -a` is applied, has all.
#
# Needs apt-get, dpkg-deb and qemu-img's libraries. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download qemu-utils=1:7.2+dfsg-7+deb12u18+b3 >/dev/null
dpkg-deb -x ./*.deb root
PATH=$PWD/root/usr/bin:$PATH
export PATH

size() { # FILE
    echo "$(wc -c <"$1") bytes, $(tr -d '\0' <"$1" | wc -c) of them data"
}

ask() { # NEW-SIZE OPTION...
    rm -f image
    qemu-img create -q -f qcow2 image 16M
    qemu-io -f qcow2 -c 'write -P 0x78 15M 64k' image >/dev/null
    qemu-img snapshot -c before image
    new=$1
    shift
    qemu-img resize -q "$@" image "$new"
    echo "16M when the snapshot was taken, now $new"
    status=0
    qemu-img convert -f qcow2 -l before -O raw image copy >output 2>&1 || status=$?
    echo "    convert -l: status $status, $(wc -l <output) lines, $(size copy)"
    qemu-nbd -r -l before -f qcow2 -k "$folder/socket" image &
    server=$!
    while [ ! -S socket ]; do
        sleep 0.1
    done
    qemu-img convert -f raw -O raw "nbd+unix:///?socket=$folder/socket" copy
    wait "$server"
    server=
    echo "    qemu-nbd -l: $(size copy)"
    qemu-img snapshot -a before image
    qemu-img convert -f qcow2 -O raw image copy
    echo "    snapshot -a, convert: $(size copy)"
}

{
    ask 8M --shrink
    ask 32M
} | tee seen

cat >expected <<'SEEN'
16M when the snapshot was taken, now 8M
    convert -l: status 0, 0 lines, 8388608 bytes, 0 of them data
    qemu-nbd -l: 8388608 bytes, 0 of them data
    snapshot -a, convert: 16777216 bytes, 65536 of them data
16M when the snapshot was taken, now 32M
    convert -l: status 0, 0 lines, 33554432 bytes, 65536 of them data
    qemu-nbd -l: 33554432 bytes, 65536 of them data
    snapshot -a, convert: 16777216 bytes, 65536 of them data
SEEN
diff expected seen
