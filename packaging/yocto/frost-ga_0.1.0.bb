# SPDX-License-Identifier: MIT
SUMMARY = "QEMU guest agent that makes disk snapshots consistent"
DESCRIPTION = "Answers the host in the protocol of the QEMU guest agent, and freezes the \
filesystems in the order in which they stand on each other."
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=df40caa411e23f623503d782c8b7febe"

# The tree that this recipe is in.
inherit externalsrc
EXTERNALSRC = "${THISDIR}/../.."

DEPENDS = "glib-2.0 json-c"

inherit meson pkgconfig systemd update-rc.d

EXTRA_OEMESON = "-Db_lto=true -Dstatedir=/run -Dpidfile=/run/qemu-ga.pid \
    -Dudevrulesdir=${nonarch_base_libdir}/udev/rules.d"

PACKAGECONFIG ??= "${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'systemd', '', d)}"
PACKAGECONFIG[systemd] = "-Dsystemdunitdir=${systemd_system_unitdir},-Dsystemdunitdir="
PACKAGECONFIG[minimal] = "-Dcommands=minimal,-Dcommands=all"

# The port starts it, by the udev rule: there is nothing to enable.
SYSTEMD_SERVICE:${PN} = "qemu-guest-agent.service"
SYSTEMD_AUTO_ENABLE = "disable"

INITSCRIPT_NAME = "qemu-guest-agent"
INITSCRIPT_PARAMS = "defaults 90 10"

do_install:append() {
    ln -s frost-ga ${D}${sbindir}/qemu-ga
    if ${@bb.utils.contains('DISTRO_FEATURES', 'sysvinit', 'true', 'false', d)}; then
        install -D -m 0755 ${S}/packaging/busybox/S90qemu-guest-agent \
            ${D}${sysconfdir}/init.d/qemu-guest-agent
    fi
}

FILES:${PN} += "${systemd_system_unitdir} ${nonarch_base_libdir}/udev ${datadir}/frost-ga"
RCONFLICTS:${PN} = "qemu-guest-agent"
RPROVIDES:${PN} = "qemu-guest-agent"
RREPLACES:${PN} = "qemu-guest-agent"
