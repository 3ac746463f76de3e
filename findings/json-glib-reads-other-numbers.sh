#!/bin/sh
# SPDX-License-Identifier: MIT
#
# json-glib 1.6.6 (Debian's json-glib-tools 1.6.6-1): json-glib-validate, and what json-glib-format makes of it
#
# Expected: validate takes what RFC 8259 calls JSON; format writes the values that it read, or an error.
# Seen:     an integer is kept in 64 bits with a sign, and nothing tells if it does not fit: 2^63 becomes -2^63, and
#           everything above the largest unsigned one -1, as that one itself does (agents write sizes and counters
#           as such). Numbers with a leading zero are octal, 0x is taken, and so are comments, single quotes and
#           several values one after the other, of which the first is kept. A large number with a fraction and
#           one beyond the range of a double are written as "1e+20.0" and "inf.0", which json-glib-validate and
#           everybody else refuse.
#
# Needs apt-get, dpkg-deb and GLib with GIO. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download json-glib-tools=1.6.6-1 libjson-glib-1.0-0=1.6.6-1 >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
PATH=$PWD/root/usr/bin:$PATH
export PATH LD_LIBRARY_PATH

while read -r text; do
    echo "$text" >text
    if json-glib-validate text >/dev/null 2>&1; then
        echo "$text -> $(json-glib-format text | tr -d ' \n')"
    else
        echo "$text refused"
    fi
done <<'TEXTS' | tee seen
[9223372036854775807]
[9223372036854775808]
[18446744073709551615]
[123456789012345678901234567890]
[-9223372036854775809]
[010,0x10]
[100000000000000000000.5]
[1e+20.0]
[1e999]
['a']
{}["second"]
/*a*/{}
[1,]
[NaN]
TEXTS

cat >expected <<'SEEN'
[9223372036854775807] -> [9223372036854775807]
[9223372036854775808] -> [-9223372036854775808]
[18446744073709551615] -> [-1]
[123456789012345678901234567890] -> [-1]
[-9223372036854775809] -> [9223372036854775807]
[010,0x10] -> [8,16]
[100000000000000000000.5] -> [1e+20.0]
[1e+20.0] refused
[1e999] -> [inf.0]
['a'] -> ["a"]
{}["second"] -> {}
/*a*/{} -> {}
[1,] refused
[NaN] refused
SEEN
diff expected seen
