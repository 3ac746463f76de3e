#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh packaging/alpine/compile.sh   compiles all C sources against musl's headers, without a warning
#
# Needs musl-tools, linux-libc-dev, libglib2.0-dev and libjson-c-dev of Debian, which has no glib that
# was built with musl: so nothing is linked. What it proves is that no source needs glibc.
set -eu

tree=$(cd "$(dirname "$0")/../.." && pwd)
out=$tree/build-musl
arch=$(gcc -print-multiarch)
rm -rf "$out"
mkdir "$out" "$out/asm"
meson setup "$out/meson" "$tree" >/dev/null # for the headers that it makes

# musl's own headers come first; the kernel's and glib's are Debian's.
ln -s "/usr/include/$arch/asm" "$out/asm/asm"
ln -s /usr/include/linux /usr/include/asm-generic /usr/include/mtd /usr/include/scsi "$out/asm/"
ln -s /usr/include/json-c "$out/asm/"
includes=$(find "$tree/agent" "$tree/qga-proto" -type d | sed 's/^/-I/')
made=$(find "$out/meson" -name '*.h' -exec dirname {} + | sort -u | sed 's/^/-I/')

count=0
for source in $(find "$tree/agent" "$tree/qga-proto" -name '*.c' ! -path '*/stop/*' | sort); do
    # Words on purpose: options.
    # shellcheck disable=SC2046,SC2086
    musl-gcc -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers \
        -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Os -fPIE -c -o "$out/object" $includes $made \
        -isystem "$out/asm" $(pkg-config --cflags glib-2.0 | sed 's/-I/-isystem /g') "$source"
    count=$((count + 1))
done
echo "ok   $count sources compile against musl"
