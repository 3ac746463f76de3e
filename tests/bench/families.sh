#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh tests/bench/families.sh [BUILD]     what each family of commands adds to the binary, built as
#                                        the packages are: with all of them, without each, minimal
#
# Prints a table in Markdown. A family's size is that of its code and data, with what it alone needs
# of the boxes below; the last two rows are whole files, stripped.
set -eu

tree=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$tree/build-families}

build_with() {
    meson configure "$build" "$@" >/dev/null
    ninja -C "$build" agent/frost-ga >/dev/null
}

# In bytes: of what is loaded, and of the stripped file.
loaded() {
    size -B "$build/agent/frost-ga" | awk 'NR == 2 { print $1 + $2 }'
}
stripped() {
    strip -o "$build/stripped" "$build/agent/frost-ga"
    stat -c %s "$build/stripped"
}

kib() {
    awk -v bytes="$1" 'BEGIN { printf "%.1f", bytes / 1024 }'
}

# An earlier run's folder may not know the options of today.
if [ -f "$build/build.ninja" ]; then
    meson setup --reconfigure "$build" "$tree" >/dev/null
else
    meson setup "$build" "$tree" --native-file "$tree/tests/native/packaged.ini" >/dev/null
fi
families=$(sed -n "s/^option('cmd_\([a-z]*\)'.*/\1/p" "$tree/meson_options.txt")

# All options as a package has them, whatever an earlier run left.
defaults="-Dcommands=all"
for family in $families; do
    defaults="$defaults -Dcmd_$family=auto"
done
# shellcheck disable=SC2086  # a list of options
build_with $defaults
all=$(loaded)
all_file=$(stripped)

echo "| family | in \`minimal\` | KiB |"
echo "|---|---|---:|"
minimal_families=$(sed -n "s/^families_minimal = \[\(.*\)\]/\1/p" "$tree/agent/commands/meson.build")
for family in $families; do
    # shellcheck disable=SC2086
    build_with $defaults "-Dcmd_$family=disabled"
    case "$minimal_families" in
    *"'$family'"*) mark=yes ;;
    *) mark= ;;
    esac
    echo "| \`$family\` | $mark | $(kib $((all - $(loaded)))) |"
done
# shellcheck disable=SC2086
build_with $defaults -Dcommands=minimal
echo "| **all** | | **$(kib "$all_file")** |"
echo "| **\`-Dcommands=minimal\`** | | **$(kib "$(stripped)")** |"
