#!/bin/sh
# SPDX-License-Identifier: MIT
#
# btrfs-progs 6.2 (Debian's 6.2-1+deb12u2): a new label or UUID for a copy that nobody had frozen
#
# A copy gets a UUID of its own so that it can be mounted beside its original, or a label that tells what it is. What a
# program has fsynced since the last commit is in the log tree of such a copy; a mount puts it into its place.
#
# Expected: `btrfs filesystem label`, `btrfstune -u` and `btrfstune -m` keep the log, or refuse the copy because of it, as
#           tune2fs does with a journal, and xfs_admin -U with a log.
# Seen:     each ends with status 0 and has no word about the log. It writes a new generation, and the log belongs to the one
#           before: the kernel refuses every mount then ("failed to read log tree"), and so does `btrfs check`. What
#           helps is `btrfs rescue zero-log`, after which the fsynced file is gone. A copy that was mounted once before, or
#           was frozen, has no log and takes all three.
#
# Needs root (a mount namespace and loop devices), a kernel with btrfs, apt-get and dpkg-deb. Leaves nothing behind;
# exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download btrfs-progs=6.2-1+deb12u2 >/dev/null
dpkg-deb -x ./*.deb root
PATH=$PWD/root/bin:$PWD/root/sbin:$PATH
export PATH

# Mounts an image for a moment, in a mount namespace of its own.
mounted_files() { # IMAGE [OPTIONS]
    unshare -m sh -c "mount --make-rprivate /
        mount -o loop${2:+,$2} $1 mounted 2>/dev/null || { echo refused; exit; }
        (cd mounted && echo *)
        umount mounted"
}

ask() { # IMAGE COMMAND: the command ends before the image's name
    rm -f image
    cp --sparse=always "$1" image
    status=0
    $2 image ${3:+"$3"} >output 2>&1 || status=$?
    echo "$1: $2: status $status, $(grep -c -i '\<log\>' output) lines about a log"
    status=0
    btrfs check image >output 2>&1 || status=$?
    echo "    check: status $status"
    cp --sparse=always image other
    echo "    mounted read-only: $(mounted_files other ro)"
    echo "    mounted: $(mounted_files image)"
}

mkdir mounted
truncate -s 200M disk
mkfs.btrfs -q disk >/dev/null 2>&1
cat >live <<'LIVE'
mount --make-rprivate /
mount -o loop,commit=300 disk mounted
echo text >mounted/committed
sync -f mounted
echo text >mounted/fsynced
sync mounted/fsynced
cp --sparse=always disk copy
umount mounted
LIVE
unshare -m sh -e live
cp --sparse=always copy replayed
mounted_files replayed >/dev/null
{
    echo "copy: $(cp --sparse=always copy other && mounted_files other)"
    ask copy "btrfs filesystem label" new
    btrfs rescue zero-log image >/dev/null 2>&1
    echo "    after rescue zero-log: $(mounted_files image)"
    ask copy "btrfstune -f -u"
    ask copy "btrfstune -m"
    ask replayed "btrfs filesystem label" new
    ask replayed "btrfstune -f -u"
    ask replayed "btrfstune -m"
} | tee seen

cat >expected <<'SEEN'
copy: committed fsynced
copy: btrfs filesystem label: status 0, 0 lines about a log
    check: status 1
    mounted read-only: refused
    mounted: refused
    after rescue zero-log: committed
copy: btrfstune -f -u: status 0, 0 lines about a log
    check: status 1
    mounted read-only: refused
    mounted: refused
copy: btrfstune -m: status 0, 0 lines about a log
    check: status 1
    mounted read-only: refused
    mounted: refused
replayed: btrfs filesystem label: status 0, 0 lines about a log
    check: status 0
    mounted read-only: committed fsynced
    mounted: committed fsynced
replayed: btrfstune -f -u: status 0, 0 lines about a log
    check: status 0
    mounted read-only: committed fsynced
    mounted: committed fsynced
replayed: btrfstune -m: status 0, 0 lines about a log
    check: status 0
    mounted read-only: committed fsynced
    mounted: committed fsynced
SEEN
diff expected seen
