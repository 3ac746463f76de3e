#!/bin/sh
# SPDX-License-Identifier: MIT
#
# quickstart.sh [--shell] - build frost-ga and see it freeze, in a private mount namespace
#
# Installs what is missing (apt-get), builds a release into build-quickstart, and plays a host that
# freezes and thaws three small filesystems of its own. The machine's own are never touched: the
# playground is a mount namespace that contains nothing but its loop devices. --shell opens a shell
# in it. Needs root. Nothing but installed packages stays outside the build folder, even after Ctrl-C.

set -u
cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH
build="build-quickstart"
log=$build/quickstart.log
mode=

usage() {
  echo "usage: sh packaging/quickstart.sh [--shell]"
  echo "  without an option: build, and show one freeze and thaw"
  echo "  --shell            build, and open a shell beside the running agent"
}

stop() { # what went wrong, what to do about it...
  printf '\nquickstart: %s\n' "$1" >&2
  shift
  for hint in "$@"; do echo "  $hint" >&2; done
  exit 1
}

step() {
  printf '  %-24s' "$1"
}

have() {
  command -v "$1" >/dev/null 2>&1
}

has_library() {
  pkg-config --exists "$1" 2>/dev/null
}

compiles() {
  echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1
}

# The names of Debian's packages whose content is not here; elsewhere they tell what to look for.
missing_packages() {
  have cc || echo gcc
  compiles || echo libc6-dev
  have meson || echo meson
  have ninja || echo ninja-build
  have pkg-config || echo pkgconf
  has_library 'glib-2.0 >= 2.66' || echo libglib2.0-dev
  has_library 'json-c >= 0.14' || echo libjson-c-dev
  have python3 || echo python3
  have mkfs.ext4 || echo e2fsprogs
  have mkfs.xfs || echo xfsprogs
  have unshare || echo util-linux
  have losetup || echo mount
  [ -z "$mode" ] || have socat || echo socat
}

install_missing() {
  step "What it needs"
  missing=$(missing_packages | tr '\n' ' ')
  if [ -z "$missing" ]; then
    echo "all there"
    return
  fi
  if ! have apt-get; then
    echo "not all there"
    stop "apt-get is missing, so this is neither Debian nor Ubuntu." \
      "Please install by hand what these packages hold there:" "  $missing"
  fi
  echo "installing, with apt-get,"
  echo "$missing" | fold -s -w 50 | sed 's/^/                          /'
  # shellcheck disable=SC2086 # one word a package
  { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing; } >>"$log" 2>&1 </dev/null
  missing=$(missing_packages | tr '\n' ' ')
  if [ -n "$missing" ]; then
    tail -n 15 "$log" >&2
    stop "could not install: $missing" "All that apt-get said is in $log."
  fi
}

# What the playground wants from the kernel; a container often has none of it.
check_kernel() {
  for module in loop ext4 xfs; do
    modprobe -q "$module" 2>/dev/null
  done
  losetup -f >/dev/null 2>&1 ||
    stop "no loop device can be had (/dev/loop-control)." \
      "In a container they are usually forbidden: try it in a virtual machine."
  for kind in ext4 xfs; do
    grep -qw "$kind" /proc/filesystems ||
      stop "this kernel has no $kind." \
        "It needs CONFIG_$(echo $kind | tr '[:lower:]' '[:upper:]')_FS, or the module $kind."
  done
  unshare -m true 2>/dev/null ||
    stop "no mount namespace can be made." \
      "In a container that is usually forbidden: try it in a virtual machine."
}

pick_python() {
  for python in /usr/bin/python3 python3; do
    if "$python" -c 'import sys, ctypes; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
      return
    fi
  done
  stop "it needs Python 3.9 or later with its standard library."
}

build_release() {
  step "Release build"
  began=$(date +%s)
  if ! { [ -f "$build/build.ninja" ] || meson setup "$build"; } \
    >>"$log" 2>&1 </dev/null || ! ninja -C "$build" >>"$log" 2>&1 </dev/null; then
    echo "failed"
    tail -n 25 "$log" >&2
    stop "the build failed; all of its output is in $log."
  fi
  size=$(($(wc -c <"$build/agent/frost-ga") / 1024))
  echo "$build/agent/frost-ga, $size KiB, in $(($(date +%s) - began)) s"
}

for argument in "$@"; do
  case $argument in
    --shell) mode=--shell ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
done

[ "$(uname -s)" = Linux ] || stop "frost-ga is for Linux."
[ "$(id -u)" -eq 0 ] || stop "it needs root, for mounts and loop devices." \
  "sudo sh packaging/quickstart.sh $mode"
echo "frost-ga: see it freeze"
echo "======================="
mkdir -p "$build" || exit 1
: >"$log"
install_missing
check_kernel
pick_python
build_release
exec "$python" -B packaging/quickstart/play.py "$build/agent/frost-ga" \
  packaging/hooks/fsfreeze-hook "$build" $mode
