/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * boot-id.h - reads the id of the current boot
 */

#define FROST_BOOT_ID_SIZE 40

/* The kernel's boot id, filled up with zeros; all zeros if it cannot be read. */
void frost_boot_id_read(char out[FROST_BOOT_ID_SIZE]);
