/* SPDX-License-Identifier: MIT */

/*
 * fuzz-disk-address.c - a path of sysfs of any shape, in a tree that is empty
 *
 * What must hold: a virtual one has no address unless it is NVMe's, any other has one with a bus
 * type, and a controller is named whole or not at all.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "disk-address.h"

#define NO_TREE "/proc/self/nothing"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *rest = g_strndup((const char *)data, size);
    g_autofree char *folder = g_strconcat("/sys/devices/", rest, NULL);
    g_autoptr(FrostDiskAddress) address = frost_disk_address_new(NO_TREE, folder);

    must((address == NULL) == g_str_has_prefix(folder, "/sys/devices/virtual/"));
    if (!address)
        return 0;
    must(address->bus_type && *address->bus_type);
    must((address->pci.domain < 0) == (address->pci.function < 0));
    must(address->bus >= 0 && address->target >= 0 && address->unit >= 0);
    must(!address->serial && !address->dev);
    return 0;
}
