#!/bin/sh
# SPDX-License-Identifier: MIT
#
# GLib 2.74.6 (Debian's libglib2.0-0 2.74.6-2+deb12u9): a GKeyFile whose key is given twice
#
# Expected: one key, with the value of its last line; removing it removes it.
# Seen:     g_key_file_get_keys() lists the key once for each of its lines. g_key_file_remove_key()
#           says TRUE and takes out the last line only: the key then has no value and cannot be
#           removed, but g_key_file_to_data() still writes the first line. Who saves the file and
#           reads it again has the old value back.
#
# Needs apt-get, dpkg-deb and python3 with ctypes. Leaves nothing behind; exit status 1: it has changed.
set -eu

version=2.74.6-2+deb12u9
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -q -o APT::Sandbox::User=root download "libglib2.0-0=$version" >/dev/null
dpkg-deb -x libglib2.0-0_*.deb root

cat >ask.py <<'PYTHON'
import ctypes
import sys

pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
glib = ctypes.CDLL(sys.argv[1])


def declare(name, result, *arguments):
    call = getattr(glib, name)
    call.restype, call.argtypes = result, arguments
    return call


new = declare("g_key_file_new", pointer)
load = declare("g_key_file_load_from_data", ctypes.c_int, pointer, text, size, ctypes.c_int, pointer)
get_keys = declare("g_key_file_get_keys", ctypes.POINTER(text), pointer, text,
                   ctypes.POINTER(size), pointer)
get_value = declare("g_key_file_get_value", text, pointer, text, text, pointer)
remove = declare("g_key_file_remove_key", ctypes.c_int, pointer, text, text, pointer)
to_data = declare("g_key_file_to_data", text, pointer, pointer, pointer)

SOURCE = b"[group]\nkey=old\nother=1\nkey=new\n"
file = new()
load(file, SOURCE, len(SOURCE), 0, None)


def show(what):
    count = size()
    keys = get_keys(file, b"group", ctypes.byref(count), None)
    value = get_value(file, b"group", b"key", None)
    print(f"{what}: keys {' '.join(keys[i].decode() for i in range(count.value))};",
          f"value {value.decode() if value else 'none'};",
          f"written {to_data(file, None, None).decode().split()}")


show("loaded")
print("removed:", remove(file, b"group", b"key", None))
show("then")
print("removed once more:", remove(file, b"group", b"key", None))
PYTHON
python3 ask.py root/usr/lib/*/libglib-2.0.so.0 | tee seen

cat >expected <<'SEEN'
loaded: keys key other key; value new; written ['[group]', 'key=old', 'other=1', 'key=new']
removed: 1
then: keys key other; value none; written ['[group]', 'key=old', 'other=1']
removed once more: 0
SEEN
diff expected seen
