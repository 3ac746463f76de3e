/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * vendor.h - the names of arguments and commands that qemu-ga does not have
 *
 * They follow QEMU's rule for extensions of others: two underscores, a domain name in reverse, and
 * an underscore. So no later version of QEMU's schema can use the same names.
 */

#define FROST_VENDOR "__org.frost-ga_"

/* An argument of guest-fsfreeze-freeze, -freeze-list and -thaw: the host's name for the freeze. */
#define FROST_VENDOR_ID FROST_VENDOR "id"

/* A command. */
#define FROST_VENDOR_RECEIPT FROST_VENDOR "fsfreeze-receipt"
