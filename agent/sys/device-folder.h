/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * device-folder.h - the folder of a device in sysfs, by a link to it
 */

/* (nullable): where a link in /sys/dev/block, /sys/class/block or /sys/block leads; g_free() it.
 * There is no other link on the way, so that one call tells what realpath() needs eight for.
 * NULL: @path is no such link, or not there. */
char *frost_device_folder(const char *path);
