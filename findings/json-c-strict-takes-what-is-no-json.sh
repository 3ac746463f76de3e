#!/bin/sh
# SPDX-License-Identifier: MIT
#
# json-c 0.16 (Debian's libjson-c5 0.16-2): a json_tokener with JSON_TOKENER_STRICT
#
# Expected: with this flag it takes what RFC 8259 calls JSON, and nothing else.
# Seen:     it also takes NaN, Infinity and -Infinity, a number that ends with its point, a tab as such
#           in a string, and a member's name in single quotes, although a value in single quotes is
#           refused, and so are a comment, a comma before the end and a leading zero. NaN, Infinity and
#           "1." are then written as they came: what it has taken strictly, another parser refuses.
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
json.json_tokener_new.restype = json.json_tokener_parse_ex.restype = ctypes.c_void_p
json.json_tokener_parse_ex.argtypes = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
json.json_tokener_set_flags.argtypes = ctypes.c_void_p, ctypes.c_int
json.json_tokener_get_error.argtypes = [ctypes.c_void_p]
json.json_object_to_json_string_ext.argtypes = ctypes.c_void_p, ctypes.c_int
json.json_object_to_json_string_ext.restype = ctypes.c_char_p
STRICT, PLAIN = 1, 0

for text in ("NaN", "-Infinity", "[1.]", '"a\tb"', "{'a':1}", "['a']", "[1,]", "[/**/1]", "[01]"):
    tokener = json.json_tokener_new()
    json.json_tokener_set_flags(tokener, STRICT)
    found = json.json_tokener_parse_ex(tokener, text.encode(), len(text) + 1)
    refused = json.json_tokener_get_error(tokener) != 0
    print(repr(text), "refused" if refused else
          json.json_object_to_json_string_ext(found, PLAIN).decode())
PYTHON
python3 ask.py "$(find root -name 'libjson-c.so.5.*')" | tee seen

cat >expected <<'SEEN'
'NaN' NaN
'-Infinity' -Infinity
'[1.]' [1.]
'"a\tb"' "a\tb"
"{'a':1}" {"a":1}
"['a']" refused
'[1,]' refused
'[/**/1]' refused
'[01]' refused
SEEN
diff expected seen
