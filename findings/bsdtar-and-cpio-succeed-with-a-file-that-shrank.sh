#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bsdtar 3.6.2 (Debian's libarchive-tools 3.6.2-1+deb12u5) and GNU cpio 2.13 (2.13+dfsg-7.1): a file that changes while it
# is read
#
# A backup of a running machine meets logs that are cut and databases that grow. A file in the archive may then be one
# that was never on the disk.
#
# Expected: they end with another status than 0, as GNU tar and pax do, at least for a file that became shorter, as its end
#           is not there.
# Seen:     bsdtar fills the end with zeros, says nothing and ends with status 0, and it is silent about a file that grew
#           or was written to. cpio fills it as well, and tells each of the three on standard error only: status 0.
#
# Needs apt-get, dpkg-deb, python3 and the libraries of the programs. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download libarchive-tools=3.6.2-1+deb12u5 libarchive13=3.6.2-1+deb12u5 \
    cpio=2.13+dfsg-7.1 tar=1.34+dfsg-1.2+deb12u1 pax=1:20201030-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/bin:$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

cat >ask.py <<'PYTHON'
import os
import subprocess

PROGRAMS = {
    "tar": "tar -cf - file",
    "pax": "pax -w file",
    "bsdtar": "bsdtar -cf - file",
    "cpio": "echo file | cpio -o --quiet -H newc",
}


def change(how):
    with open("file", "r+b") as file:
        if how == "becomes shorter":
            file.truncate(1500000)
        elif how == "grows":
            file.seek(0, os.SEEK_END)
            file.write(b"b" * 1000000)
        else:
            file.write(b"b" * 4000000)


def prepare():
    """An old file. What changes it from now on gives it another time: that is how the others find it."""
    with open("file", "wb") as file:
        file.write(b"a" * 4000000)
    os.utime("file", (1700000000, 1700000000))
    made = os.stat("file").st_ctime_ns
    now = made
    while now <= made:
        with open("clock", "w"):
            now = os.stat("clock").st_ctime_ns


def archive(name, how):
    """The archive goes through a pipe, so the program waits, and the change comes before it has read the file's end."""
    prepare()
    with subprocess.Popen(["sh", "-c", PROGRAMS[name]], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        start = process.stdout.read(1000000)
        change(how)
        content = start + process.stdout.read()
        said = process.stderr.read().strip()
    zeros = "a million zeros and more" if bytes(1000000) in content else "no zeros"
    print(f"    {name}: status {process.returncode},", "a message," if said else "no message,", zeros)


for how in "becomes shorter", "grows", "is written to":
    print(f"a file that {how}")
    for name in PROGRAMS:
        archive(name, how)
PYTHON
/usr/bin/python3 ask.py | tee seen

cat >expected <<'SEEN'
a file that becomes shorter
    tar: status 1, a message, a million zeros and more
    pax: status 1, a message, a million zeros and more
    bsdtar: status 0, no message, a million zeros and more
    cpio: status 0, a message, a million zeros and more
a file that grows
    tar: status 1, a message, no zeros
    pax: status 1, a message, no zeros
    bsdtar: status 0, no message, no zeros
    cpio: status 0, a message, no zeros
a file that is written to
    tar: status 1, a message, no zeros
    pax: status 1, a message, no zeros
    bsdtar: status 0, no message, no zeros
    cpio: status 0, a message, no zeros
SEEN
diff expected seen
