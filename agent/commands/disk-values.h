/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-values.h - the address of a disk as a value of the protocol
 */

#include "disk-address.h"
#include "json.h"

QgaValue *frost_disk_address_value(const FrostDiskAddress *address);
