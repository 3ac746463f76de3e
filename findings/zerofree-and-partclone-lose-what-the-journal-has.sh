#!/bin/sh
# SPDX-License-Identifier: MIT
#
# zerofree 1.1.1 (Debian's 1.1.1-1), e2image 1.47.0 (e2fsprogs 1.47.0-2+b2), partclone 0.3.23 (0.3.23+repack-1): a copy
# that nobody had frozen
#
# A file that was written and fsynced is complete in such a copy once the journal has been put into its place. Until
# then the blocks of the file are free by the filesystem's own tables.
#
# Expected: programs that go by those tables refuse the copy, as xfs_copy does ("log is dirty").
# Seen:     none does. zerofree fills the file's blocks with zeros, in the copy itself. e2image -ra, partclone.ext4 and
#           partclone.xfs leave them out of theirs. All end with status 0 and say nothing about the journal.
#           The next mount finds a file of full length with zeros only, and nothing that is wrong. Of a copy that was frozen
#           all is there. Elsewhere a mount, or e2fsck -p, has to come first.
#
# Needs root (a mount namespace and loop devices), a kernel with xfs, mkfs.xfs, apt-get, dpkg-deb and the libraries of
# e2fsprogs. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download zerofree=1.1.1-1 e2fsprogs=1.47.0-2+b2 partclone=0.3.23+repack-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/sbin:$PWD/root/usr/sbin:$PATH
export PATH TERM=linux

# Two copies of TYPE: as it is after an fsync, and from inside a freeze.
cat >live <<'LIVE'
mount --make-rprivate /
mount -o "loop$options" disk mounted
trap 'fsfreeze -u mounted 2>/dev/null || true; umount mounted' EXIT
sync -f mounted
head -c 3000000 /dev/zero | tr '\0' x >mounted/file
sync mounted/file
cp --sparse=always disk unfrozen
fsfreeze -f mounted
cp --sparse=always disk frozen
LIVE

cat >look <<'LOOK'
mount --make-rprivate /
mount -o "loop$options" looked mounted
trap 'umount mounted' EXIT
echo "$(wc -c <mounted/file) bytes, of which $(tr -d x <mounted/file | wc -c) are zeros"
LOOK

look() { # IMAGE
    cp --sparse=always "$1" looked
    unshare -m sh -e look
}

ask() { # IMAGE COMMAND...
    image=$1
    what=$2
    shift
    status=0
    "$@" "$image" >output 2>&1 || status=$?
    echo "$what: status $status, $(grep -ci 'journal\|recover\|dirty\|clean' output) lines about it; $(look result)"
    rm -f result
}

fill_with_zeros() { cp --sparse=always "$1" result && zerofree result; }
image() { e2image -ra "$1" result; }
clone() { # TYPE IMAGE
    rm -f cloned
    "partclone.$1" -c -s "$2" -o cloned -L log && cat log && partclone.restore -C -s cloned -o result -L log &&
        truncate -s 400M result
}
clone_ext4() { clone ext4 "$1"; }
clone_xfs() { clone xfs "$1"; }

mkdir mounted
for type in ext4 xfs; do
    options=
    [ "$type" = xfs ] || options=,commit=300
    export options
    rm -f disk
    truncate -s 400M disk
    "mkfs.$type" -q disk
    unshare -m sh -e live
    for image in unfrozen frozen; do
        echo "$type, $image: $(look "$image")"
        if [ "$type" = ext4 ]; then
            ask "$image" fill_with_zeros
            ask "$image" image
        fi
        ask "$image" "clone_$type"
    done
done >seen
cat seen

cat >expected <<'SEEN'
ext4, unfrozen: 3000000 bytes, of which 0 are zeros
fill_with_zeros: status 0, 0 lines about it; 3000000 bytes, of which 3000000 are zeros
image: status 0, 0 lines about it; 3000000 bytes, of which 3000000 are zeros
clone_ext4: status 0, 0 lines about it; 3000000 bytes, of which 3000000 are zeros
ext4, frozen: 3000000 bytes, of which 0 are zeros
fill_with_zeros: status 0, 0 lines about it; 3000000 bytes, of which 0 are zeros
image: status 0, 0 lines about it; 3000000 bytes, of which 0 are zeros
clone_ext4: status 0, 0 lines about it; 3000000 bytes, of which 0 are zeros
xfs, unfrozen: 3000000 bytes, of which 0 are zeros
clone_xfs: status 0, 0 lines about it; 3000000 bytes, of which 3000000 are zeros
xfs, frozen: 3000000 bytes, of which 0 are zeros
clone_xfs: status 0, 0 lines about it; 3000000 bytes, of which 0 are zeros
SEEN
diff expected seen
