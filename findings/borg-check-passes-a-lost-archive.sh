#!/bin/sh
# SPDX-License-Identifier: MIT
#
# borg 1.2.4 (Debian's borgbackup 1.2.4-1): `borg check` of a repository whose newest files are empty or missing
#
# A repository is a folder of numbered files. Each backup adds some, of which the last and smallest says that all before
# it is valid, and then writes an index, whose name has that number. A crash, or a copy that was broken off, leaves the
# newest files empty or out.
#
# Expected: check, "verifies the consistency of a repository and the corresponding archives" in the manual, fails if a
#           file that the index knows of is empty or missing, the more so as the newest archive cannot be read any more.
# Seen:     status 0, not a word, and with -v "no problems found". The newest archive is gone, although all of its data
#           may be there. check, without --repair, has also taken away the index that knew of it, and made an older one.
#           A file that is cut off is found, status 1. Who checks a repository looks for its newest archive with
#           `borg list`, too.
#
# Needs apt-get, dpkg-deb and python3 of Debian 12. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download borgbackup=1.2.4-1 python3-msgpack=1.0.3-2+b1 python3-packaging=23.0-1 \
    libxxhash0=0.8.1-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
HOME=$folder
PATH=$PWD/root/usr/bin:$PATH
PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
PYTHONDONTWRITEBYTECODE=1
BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes
export HOME PATH PYTHONPATH LD_LIBRARY_PATH PYTHONDONTWRITEBYTECODE BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK

count() { # COMMAND...
    status=0
    "$@" >output 2>&1 || status=$?
    echo "status $status, $(wc -l <output | sed 's/^[1-9].*/some/') lines"
}

# Each time as somebody else, who has not seen the repository before: what borg keeps in HOME is away.
ask() { # WHAT
    echo "$1"
    rm -rf .cache .config
    before=$(basename repository/index.*)
    echo "    check: $(count borg check repository)"
    echo "    $before before, $(basename repository/index.*) after it"
    echo "    check --verify-data -v: $(count borg check --verify-data -v repository)," \
        "$(grep -c 'no problems found' output) times \"no problems found\""
    status=0
    borg list --short repository >output 2>errors || status=$?
    echo "    list: status $status, archives: $(paste -s -d ' ' output | sed 's/^$/none/')"
}

again() {
    rm -rf repository
    cp -r before repository
}

mkdir files
head -c 300000 /dev/urandom >files/first
borg init -e none repository
borg create repository::one files
head -c 300000 /dev/urandom >files/second
borg create repository::two files
mv repository before
last=$(find before/data -type f -printf '%f\n' | sort -n | tail -n 1)
{
    again
    ask whole
    again
    : >"repository/data/0/$last"
    ask 'the newest file is empty'
    again
    rm "repository/data/0/$last" "repository/data/0/$((last - 1))"
    ask 'the two newest are missing'
    again
    truncate -s 200 "repository/data/0/$((last - 1))"
    ask 'the last but one is cut off'
} | tee seen

cat >expected <<'SEEN'
whole
    check: status 0, 0 lines
    index.9 before, index.9 after it
    check --verify-data -v: status 0, some lines, 2 times "no problems found"
    list: status 0, archives: one two
the newest file is empty
    check: status 0, 0 lines
    index.9 before, index.5 after it
    check --verify-data -v: status 0, some lines, 2 times "no problems found"
    list: status 0, archives: one
the two newest are missing
    check: status 0, 0 lines
    index.9 before, index.5 after it
    check --verify-data -v: status 0, some lines, 2 times "no problems found"
    list: status 0, archives: one
the last but one is cut off
    check: status 1, some lines
    index.9 before, index.9 after it
    check --verify-data -v: status 1, some lines, 0 times "no problems found"
    list: status 2, archives: none
SEEN
diff expected seen
