#!/bin/sh
# SPDX-License-Identifier: MIT
#
# exfatprogs 1.2.0 (Debian's 1.2.0-1+deb12u1): fsck.exfat -n of a volume that is marked as dirty
#
# exFAT's boot sector has a bit (VolumeFlags, bit 1, VolumeDirty) that says, as FAT's does: somebody was changing this
# volume and did not come to the end. Who checks the copy of a disk that was taken while it was mounted asks for that.
#
# Expected: fsck.exfat -n tells that the bit is set, and its exit status is not 0, like that of fsck.fat.
# Seen:     fsck.exfat -n calls the volume clean, with status 0, whether the main boot sector has the bit or the backup, too.
#           Nothing else is printed. fsck.fat -n tells it, with status 1.
#
# Needs apt-get, dpkg-deb and dd. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download exfatprogs=1.2.0-1+deb12u1 dosfstools=4.2-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$(find root -name mkfs.exfat -printf '%h:')$(find root -name mkfs.fat -printf '%h:')$PATH

check() { # NAME PROGRAM IMAGE
    status=0
    "$2" -n "$3" >output 2>&1 || status=$?
    echo "$1: exit status $status, $(grep -c -i dirty output) lines about it, called clean: $(grep -c 'clean\. ' output)"
}

set_byte() { # IMAGE OFFSET
    printf '\002' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

truncate -s 64M exfat.img fat.img
mkfs.exfat exfat.img >/dev/null
mkfs.fat -F 32 fat.img >/dev/null
{
    check "exfat, new" fsck.exfat exfat.img
    set_byte exfat.img 106
    check "exfat, marked" fsck.exfat exfat.img
    set_byte exfat.img $((12 * 512 + 106))
    check "exfat, marked, in the backup too" fsck.exfat exfat.img
    check "fat, new" fsck.fat fat.img
    printf '\001' | dd of=fat.img bs=1 seek=65 conv=notrunc status=none
    check "fat, marked" fsck.fat fat.img
} | tee seen

cat >expected <<'SEEN'
exfat, new: exit status 0, 0 lines about it, called clean: 1
exfat, marked: exit status 0, 0 lines about it, called clean: 1
exfat, marked, in the backup too: exit status 0, 0 lines about it, called clean: 1
fat, new: exit status 0, 0 lines about it, called clean: 0
fat, marked: exit status 1, 2 lines about it, called clean: 0
SEEN
diff expected seen
