/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * disk-files.h - the files of a block device in sysfs: its path, and the limits of its queue
 */

#include <stdint.h>

#include "kernel.h"

#define FROST_DISK_PATH_SIZE 64

/* Writes to @path the path of @file in the device's folder in sysfs. Returns @path. */
const char *frost_disk_path(char path[FROST_DISK_PATH_SIZE], uint64_t device, const char *file);

/* The calls of the same names in kernel.h. */
int frost_disk_open_knob(uint64_t device, FrostKnob knob);
int frost_disk_read_knob(int fd, uint32_t *out_value);
int frost_disk_turn_knob(int fd, uint32_t value);
