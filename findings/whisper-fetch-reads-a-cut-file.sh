#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Whisper 1.1.4 (Debian's python3-whisper 1.1.4-2.2): a file of Graphite's time series that ends too early
#
# A file has its full size from the start, and its header says where each archive lies. Where a copy was cut off, the
# header is there and points are not.
#
# Expected: find-corrupt-whisper-files names the file, and whisper-fetch fails, as the full size is known.
# Seen:     find-corrupt-whisper-files finds nothing, and with --verbose it counts all points, also those that are not
#           there. If the cut does not go through a point, whisper-fetch ends with status 0 and not a word. It leaves
#           out the moments whose points are missing, here the last ones, and prints nothing if these are all.
#           whisper-dump and whisper-merge fail. A script compares the size with that of a whole file of the same kind.
#
# Needs apt-get, dpkg-deb and python3 of Debian 12 with six. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download python3-whisper=1.1.4-2.2 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages
PYTHONDONTWRITEBYTECODE=1
export PATH PYTHONPATH PYTHONDONTWRITEBYTECODE

run() { # COMMAND...
    status=0
    "$@" >output 2>errors || status=$?
    echo "status $status, $(wc -l <errors | sed 's/^[1-9].*/some/') lines about it"
}

ask() { # FILE
    echo "$1"
    mkdir -p searched
    rm -f searched/*
    cp "$1" searched/file.wsp
    echo "    size: $(stat -c %s "$1")"
    echo "    find-corrupt-whisper-files: $(run find-corrupt-whisper-files --verbose searched)," \
        "$(grep -o '[0-9]* points' output)"
    for minutes in 30 1400; do
        run whisper-fetch --from=$((now - minutes * 60)) --until="$now" "$1" >result
        echo "    whisper-fetch of $minutes minutes: $(cat result), $(wc -l <output) moments"
    done
    echo "    whisper-dump: $(run whisper-dump "$1")"
    cp empty other
    echo "    whisper-merge: $(run whisper-merge "$1" other)"
}

now=$(($(date +%s) / 60 * 60))
whisper-create whole 60:1440 3600:700 >/dev/null
whisper-create empty 60:1440 3600:700 >/dev/null
/usr/bin/python3 -c "import whisper; whisper.update_many('whole', [($now - n * 60, n) for n in range(1, 1440)])"
head -c 16384 whole >half
{
    ask whole
    ask half
} | tee seen

cat >expected <<'SEEN'
whole
    size: 25720
    find-corrupt-whisper-files: status 0, 0 lines about it, 2140 points
    whisper-fetch of 30 minutes: status 0, 0 lines about it, 30 moments
    whisper-fetch of 1400 minutes: status 0, 0 lines about it, 1400 moments
    whisper-dump: status 0, 0 lines about it
    whisper-merge: status 0, 0 lines about it
half
    size: 16384
    find-corrupt-whisper-files: status 0, 0 lines about it, 2140 points
    whisper-fetch of 30 minutes: status 0, 0 lines about it, 0 moments
    whisper-fetch of 1400 minutes: status 0, 0 lines about it, 1322 moments
    whisper-dump: status 1, some lines about it
    whisper-merge: status 1, some lines about it
SEEN
diff expected seen
