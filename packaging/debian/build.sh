#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh packaging/debian/build.sh [FOLDER]   builds the Debian package and checks it with lintian, if installed
#
# The result is in FOLDER (build-deb in the tree). Needs dpkg-dev, debhelper, meson, libglib2.0-dev
# and libjson-c-dev; not root. Nothing in the tree changes: the source is a copy.
set -eu

tree=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$tree/build-deb}
rm -rf "$out"
version=$(sh "$tree/packaging/copy-sources.sh" "$out")
name=frost-ga-$version
tar -C "$out" -czf "$out/frost-ga_$version.orig.tar.gz" "$name"
cp -r "$tree/packaging/debian/debian" "$out/$name/"

cd "$out/$name"
PATH=/usr/bin:/bin:/usr/sbin:/sbin dpkg-buildpackage -us -uc -d
dpkg-checkbuilddeps || echo "build.sh: built without the packages named above" >&2

if command -v lintian >/dev/null; then
    # There is no request for a package of this project in Debian's bug tracker.
    lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
        --suppress-tags initial-upload-closes-no-bugs ../frost-ga_*.changes
else
    echo "build.sh: lintian is not installed, so the package has not been checked with it" >&2
fi
ls -l "$out"/*.deb
