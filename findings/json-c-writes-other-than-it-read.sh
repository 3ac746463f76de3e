#!/bin/sh
# SPDX-License-Identifier: MIT
#
# json-c 0.16 (Debian's libjson-c5 0.16-2): a document that is read and written again
#
# Expected: the same values, or an error about those that it cannot hold.
# Seen:     an integer above 64 bits becomes 18446744073709551615, one below -2^63 becomes that, and
#           nothing tells so, while the same value with a fraction is kept as it was written. The name
#           of a member ends at the first U+0000 in it: two members become one, and the last one's value
#           stays. A string value with U+0000 is kept whole.
#
# Needs apt-get, dpkg-deb and python3 with ctypes. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download libjson-c5=0.16-2 >/dev/null
dpkg-deb -x ./*.deb root

cat >ask.py <<'PYTHON'
import ctypes
import sys

json = ctypes.CDLL(sys.argv[1])
json.json_tokener_parse.argtypes = [ctypes.c_char_p]
json.json_tokener_parse.restype = ctypes.c_void_p
json.json_object_to_json_string_ext.argtypes = ctypes.c_void_p, ctypes.c_int
json.json_object_to_json_string_ext.restype = ctypes.c_char_p
PLAIN = 0

for text in ("[18446744073709551616]", "[-9223372036854775809]", "[18446744073709551616.0]",
             r'{"a\u0000b":1,"a\u0000c":2}', r'["a\u0000b"]'):
    found = json.json_tokener_parse(text.encode())
    print(text, "->", json.json_object_to_json_string_ext(found, PLAIN).decode())
PYTHON
python3 ask.py "$(find root -name 'libjson-c.so.5.*')" | tee seen

cat >expected <<'SEEN'
[18446744073709551616] -> [18446744073709551615]
[-9223372036854775809] -> [-9223372036854775808]
[18446744073709551616.0] -> [18446744073709551616.0]
{"a\u0000b":1,"a\u0000c":2} -> {"a":2}
["a\u0000b"] -> ["a\u0000b"]
SEEN
diff expected seen
