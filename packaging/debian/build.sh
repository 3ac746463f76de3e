#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh packaging/debian/build.sh [FOLDER]   builds the Debian package and looks at it with lintian
#
# What it makes is in FOLDER (build-deb in the tree). Needs dpkg-dev, debhelper, meson, libglib2.0-dev
# and libjson-c-dev; no root. Nothing in the tree changes: the source is a copy of what git
# knows, or in an unpacked archive of everything but build folders.
set -eu

tree=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$tree/build-deb}
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$tree/meson.build")
name=frost-ga-$version

sources() {
    git -C "$tree" -c safe.directory='*' ls-files 2>/dev/null ||
        (cd "$tree" && find . -type f ! -path './build*' ! -path './.git*')
}

rm -rf "$out"
mkdir -p "$out/$name"
sources | tar -C "$tree" -c -T - | tar -C "$out/$name" -x
tar -C "$out" -czf "$out/frost-ga_$version.orig.tar.gz" "$name"
cp -r "$tree/packaging/debian/debian" "$out/$name/"

cd "$out/$name"
PATH=/usr/bin:/bin:/usr/sbin:/sbin dpkg-buildpackage -us -uc -d
dpkg-checkbuilddeps || echo "build.sh: built without the packages named above" >&2

if command -v lintian >/dev/null; then
    # Nobody has asked for a package of this project in Debian's bug tracker.
    lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
        --suppress-tags initial-upload-closes-no-bugs ../frost-ga_*.changes
else
    echo "build.sh: there is no lintian: nobody has looked at the package" >&2
fi
ls -l "$out"/*.deb
