/* SPDX-License-Identifier: MIT */

/*
 * guest-get-disks
 */
#include "families.h"

#include <string.h>

#include "disk-values.h"
#include "disks.h"
#include "nvme-health.h"

#define LIMIT_S 20

static void
set_wide(QgaValue *value, const char *name, FrostWide wide)
{
    g_autofree char *low = g_strconcat(name, "-lo", NULL);
    g_autofree char *high = g_strconcat(name, "-hi", NULL);

    qga_value_set_uint(value, low, wide.low);
    qga_value_set_uint(value, high, wide.high);
}

static QgaValue *
health_value(const FrostNvmeHealth *health)
{
    QgaValue *value = qga_value_new_object();

    qga_value_set_string(value, "type", "nvme");
    qga_value_set_uint(value, "critical-warning", health->critical_warning);
    qga_value_set_uint(value, "temperature", health->temperature);
    qga_value_set_uint(value, "available-spare", health->available_spare);
    qga_value_set_uint(value, "available-spare-threshold", health->available_spare_threshold);
    qga_value_set_uint(value, "percentage-used", health->percentage_used);
    set_wide(value, "data-units-read", health->data_units_read);
    set_wide(value, "data-units-written", health->data_units_written);
    set_wide(value, "host-read-commands", health->host_read_commands);
    set_wide(value, "host-write-commands", health->host_write_commands);
    set_wide(value, "controller-busy-time", health->controller_busy_time);
    set_wide(value, "power-cycles", health->power_cycles);
    set_wide(value, "power-on-hours", health->power_on_hours);
    set_wide(value, "unsafe-shutdowns", health->unsafe_shutdowns);
    set_wide(value, "media-errors", health->media_errors);
    set_wide(value, "number-of-error-log-entries", health->error_log_entries);
    return value;
}

/* Adds nothing for a disk whose health cannot be read. */
static void
set_health(QgaValue *value, const FrostDisk *disk)
{
    FrostNvmeHealth health;

    if (disk->address && strcmp(disk->address->bus_type, "nvme") == 0 &&
        frost_nvme_health_read(disk->node, &health) == 0)
        qga_value_set(value, "smart", health_value(&health));
}

static QgaValue *
disk_value(const FrostDisk *disk)
{
    QgaValue *value = qga_value_new_object();
    QgaValue *nodes = qga_value_new_array();

    for (guint i = 0; i < disk->stands_on->len; i++)
        qga_value_append(nodes, qga_value_new_string(g_ptr_array_index(disk->stands_on, i)));
    qga_value_set_string(value, "name", disk->node);
    qga_value_set_bool(value, "partition", disk->is_partition);
    qga_value_set(value, "dependencies", nodes);
    if (disk->address)
        qga_value_set(value, "address", frost_disk_address_value(disk->address));
    set_health(value, disk);
    if (disk->alias)
        qga_value_set_string(value, "alias", disk->alias);
    return value;
}

static gpointer
read_all(gpointer input, GError **error)
{
    g_autoptr(GPtrArray) disks = frost_disks_read("", error);

    if (!disks)
        return NULL;
    QgaValue *list = qga_value_new_array();
    for (guint i = 0; i < disks->len; i++)
        qga_value_append(list, disk_value(g_ptr_array_index(disks, i)));
    return list;
}

static void
get_disks(QgaCall *call, void *user)
{
    if (frost_call_takes_nothing(call))
        frost_call_by_job(user, call, "reading the disks", LIMIT_S, read_all, NULL, NULL);
}

static const QgaCommand commands[] = {
    {"guest-get-disks", QGA_COMMAND_PLAIN, get_disks},
};

const FrostFamily frost_disks_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
