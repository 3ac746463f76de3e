#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fstrim 2.38.1 (Debian's util-linux 2.38.1-5+deb12u3) and tune2fs 1.47.0 (e2fsprogs 1.47.0-2+b2), on Linux 6.18: a filesystem
# that is frozen
#
# Between freeze and thaw a disk does not change: that is what a copy, or two that are compared, rely on.
#
# Expected: fstrim, which a timer starts once a week, and tune2fs wait for the thaw, as all who write do, or are refused.
# Seen:     fstrim trims at once, on ext4, xfs and btrfs, with status 0. Files keep what they have, but what the disk had of
#           deleted ones is gone, and an image or thin volume becomes smaller while it is copied. tune2fs -c, -m and -o,
#           which write to the device instead of asking the kernel, change the frozen disk, too; -L asks, and waits.
#           Who compares a copy with its original leaves such programs out for the time of the freeze.
#
# Needs root (a mount namespace and loop devices), a kernel with xfs and btrfs, their mkfs, apt-get, dpkg-deb and the
# libraries of e2fsprogs. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download util-linux=2.38.1-5+deb12u3 e2fsprogs=1.47.0-2+b2 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/sbin:$PWD/root/usr/sbin:$PATH
export PATH

# A file that stays and one that is deleted; then freeze, and ask.
cat >frozen <<'FROZEN'
mount --make-rprivate /
device=$(losetup -f --show disk)
trap 'losetup -d "$device"' EXIT
mount "$device" mounted
trap 'fsfreeze -u mounted || true; wait; umount mounted; losetup -d "$device"' EXIT
yes 'this stays' | head -n 300000 >mounted/file
sync -f mounted
yes 'this is deleted' | head -n 200000 >mounted/deleted
sync -f mounted
rm mounted/deleted
sync -f mounted
fsfreeze -f mounted

# Who waits for the thaw is not ended by a signal, so it goes on in the background.
ask() { # COMMAND...
    before=$(sha256sum <disk)
    rm -f status
    { "$@" >output 2>&1 && echo 0 || echo "$?"; } >unfinished && mv unfinished status &
    for _ in $(seq 20); do
        [ ! -e status ] || break
        sleep 0.2
    done
    change=changes
    [ "$before" != "$(sha256sum <disk)" ] || change='stays the same'
    result=waits
    [ ! -e status ] || result="status $(cat status)"
    echo "    $*: $result, the disk $change" | sed "s,$device,DEVICE,"
}

deleted() {
    what=gone
    ! grep -q -a 'this is deleted' disk || what='on the disk'
    echo "    what was deleted: $what"
}

deleted
ask fstrim mounted
deleted
echo "    lines of the file that are others: $(grep -c -v 'this stays' mounted/file)"
if [ "$type" = ext4 ]; then
    ask tune2fs -c 7 "$device"
    ask tune2fs -m 1 "$device"
    ask tune2fs -o nobarrier "$device"
    ask tune2fs -L label "$device"
fi
FROZEN

mkdir mounted
for type in ext4 xfs btrfs; do
    export type
    rm -f disk
    truncate -s 320M disk
    "mkfs.$type" -q disk >/dev/null 2>&1
    echo "$type"
    unshare -m sh -e frozen
done >seen
cat seen

cat >expected <<'SEEN'
ext4
    what was deleted: on the disk
    fstrim mounted: status 0, the disk changes
    what was deleted: gone
    lines of the file that are others: 0
    tune2fs -c 7 DEVICE: status 0, the disk changes
    tune2fs -m 1 DEVICE: status 0, the disk changes
    tune2fs -o nobarrier DEVICE: status 0, the disk changes
    tune2fs -L label DEVICE: waits, the disk stays the same
xfs
    what was deleted: on the disk
    fstrim mounted: status 0, the disk changes
    what was deleted: gone
    lines of the file that are others: 0
btrfs
    what was deleted: on the disk
    fstrim mounted: status 0, the disk changes
    what was deleted: gone
    lines of the file that are others: 0
SEEN
diff expected seen
