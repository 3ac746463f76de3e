#!/bin/sh
# SPDX-License-Identifier: MIT
#
# virsh 9.0.0 (Debian's libvirt-clients 9.0.0-4+deb12u2): several commands in one call, as freeze, snapshot, thaw
#
# virsh takes commands with semicolons between them, or line by line from its input; the manual says no more of what
# follows one that fails. One connection serves them all, so a script for a short freeze has its three commands in one call.
#
# Expected: it ends at the first command that fails, or at least with another status than 0.
# Seen:     it goes on with the next: the snapshot is taken although nothing was frozen. The status is that of the
#           last command alone, the thaw, which succeeds: 0. From its input it is 0 even if the last one fails. A script
#           calls virsh once for each command.
#
# libvirt's own test driver plays the host here; nothing is frozen.
#
# Needs apt-get, dpkg-deb and the libraries of libvirt-clients. Leaves nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=9.0.0-4+deb12u2
apt-get -q -o APT::Sandbox::User=root download "libvirt-clients=$version" "libvirt0=$version" >/dev/null
for package in ./*.deb; do
    dpkg-deb -x "$package" root
done
PATH=$PWD/root/usr/bin:$PATH
LD_LIBRARY_PATH=$(find root -name 'lib*.so.*' -printf "$folder/%h\n" | sort -u | paste -s -d :)
export PATH LD_LIBRARY_PATH

client() {
    XDG_CACHE_HOME=$folder XDG_CONFIG_HOME=$folder timeout 20 virsh -q -c test:///default "$@" >output 2>&1 </dev/null
}

ask() { # COMMANDS
    status=0
    client "$1; snapshot-list test --name" || status=$?
    sed 's/^/    /' output
    status=0
    client "$1" || status=$?
    echo "$1: status $status"
}

{
    freeze='domfsfreeze test --mountpoint /absent'
    ask "$freeze"
    ask "$freeze; snapshot-create-as test copy; domfsthaw test"
    ask 'domfsfreeze test; snapshot-create-as test copy --diskspec absent; domfsthaw test'
    printf '%s\n' "$freeze" 'domfsthaw absent' >commands
    status=0
    XDG_CACHE_HOME=$folder XDG_CONFIG_HOME=$folder virsh -q -c test:///default <commands >output 2>&1 || status=$?
    echo "the input: $(grep -c '^error: \(Requested\|failed\)' output) errors, status $status"
} | tee seen

cat >expected <<'SEEN'
    error: Unable to freeze filesystems
    error: Requested operation is not valid: mount point not found: /absent
domfsfreeze test --mountpoint /absent: status 1
    error: Unable to freeze filesystems
    error: Requested operation is not valid: mount point not found: /absent
    copy
domfsfreeze test --mountpoint /absent; snapshot-create-as test copy; domfsthaw test: status 0
    error: unsupported configuration: no disk named 'absent'
domfsfreeze test; snapshot-create-as test copy --diskspec absent; domfsthaw test: status 0
the input: 2 errors, status 0
SEEN
diff expected seen
