/* SPDX-License-Identifier: MIT */
#include "disk-serial.h"

#include <string.h>
#include <sys/sysmacros.h>

#define KEY "\nE:ID_SERIAL="

static char *
of_udev(FrostSys *sys, dev_t device)
{
    g_autofree char *path = g_strdup_printf("/run/udev/data/b%u:%u", major(device), minor(device));
    g_autofree char *text = NULL;

    if (sys->read_file(sys, path, &text, NULL) < 0)
        return NULL;
    const char *found = strstr(text, KEY);
    return found ? g_strndup(found + strlen(KEY), strcspn(found + strlen(KEY), "\n")) : NULL;
}

static char *
of_kernel(FrostSys *sys, dev_t device)
{
    static const char *const files[] = {"serial", "device/serial"};

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path =
            g_strdup_printf("/sys/dev/block/%u:%u/%s", major(device), minor(device), files[i]);
        char *text = NULL;

        if (sys->read_file(sys, path, &text, NULL) < 0)
            continue;
        g_strstrip(text)[strcspn(text, "\n")] = '\0';
        if (*text)
            return text;
        g_free(text);
    }
    return NULL;
}

static bool
has_line(const char *lines, const char *line)
{
    g_auto(GStrv) all = g_strsplit(lines, "\n", -1);

    return g_strv_contains((const char *const *)all, line);
}

/* Adds the serial number of a disk, or of the disk that has the partition. */
static void
add(FrostSys *sys, dev_t device, GString *lines)
{
    g_autofree char *serial = of_udev(sys, device);

    if (!serial)
        serial = of_kernel(sys, device);
    if (!serial || has_line(lines->str, serial))
        return;
    if (lines->len > 0)
        g_string_append_c(lines, '\n');
    g_string_append(lines, serial);
}

char *
frost_disk_serials(FrostSys *sys, const GArray *disks)
{
    GString *lines = g_string_new(NULL);

    for (guint i = 0; i < disks->len; i++)
        add(sys, g_array_index(disks, dev_t, i), lines);
    return g_string_free(lines, lines->len == 0);
}
