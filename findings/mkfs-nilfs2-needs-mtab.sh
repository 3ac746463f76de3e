#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mkfs.nilfs2 2.2.9 (Debian's nilfs-tools 2.2.9-1): makes a filesystem in a file
#
# Expected: as mkfs of ext4 and xfs, it needs nothing but the file or device that it is given.
# Seen:     where there is no /etc/mtab, as in an initramfs or a small container, it fails with "cannot
#           open /etc/mtab!", exit status 1, although the file is mounted nowhere. A link to
#           /proc/mounts is enough.
#
# Needs root (a mount namespace of its own), apt-get and dpkg-deb. Leaves nothing behind; exit status 1:
# it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download nilfs-tools=2.2.9-1 >/dev/null
dpkg-deb -x ./*.deb root
truncate -s 200M image

# In a namespace whose /etc is empty, but for what $1 does.
ask() {
    # shellcheck disable=SC2016  # for the shell inside
    unshare --mount sh -c "mount -t tmpfs none /etc; $1"'
        said=$(root/sbin/mkfs.nilfs2 -f image 2>&1) && status=0 || status=$?
        echo "$status: $(echo "$said" | tail -n 1)"'
}

{
    printf 'no mtab: '
    ask :
    printf 'a link: '
    ask 'ln -s /proc/mounts /etc/mtab'
} | sed 's/ *!! *$//' | tee seen

cat >expected <<'SEEN'
no mtab: 1: Error: cannot open /etc/mtab!
a link: 0: File system initialization succeeded
SEEN
diff expected seen
