/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hotplug.h - processors and memory blocks that can be switched on and off
 *
 * Both are folders of sysfs, NAME and a number, with a file `online` in those that can be switched.
 * Reading and writing it waits for whoever is switching; call from where that may be waited for.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FROST_HOTPLUG_ERROR (frost_hotplug_error_quark())

typedef enum {
    FROST_HOTPLUG_ERROR_READ,      /* the folders cannot be listed */
    FROST_HOTPLUG_ERROR_NONE,      /* the folder is there and nothing is in it */
    FROST_HOTPLUG_ERROR_NOT_FOUND, /* there is no such unit */
    FROST_HOTPLUG_ERROR_FIXED,     /* it cannot be switched off */
    FROST_HOTPLUG_ERROR_SWITCH,    /* the kernel refused */
} FrostHotplugError;

GQuark frost_hotplug_error_quark(void);

typedef struct {
    int64_t number;
    bool online;
    bool can_offline;
} FrostUnit;

/* What became of one unit that was to be switched. */
typedef enum {
    FROST_SWITCHED,
    FROST_SWITCH_NOT_FOUND,
    FROST_SWITCH_UNSUPPORTED, /* fixed, and not as it was wanted */
    FROST_SWITCH_FAILED,
} FrostSwitchResult;

/* Of FrostUnit, by number; NULL and @error. @root as in tree.h. */
GArray *frost_processors_read(const char *root, GError **error);
/* Makes one be as @wanted says. */
bool frost_processor_switch(const char *root, const FrostUnit *wanted, GError **error);

/* Without memory hotplug in the kernel there are none, and that is no error (protocol 5). */
GArray *frost_memory_blocks_read(const char *root, GError **error);
/* @out_errno: why it failed; 0 where that says nothing. */
FrostSwitchResult frost_memory_block_switch(const char *root, const FrostUnit *wanted,
                                            int *out_errno);
bool frost_memory_block_size(const char *root, uint64_t *out_bytes, GError **error);
