#!/bin/sh
# SPDX-License-Identifier: MIT
#
# qemu-img 7.2 (Debian's qemu-utils 1:7.2+dfsg-7+deb12u18+b3): internal snapshots whose names are numbers, or the same
#
# A script names snapshots after the day of the month, or keeps the last few under numbers. qcow2 gives each an ID of its
# own besides: 1, 2, 3.
#
# Expected: `snapshot -a 1`, `snapshot -d 1` and `convert -l 1` mean the same snapshot, or one that is not clear is
#           refused. A second snapshot of the same name is refused, or is the one that the name means from then on.
# Seen:     -a and convert -l look for the ID first, -d for the name: what -d deletes is another one than -a applied. A name
#           that is taken is taken again, with status 0, and means the oldest of them: who makes one a day
#           under one name reads the first day's for ever. Only convert -l snapshot.name=NAME asks for a name alone.
#
# Needs apt-get, dpkg-deb, od and qemu-img's libraries. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download qemu-utils=1:7.2+dfsg-7+deb12u18+b3 >/dev/null
dpkg-deb -x ./*.deb root
PATH=$PWD/root/usr/bin:$PATH
export PATH

# A new image with a snapshot for each name; the first byte of each is its ID.
make() { # NAME...
    rm -f image
    qemu-img create -q -f qcow2 image 1M
    id=0
    for name in "$@"; do
        id=$((id + 1))
        qemu-io -f qcow2 -c "write -P $id 0 64k" image >/dev/null
        status=0
        qemu-img snapshot -c "$name" image || status=$?
        [ "$status" -eq 0 ] || echo "    $name: status $status"
    done
    qemu-io -f qcow2 -c 'write -P 99 0 64k' image >/dev/null
    echo "names of 1, 2, 3: $*"
}

read_id() { # FILE
    qemu-img convert -O raw "$@" copy
    od -A n -t u1 -N 1 copy | tr -d ' '
}

ask() { # NAME
    echo "    convert -l $1: $(read_id -l "$1" image)"
    echo "    convert -l snapshot.name=$1: $(read_id -l "snapshot.name=$1" image)"
    cp image other
    qemu-img snapshot -a "$1" other
    echo "    snapshot -a $1: $(read_id other)"
    cp image other
    qemu-img snapshot -d "$1" other
    echo "    snapshot -d $1, left: $(qemu-img snapshot -l other | awk '$1 ~ /^[0-9]+$/ { print $1 }' | paste -s -d ' ')"
}

{
    make 3 2 1
    ask 1
    make daily daily daily
    ask daily
} | tee seen

cat >expected <<'SEEN'
names of 1, 2, 3: 3 2 1
    convert -l 1: 1
    convert -l snapshot.name=1: 3
    snapshot -a 1: 1
    snapshot -d 1, left: 1 2
names of 1, 2, 3: daily daily daily
    convert -l daily: 1
    convert -l snapshot.name=daily: 1
    snapshot -a daily: 1
    snapshot -d daily, left: 2 3
SEEN
diff expected seen
