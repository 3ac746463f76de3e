/* SPDX-License-Identifier: MIT */

/*
 * guest-get-disks (protocol 5)
 */
#include "families.h"

#include "disk-values.h"
#include "disks.h"

#define LIMIT_S 20

static QgaValue *
disk_value(const FrostDisk *disk)
{
    QgaValue *value = qga_value_new_object();
    QgaValue *nodes = qga_value_new_array();

    for (guint i = 0; i < disk->stands_on->len; i++)
        qga_value_append(nodes, qga_value_new_string(g_ptr_array_index(disk->stands_on, i)));
    qga_value_set(value, "name", qga_value_new_string(disk->node));
    qga_value_set(value, "partition", qga_value_new_bool(disk->is_partition));
    qga_value_set(value, "dependencies", nodes);
    if (disk->address)
        qga_value_set(value, "address", frost_disk_address_value(disk->address));
    if (disk->alias)
        qga_value_set(value, "alias", qga_value_new_string(disk->alias));
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
        frost_call_aside(user, call, "reading the disks", LIMIT_S, read_all, NULL, NULL);
}

static const QgaCommand commands[] = {
    {"guest-get-disks", QGA_COMMAND_PLAIN, get_disks},
};

const FrostFamily frost_disks_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
