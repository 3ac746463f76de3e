#!/bin/sh
# SPDX-License-Identifier: MIT
#
# yajl 2.1.0 (Debian's yajl-tools and libyajl2 2.1.0-3+deb12u2): escaped surrogates without their other half
#
# This is the JSON library of libvirt in Debian 12, which reads with it what agents and QEMU answer. RFC 8259's
# grammar allows such strings; a program that cuts a string between the two halves writes them.
#
# Expected: they are refused, or each becomes U+FFFD, and the rest of the string stays as it was.
# Seen:     json_verify takes all of them, and json_reformat writes other strings. Whatever escape follows a first half is
#           eaten as if it were the second one: with an escaped "A" after it, another character comes out, and
#           the "A" is gone. A first half alone becomes "?", which nothing tells from a real one, and a second half
#           alone three bytes that are no UTF-8.
#
# Needs apt-get, dpkg-deb and od. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=2.1.0-3+deb12u2
apt-get -q -o APT::Sandbox::User=root download "yajl-tools=$version" "libyajl2=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

while read -r text; do
    printf '%s' "$text" >text
    verified=taken
    json_verify -q <text || verified=refused
    json_reformat -m <text >again
    echo "$text $verified ->$(od -A n -t x1 again | tr -d '\n')"
done <<'TEXTS' | tee seen
["\ud83d\ude00"]
["\ud83d"]
["\ud83dA"]
["\ud83d\u0041"]
["\ude00"]
TEXTS

cat >expected <<'SEEN'
["\ud83d\ude00"] taken -> 5b 22 f0 9f 98 80 22 5d
["\ud83d"] taken -> 5b 22 3f 22 5d
["\ud83dA"] taken -> 5b 22 3f 41 22 5d
["\ud83d\u0041"] taken -> 5b 22 f0 9f 91 81 22 5d
["\ude00"] taken -> 5b 22 ed b8 80 22 5d
SEEN
diff expected seen
