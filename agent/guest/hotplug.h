/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hotplug.h - CPUs and memory blocks, and how to switch them on and off
 *
 * Each has a folder in sysfs, a name with a number; a unit that can be switched has a file `online`
 * there. Reading and writing that file waits while another process switches a unit: not for the
 * main loop.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define FROST_HOTPLUG_ERROR (frost_hotplug_error_quark())

typedef enum {
    FROST_HOTPLUG_ERROR_READ,      /* the folders cannot be listed */
    FROST_HOTPLUG_ERROR_NONE,      /* there are no units */
    FROST_HOTPLUG_ERROR_NOT_FOUND, /* there is no such unit */
    FROST_HOTPLUG_ERROR_FIXED,     /* it cannot be switched off */
    FROST_HOTPLUG_ERROR_SWITCH,    /* the kernel refused to switch it */
} FrostHotplugError;

GQuark frost_hotplug_error_quark(void);

typedef struct {
    int64_t number;
    bool online;
    bool can_offline;
} FrostUnit;

/* The result of switching one unit. */
typedef enum {
    FROST_SWITCHED,
    FROST_SWITCH_NOT_FOUND,
    FROST_SWITCH_UNSUPPORTED, /* it cannot be switched, and its state is not the wanted one */
    FROST_SWITCH_FAILED,
} FrostSwitchResult;

/* Returns: of FrostUnit, sorted by number; NULL with @error. @root: as in sysfs-text.h. */
GArray *frost_processors_read(const char *root, GError **error);
/* Switches the CPU @wanted->number to the state @wanted->online. */
bool frost_processor_switch(const char *root, const FrostUnit *wanted, GError **error);

/* If the kernel has no memory hotplug, the list is empty, which is no error. */
GArray *frost_memory_blocks_read(const char *root, GError **error);
/* @out_errno: the reason of a failure; 0: not known. */
FrostSwitchResult frost_memory_block_switch(const char *root, const FrostUnit *wanted,
                                            int *out_errno);
bool frost_memory_block_size(const char *root, uint64_t *out_bytes, GError **error);
