/* SPDX-License-Identifier: MIT */
#include "hotplug.h"

#include <errno.h>

#include "sysfs-text.h"

#define PROCESSORS "/sys/devices/system/cpu/"
#define MEMORY "/sys/devices/system/memory/"

G_DEFINE_QUARK(frost_hotplug_error, frost_hotplug_error)

/* A unit without the file is online, and cannot be switched. Usually that is the boot CPU. */
static bool
read_unit(const char *root, const char *folder, const char *name, FrostUnit *unit)
{
    g_autofree char *path = g_strconcat(folder, name, "/online", NULL);
    uint64_t online = 1;
    int r = frost_sysfs_read_number(root, path, 10, &online);

    unit->online = online != 0;
    unit->can_offline = r == 0;
    return r == 0 || r == -ENOENT;
}

/* A unit that is removed meanwhile is left out. */
static int
read_units(const char *root, const char *folder, const char *prefix, GArray *units)
{
    g_auto(GStrv) names = NULL;
    int r = frost_sysfs_list(root, folder, &names);

    for (char **name = names; name && *name; name++) {
        FrostUnit unit = {.number = frost_sysfs_number_after(prefix, *name)};

        if (unit.number >= 0 && read_unit(root, folder, *name, &unit))
            g_array_append_val(units, unit);
    }
    return r;
}

static void
set_open_error(GError **error, const char *path, int why)
{
    g_set_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_READ, "open(\"%s\"): %s", path,
                g_strerror(why));
}

GArray *
frost_processors_read(const char *root, GError **error)
{
    g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(FrostUnit));
    int r = read_units(root, PROCESSORS, "cpu", units);

    if (r < 0) {
        set_open_error(error, PROCESSORS, -r);
        return NULL;
    }
    return g_steal_pointer(&units);
}

static int
write_online(const char *root, const char *path, bool online)
{
    return frost_sysfs_write(root, path, online ? "1" : "0");
}

bool
frost_processor_switch(const char *root, const FrostUnit *wanted, GError **error)
{
    g_autofree char *folder =
        g_strdup_printf(PROCESSORS "cpu%" G_GINT64_FORMAT "/", wanted->number);
    g_autofree char *path = g_strconcat(folder, "online", NULL);
    uint64_t online;

    if (!frost_sysfs_has(root, folder)) {
        g_set_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_NOT_FOUND, "open(\"%s\"): %s",
                    folder, g_strerror(ENOENT));
        return false;
    }
    int r = frost_sysfs_read_number(root, path, 10, &online);
    if (r == -ENOENT) {
        if (wanted->online)
            return true;
        g_set_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_FIXED,
                    "logical processor #%" G_GINT64_FORMAT " can't be offlined", wanted->number);
        return false;
    }
    if (r == 0 && (online != 0) != wanted->online)
        r = write_online(root, path, wanted->online);
    if (r < 0)
        g_set_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_SWITCH, "write(\"%s\"): %s",
                    path, g_strerror(-r));
    return r == 0;
}

GArray *
frost_memory_blocks_read(const char *root, GError **error)
{
    g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(FrostUnit));
    int r = read_units(root, MEMORY, "memory", units);

    if (r < 0 && r != -ENOENT) {
        set_open_error(error, MEMORY, -r);
        return NULL;
    }
    if (r == 0 && units->len == 0) {
        g_set_error(error, FROST_HOTPLUG_ERROR, FROST_HOTPLUG_ERROR_NONE,
                    "guest reported zero memory blocks!");
        return NULL;
    }
    return g_steal_pointer(&units);
}

FrostSwitchResult
frost_memory_block_switch(const char *root, const FrostUnit *wanted, int *out_errno)
{
    g_autofree char *folder = g_strdup_printf(MEMORY "memory%" G_GINT64_FORMAT, wanted->number);
    g_autofree char *path = g_strconcat(folder, "/online", NULL);
    uint64_t online;

    *out_errno = 0;
    if (!frost_sysfs_has(root, folder)) {
        *out_errno = ENOENT;
        return FROST_SWITCH_NOT_FOUND;
    }
    int r = frost_sysfs_read_number(root, path, 10, &online);
    if (r == -ENOENT)
        return wanted->online ? FROST_SWITCHED : FROST_SWITCH_UNSUPPORTED;
    if (r == 0 && (online != 0) != wanted->online)
        r = write_online(root, path, wanted->online);
    if (r == 0)
        return FROST_SWITCHED;
    *out_errno = -r;
    return FROST_SWITCH_FAILED;
}

bool
frost_memory_block_size(const char *root, uint64_t *out_bytes, GError **error)
{
    int r = frost_sysfs_read_number(root, MEMORY "block_size_bytes", 16, out_bytes);

    if (r < 0)
        set_open_error(error, MEMORY, -r);
    return r == 0;
}
