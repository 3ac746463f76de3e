/* SPDX-License-Identifier: MIT */

/*
 * fuzz-block-names.c - what sysfs and /proc say of a disk and of a journal, of any shape
 *
 * Three lines: the folder of a disk, the name of a journal's thread, a device's name. What must
 * hold: only what is under /sys/devices/virtual/ is a head of NVMe or in memory; a journal that is
 * outside has a name, which the thread's name shows, and it is not inside as well.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "disk-origin.h"
#include "further-devices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void
check_folder(const char *line)
{
    g_autofree char *folder = g_strconcat("/sys/devices/", line, NULL);
    FrostOrigin origin = frost_origin_of_folder(folder);

    if (origin == FROST_ORIGIN_NVME_HEAD || origin == FROST_ORIGIN_MEMORY)
        must(g_str_has_prefix(line, "virtual/"));
    if (g_str_has_prefix(line, "virtual/"))
        must(origin != FROST_ORIGIN_HARDWARE);
    frost_origin_of_folder(line);
}

static void
check_journal(const char *comm, const char *device)
{
    g_autofree char *journal = frost_journal_of_thread(comm, device);
    g_autofree char *inside = g_strconcat(device, "-", NULL);

    if (!journal)
        return;
    must(*journal && strstr(comm, journal));
    must(!g_str_has_prefix(journal, inside));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 3);
    unsigned count = g_strv_length(lines);

    if (count > 0)
        check_folder(lines[0]);
    if (count > 2)
        check_journal(lines[1], lines[2]);
    return 0;
}
