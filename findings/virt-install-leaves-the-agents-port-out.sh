#!/bin/sh
# SPDX-License-Identifier: MIT
#
# virt-install 4.1.0 (Debian's virtinst 1:4.1.0-2, osinfo-db 0.20221130-2): who gets org.qemu.guest_agent.0
#
# Expected: each guest under QEMU whose devices are chosen by virt-install gets the channel of the guest agent, and
#           one more channel on the command line is added to it.
# Seen:     only an operating system that osinfo-db knows for its virtio-serial gets it. `--osinfo generic` and
#           `--osinfo detect=off,require=off`, which is what an image of one's own is given, get none. And it is
#           left out as soon as there is any --channel, such as spicevmc, although the console and
#           other devices stay.
#
# The hypervisor is virt-install's own stand-in: test:///default that is taken for qemu:///system. Needs root (it
# puts the packages over /usr in a mount namespace), apt-get, dpkg-deb, unshare and the libraries of libvirt. Leaves
# nothing behind; exit status 1: it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p archives/partial root expected
apt-get -y -q -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/archives" --no-install-recommends \
    --download-only install virtinst=1:4.1.0-2 osinfo-db=0.20221130-2 >/dev/null
for package in archives/*.deb; do
    dpkg-deb -x "$package" root
done
# These two are links into /var; their contents are not asked for.
for ids in usb.ids pci.ids; do
    rm -f "root/usr/share/misc/$ids"
    : >"root/usr/share/misc/$ids"
done

cat >ask <<'ASK'
mount --make-rprivate /
mount -t overlay -o "lowerdir=$PWD/root/usr:/usr" overlay /usr
count() {
    virt-install --connect '__virtinst_test__test:///default,fakeuri=qemu:///system' --name guest --memory 512 \
        --disk none --import --print-xml "$@" >xml 2>errors || { cat errors; exit 2; }
    echo "$*: $(grep -c 'name="org.qemu.guest_agent.0"' xml)"
}
count --osinfo debian11
count --osinfo alpinelinux3.16
count --osinfo generic
count --osinfo detect=off,require=off
count --osinfo debian11 --channel spicevmc
ASK
unshare -m -n sh ask | tee seen

cat >expected/seen <<'SEEN'
--osinfo debian11: 1
--osinfo alpinelinux3.16: 1
--osinfo generic: 0
--osinfo detect=off,require=off: 0
--osinfo debian11 --channel spicevmc: 0
SEEN
diff expected/seen seen
