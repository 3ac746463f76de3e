#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh packaging/sysext/build.sh [FOLDER]   a system extension (systemd-sysext) with frost-ga in it
#
# Makes FOLDER/frost-ga (build-sysext in the tree): /usr and nothing else, with a program that needs no
# library, so that it fits on any system; and frost-ga.raw beside it where mksquashfs is installed.
# On the machine: to /var/lib/extensions, then systemd-sysext refresh and systemctl daemon-reload.
# Needs meson, ninja and the archives of glib, pcre2 and json-c; no root.
set -eu

tree=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$tree/build-sysext}
image=$out/frost-ga
release=$image/usr/lib/extension-release.d

rm -rf "$image" "$out/frost-ga.raw"
mkdir -p "$out"
PATH=/usr/bin:/bin:/usr/sbin:/sbin
[ -f "$out/build/build.ninja" ] || meson setup "$out/build" "$tree" --prefix=/usr --sbindir=bin \
    --native-file "$tree/tests/native/packaged.ini" -Dstatic=true -Dsystemdunitdir=/usr/lib/systemd/system -Dudevrulesdir=/usr/lib/udev/rules.d \
    -Dstatedir=/run -Dpidfile=/run/qemu-ga.pid >"$out/build.log" 2>&1 || { cat "$out/build.log"; exit 1; }
ninja -C "$out/build" >>"$out/build.log" 2>&1 || { cat "$out/build.log"; exit 1; }
DESTDIR=$image meson install -C "$out/build" --no-rebuild --strip >>"$out/build.log"

# In bin, since on some systems sbin is a link to it, which an extension would hide.
# Nothing in an extension is enabled by its user: the udev rule starts the unit with the port, and this
# does where the extension is merged after the port has come.
mkdir -p "$image/usr/lib/systemd/system/multi-user.target.d"
cat >"$image/usr/lib/systemd/system/multi-user.target.d/10-frost-ga.conf" <<'END'
[Unit]
Upholds=qemu-guest-agent.service
END

# Any system of this architecture will do: the program brings what it needs.
mkdir -p "$release"
machine=$(uname -m | tr _ -)
{
    echo "ID=_any"
    case $machine in
    x86-64) echo "ARCHITECTURE=$machine" ;;
    aarch64) echo "ARCHITECTURE=arm64" ;;
    esac
    echo "EXTENSION_RELOAD_MANAGER=1"
} >"$release/extension-release.frost-ga"

! command -v mksquashfs >/dev/null ||
    mksquashfs "$image" "$out/frost-ga.raw" -all-root -noappend -quiet
du -sh "$image"
