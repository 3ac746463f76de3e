################################################################################
#
# frost-ga
#
################################################################################

FROST_GA_VERSION = 0.1.0
FROST_GA_SITE = $(BR2_EXTERNAL_FROST_GA_PATH)/../..
FROST_GA_SITE_METHOD = local
FROST_GA_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude=/build*
FROST_GA_LICENSE = MIT
FROST_GA_LICENSE_FILES = LICENSE
FROST_GA_DEPENDENCIES = host-pkgconf json-c libglib2
FROST_GA_CONF_OPTS = -Db_lto=true -Dstatedir=/run -Dpidfile=/run/qemu-ga.pid

ifeq ($(BR2_PACKAGE_FROST_GA_MINIMAL),y)
FROST_GA_CONF_OPTS += -Dcommands=minimal
endif

ifeq ($(BR2_STATIC_LIBS),y)
FROST_GA_CONF_OPTS += -Dstatic=true
endif

ifeq ($(BR2_INIT_SYSTEMD),y)
FROST_GA_CONF_OPTS += \
	-Dsystemdunitdir=/usr/lib/systemd/system \
	-Dudevrulesdir=/usr/lib/udev/rules.d
endif

define FROST_GA_INSTALL_QEMU_GA_LINK
	ln -sf frost-ga $(TARGET_DIR)/usr/sbin/qemu-ga
endef
FROST_GA_POST_INSTALL_TARGET_HOOKS += FROST_GA_INSTALL_QEMU_GA_LINK

define FROST_GA_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 0755 $(@D)/packaging/busybox/S90qemu-guest-agent \
		$(TARGET_DIR)/etc/init.d/S90qemu-guest-agent
endef

define FROST_GA_INSTALL_INIT_OPENRC
	$(INSTALL) -D -m 0755 $(@D)/packaging/openrc/qemu-guest-agent \
		$(TARGET_DIR)/etc/init.d/qemu-guest-agent
	$(INSTALL) -D -m 0644 $(@D)/packaging/openrc/qemu-guest-agent.confd \
		$(TARGET_DIR)/etc/conf.d/qemu-guest-agent
endef

$(eval $(meson-package))
