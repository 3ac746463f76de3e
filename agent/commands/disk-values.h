/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-values.h - where a disk is plugged in, as the protocol writes it
 */

#include "disk-address.h"
#include "json.h"

QgaValue *frost_disk_address_value(const FrostDiskAddress *address);
