#!/bin/sh
# SPDX-License-Identifier: MIT
#
# e2fsck 1.47.0 (Debian's e2fsprogs 1.47.0-2+b2): e2fsck -fn and -n of a copy whose journal was not written back
#
# A copy of an ext4 that nobody had frozen has needs_recovery: what was acknowledged last is in its journal only.
#
# Expected: `e2fsck -fn`, which leaves the journal alone and says so, does not end with 0 (in the manual: no
#           errors), and nor does it where it answers "Fix?" with "no" (in the manual: 4, errors left).
# Seen:     0 in both cases, and with -n alone it calls the copy clean. debugfs reads the file's old content, without a
#           word; after e2fsck -fp it reads the new one. "Free blocks count wrong", "Fix? no" is 0 as well if the
#           count is the superblock's, and 4 if it is a group's. Whether a copy was taken frozen is told by
#           needs_recovery in dumpe2fs -h, not by e2fsck's status.
#
# Needs apt-get and dpkg-deb. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download e2fsprogs=1.47.0-2+b2 libext2fs2=1.47.0-2+b2 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/sbin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

ask() { # IMAGE OPTIONS
    status=0
    e2fsck "$2" "$1" >output 2>&1 || status=$?
    echo "$1: e2fsck $2: $status, $(grep -c '? no$' output) answers no, called clean: $(grep -c ': clean,' output),\
 file: $(debugfs -R 'cat /file' "$1" 2>/dev/null | head -n 1)"
}

# The file is one block. Its new content goes into the journal, as with data=journal.
mkdir files
yes old | head -c 4096 >files/file
yes new | head -c 4096 >content
truncate -s 64M live
mke2fs -q -t ext4 -b 4096 -d files live
cp live wrong-total
cp live wrong-group
block=$(debugfs -R 'blocks /file' live 2>/dev/null | tr -d ' ')
printf 'journal_open\njournal_write -b %s content\njournal_close\n' "$block" >commands
debugfs -w -f commands live >/dev/null 2>&1
debugfs -w -R 'set_super_value free_blocks_count 7' wrong-total >/dev/null 2>&1
debugfs -w -R 'set_block_group 0 free_blocks_count 7' wrong-group >/dev/null 2>&1
{
    dumpe2fs -h live 2>/dev/null | grep -o needs_recovery
    ask live -n
    ask live -fn
    ask live -fp
    ask wrong-total -fn
    ask wrong-group -fn
} | tee seen

cat >expected <<'SEEN'
needs_recovery
live: e2fsck -n: 0, 0 answers no, called clean: 1, file: old
live: e2fsck -fn: 0, 0 answers no, called clean: 0, file: old
live: e2fsck -fp: 0, 0 answers no, called clean: 0, file: new
wrong-total: e2fsck -fn: 0, 1 answers no, called clean: 0, file: old
wrong-group: e2fsck -fn: 4, 2 answers no, called clean: 0, file: old
SEEN
diff expected seen
