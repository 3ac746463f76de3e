#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh packaging/rpm/build.sh [FOLDER]   builds the RPM with Debian's rpmbuild and looks at it with rpmlint
#
# What it makes is in FOLDER (build-rpm in the tree). Needs rpm, rpmlint, meson, libglib2.0-dev and
# libjson-c-dev. Debian has neither Fedora's macros for meson and systemd nor its packages to require:
# the macros are given here, and what is built is a proof of the spec, not a package to ship.
set -eu

tree=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$tree/build-rpm}
rm -rf "$out"
mkdir -p "$out/SPECS"
name=frost-ga-$(sh "$tree/packaging/copy-sources.sh" "$out/SOURCES")
tar -C "$out/SOURCES" -czf "$out/SOURCES/$name.tar.gz" "$name"
rm -rf "${out:?}/SOURCES/$name"
cp "$tree/packaging/rpm/frost-ga.spec" "$out/SPECS/"

cat >"$out/macros" <<'M'
%_unitdir /usr/lib/systemd/system
%_udevrulesdir /usr/lib/udev/rules.d
%meson /usr/bin/meson setup --prefix=/usr --sysconfdir=/etc --localstatedir=/var --mandir=%{_mandir} --buildtype=plain redhat-build
%meson_build ninja -C redhat-build
%meson_install DESTDIR=%{buildroot} ninja -C redhat-build install
%systemd_post() %{nil}
%systemd_preun() %{nil}
%systemd_postun_with_restart() %{nil}
M
PATH=/usr/bin:/bin:/usr/sbin:/sbin rpmbuild --nodeps --quiet --load="$out/macros" \
    --define "_topdir $out" --define "debug_package %{nil}" -bb "$out/SPECS/frost-ga.spec" \
    >"$out/log" 2>&1 || {
    tail -n 40 "$out/log"
    exit 1
}
rpmlint -c "$tree/packaging/rpm/rpmlint.toml" "$out/SPECS/frost-ga.spec" "$out"/RPMS/*/*.rpm
rpm -qplv "$out"/RPMS/*/*.rpm
