/* SPDX-License-Identifier: MIT */
#include "disk-origin.h"

#include <glib.h>
#include <string.h>

#define VIRTUAL "/sys/devices/virtual/"
#define VIRTUAL_BLOCK VIRTUAL "block/"
#define NVME_SUBSYSTEMS VIRTUAL "nvme-subsystem/"

/* A disk is served if its folder has one of these parts, even if the folder also shows a bus. A
 * part that begins a name is followed by a number: host1/session1/target1:0:0. */
static const char *const SERVED[] = {
    "/tcm_loop_",  /* LIO's loopback */
    "/session",    /* iSCSI, by TCP or iSER */
    "/rbd",        /* Ceph */
    "/vhci_hcd.",  /* USB over IP */
    "/dummy_hcd.", /* a USB gadget without a cable */
};

static bool
has_part(const char *folder, const char *part)
{
    size_t length = strlen(part);

    for (const char *at = strstr(folder, part); at; at = strstr(at + 1, part)) {
        if (g_ascii_isdigit(at[length]) || at[length] == '/')
            return true;
    }
    return false;
}

/* True if @name is @kind with a number after it, as "zram0". */
static bool
is_numbered(const char *name, const char *kind)
{
    size_t length = strlen(kind);

    if (strncmp(name, kind, length) != 0 || name[length] == '\0')
        return false;
    return strspn(name + length, "0123456789") == strlen(name + length);
}

static FrostOrigin
origin_without_bus(const char *folder)
{
    const char *name = folder + strlen(VIRTUAL_BLOCK);

    if (g_str_has_prefix(folder, NVME_SUBSYSTEMS))
        return FROST_ORIGIN_NVME_HEAD;
    if (g_str_has_prefix(folder, VIRTUAL_BLOCK) &&
        (is_numbered(name, "zram") || is_numbered(name, "ram")))
        return FROST_ORIGIN_MEMORY;
    return FROST_ORIGIN_SERVED;
}

FrostOrigin
frost_origin_of_folder(const char *folder)
{
    if (g_str_has_prefix(folder, VIRTUAL))
        return origin_without_bus(folder);
    for (size_t i = 0; i < G_N_ELEMENTS(SERVED); i++) {
        if (has_part(folder, SERVED[i]))
            return FROST_ORIGIN_SERVED;
    }
    return FROST_ORIGIN_HARDWARE;
}

/* In sysfs, the controllers (nvme0, nvme1) are beside the head in the folder of its subsystem. */
static bool
are_all_on_pci(FrostSys *sys, const char *subsystem)
{
    g_auto(GStrv) names = NULL;
    unsigned found = 0;

    if (sys->list_dir(sys, subsystem, &names) < 0)
        return false;
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_strconcat(subsystem, "/", *name, "/transport", NULL);
        g_autofree char *transport = NULL;

        if (!is_numbered(*name, "nvme"))
            continue;
        if (sys->read_file(sys, path, &transport, NULL) < 0 ||
            strcmp(g_strchomp(transport), "pcie") != 0)
            return false;
        found++;
    }
    return found > 0;
}

FrostOrigin
frost_origin_of_disk(FrostSys *sys, const char *folder)
{
    FrostOrigin origin = frost_origin_of_folder(folder);

    if (origin != FROST_ORIGIN_NVME_HEAD)
        return origin;
    g_autofree char *subsystem = g_path_get_dirname(folder);
    return are_all_on_pci(sys, subsystem) ? FROST_ORIGIN_HARDWARE : FROST_ORIGIN_SERVED;
}
