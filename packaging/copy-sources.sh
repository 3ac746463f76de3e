#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh packaging/copy-sources.sh FOLDER   copies the sources into FOLDER/frost-ga-VERSION, and prints VERSION
#
# The sources are the files that git tracks or, in an unpacked archive, everything but build folders.
set -eu

tree=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$tree/meson.build")
copy=$1/frost-ga-$version

mkdir -p "$copy"
{
    git -C "$tree" -c safe.directory='*' ls-files 2>/dev/null ||
        (cd "$tree" && find . -type f ! -path './build*' ! -path './.git*')
} | tar -C "$tree" -c -T - | tar -C "$copy" -x
echo "$version"
