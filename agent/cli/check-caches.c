/* SPDX-License-Identifier: MIT */
#include <sys/sysmacros.h>

#include "block-topology.h"
#include "check.h"

#define TOPIC "filesystems"

/* LVM gives these suffixes to the parts of a volume with a cache. */
static const char *const LVM_PARTS[] = {"_corig", "_wcorig", "_cvol", "_cdata", "_cmeta"};

/* (nullable): the text of @file in the device's folder in sysfs; g_free() it. */
static char *
attribute(FrostSys *sys, dev_t device, const char *file)
{
    g_autofree char *path =
        g_strdup_printf("/sys/dev/block/%u:%u/%s", major(device), minor(device), file);
    char *text = NULL;

    return sys->read_file(sys, path, &text, NULL) < 0 ? NULL : g_strchomp(text);
}

/* True for the device that bcache makes, and for the one behind it. The state "no cache" means that
 * no cache is attached. */
static bool
is_bcache(FrostSys *sys, dev_t device)
{
    g_autofree char *state = attribute(sys, device, "bcache/state");

    return state && !g_str_equal(state, "no cache");
}

static bool
is_lvm_cache(FrostSys *sys, dev_t device)
{
    g_autofree char *name = attribute(sys, device, "dm/name");

    for (size_t i = 0; name && i < G_N_ELEMENTS(LVM_PARTS); i++) {
        if (g_str_has_suffix(name, LVM_PARTS[i]))
            return true;
    }
    return false;
}

/* True for a cache of device-mapper, whatever made it and whatever its name. */
static bool
is_dm_cache(FrostSys *sys, dev_t device)
{
    static const char *const TYPES[] = {"cache", "writecache", NULL};
    g_auto(GStrv) types = NULL;
    bool found = false;

    if (sys->dm_targets(sys, device, &types) < 0)
        return false;
    for (char **type = types; *type && !found; type++)
        found = g_strv_contains(TYPES, *type);
    return found;
}

/* (nullable): the kernel's name of a cache below @fs; g_free() it. */
static char *
cache_below(FrostSys *sys, const FrostFilesystem *fs)
{
    g_autoptr(FrostFoundation) foundation = frost_foundation_of(sys, fs->device);

    for (guint i = 0; i < foundation->devices->len; i++) {
        dev_t device = g_array_index(foundation->devices, dev_t, i);

        if (is_bcache(sys, device) || is_lvm_cache(sys, device) || is_dm_cache(sys, device))
            return frost_block_device_name(sys, device);
    }
    return NULL;
}

void
frost_check_caches(const FrostCheck *self)
{
    for (guint i = 0; self->plan && i < self->plan->freezable; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(self->plan->filesystems, i);
        g_autofree char *cache = fs->device ? cache_below(self->sys, fs) : NULL;

        if (cache)
            frost_check_add(self, FROST_GRADE_WARNING, TOPIC,
                            "Include the disks of volume and cache in every snapshot.",
                            "%s has a cache (%s): a freeze writes nothing from it to the volume, "
                            "so a snapshot of the volume's disk alone may hold no filesystem",
                            fs->mount_point, cache);
    }
}
