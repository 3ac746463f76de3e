#!/bin/sh
# SPDX-License-Identifier: MIT
#
# xfsrestore 3.1.11 (Debian's xfsdump 3.1.11-0.1): a dump that ends too early
#
# A dump whose disk became full, or whose transfer was cut, is such a file; one that xfsdump began and gave up has no
# content at all.
#
# Expected: `xfsrestore` and `xfsrestore -t` fail. In the manual the status is 0 on normal completion only, and its last line
#           says "INCOMPLETE" if the restore was.
# Seen:     "Restore Status: SUCCESS", exit status 0: files are missing, and one has its full size and another content. Among
#           the lines before is one about "end of recorded data". A file with no content, or with zeros only, is a
#           SUCCESS, too. Dump's `restore -r` of half a dump fails, but its -t reads only the names, which stand in front,
#           and passes. Who keeps dumps compares a checksum with the one that he took of what xfsdump wrote.
#
# Needs root (a mount namespace and loop devices), a kernel with xfs and ext4, mkfs.xfs, mke2fs, apt-get, dpkg-deb and the
# libraries of both. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download xfsdump=3.1.11-0.1 dump=0.4b47-4 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/sbin:$PWD/root/usr/sbin:$PATH
export PATH

count_files() { # FOLDER
    good=0
    other=0
    for file in "$1"/f?; do
        if cmp -s "$file" "files/${file##*/}"; then
            good=$((good + 1))
        elif [ -e "$file" ]; then
            other=$((other + 1))
        fi
    done
    echo "$good of 6 files as they were, $other with other content"
}

ask_xfsrestore() { # DUMP
    status=0
    xfsrestore -J -t -f "$1" >output 2>&1 </dev/null || status=$?
    echo "$1: xfsrestore -t: $status, $(grep -o 'Restore Status.*' output), $(grep -c '^f[0-9]$' output) names"
    rm -rf restored
    mkdir restored
    status=0
    xfsrestore -J -f "$1" restored >output 2>&1 </dev/null || status=$?
    echo "    xfsrestore: $status, $(grep -c -i 'error\|end of' output) lines about it, $(count_files restored)"
}

ask_restore() { # DUMP
    status=0
    restore -t -f "$1" >output 2>&1 </dev/null || status=$?
    echo "$1: restore -t: $status, $(grep -c '/f[0-9]$' output) names"
    rm -rf restored
    mkdir restored
    status=0
    (cd restored && restore -r -f "../$1") >output 2>&1 </dev/null || status=$?
    echo "    restore -r: $status, $(count_files restored)"
}

mkdir files mounted
for name in f1 f2 f3 f4 f5 f6; do
    head -c 200000 /dev/urandom >"files/$name"
done
truncate -s 400M xfs
truncate -s 64M ext4
mkfs.xfs -q xfs
mke2fs -q -t ext4 -d files ext4
cat >both <<'BOTH'
mount --make-rprivate /
mount -o loop xfs mounted
cp files/* mounted
xfsdump -J -l 0 -L label -M label -f xfs.dump "$PWD/mounted"
umount mounted
device=$(losetup -f --show ext4)
dump -0 -f ext4.dump "$device" && status=0 || status=$?
losetup -d "$device"
exit "$status"
BOTH
unshare -m sh -e both >log 2>&1
for name in xfs ext4; do
    head -c $(($(stat -c %s $name.dump) / 2)) $name.dump >half-$name.dump
done
: >nothing
truncate -s 1M zeros
{
    ask_xfsrestore xfs.dump
    ask_xfsrestore half-xfs.dump
    ask_xfsrestore nothing
    ask_xfsrestore zeros
    ask_restore ext4.dump
    ask_restore half-ext4.dump
} | tee seen

cat >expected <<'SEEN'
xfs.dump: xfsrestore -t: 0, Restore Status: SUCCESS, 6 names
    xfsrestore: 0, 0 lines about it, 6 of 6 files as they were, 0 with other content
half-xfs.dump: xfsrestore -t: 0, Restore Status: SUCCESS, 3 names
    xfsrestore: 0, 1 lines about it, 2 of 6 files as they were, 1 with other content
nothing: xfsrestore -t: 0, Restore Status: SUCCESS, 0 names
    xfsrestore: 0, 0 lines about it, 0 of 6 files as they were, 0 with other content
zeros: xfsrestore -t: 0, Restore Status: SUCCESS, 0 names
    xfsrestore: 0, 1 lines about it, 0 of 6 files as they were, 0 with other content
ext4.dump: restore -t: 0, 6 names
    restore -r: 0, 6 of 6 files as they were, 0 with other content
half-ext4.dump: restore -t: 0, 6 names
    restore -r: 1, 2 of 6 files as they were, 1 with other content
SEEN
diff expected seen
