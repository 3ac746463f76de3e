/* SPDX-License-Identifier: MIT */

/*
 * guest-get-memory-blocks, guest-set-memory-blocks, guest-get-memory-block-info
 */
#include "families.h"

#include "hotplug-args.h"

/* Switching a block off has to move its content to other blocks first. */
#define READ_LIMIT_S 10
#define SWITCH_LIMIT_S 120

static const FrostUnitNames names = {.command = "guest-set-memory-blocks",
                                     .what = "block",
                                     .list = "mem-blks",
                                     .number = "phys-index",
                                     .is_unsigned = true};

static const char *const responses[] = {
    [FROST_SWITCHED] = "success",
    [FROST_SWITCH_NOT_FOUND] = "not-found",
    [FROST_SWITCH_UNSUPPORTED] = "operation-not-supported",
    [FROST_SWITCH_FAILED] = "operation-failed",
};

static gpointer
read_all(gpointer input, GError **error)
{
    g_autoptr(GArray) units = frost_memory_blocks_read("", error);

    return units ? frost_units_to_value(units, &names) : NULL;
}

static gpointer
read_size(gpointer input, GError **error)
{
    uint64_t bytes;

    if (!frost_memory_block_size("", &bytes, error))
        return NULL;
    QgaValue *info = qga_value_new_object();
    qga_value_set_uint(info, "size", bytes);
    return info;
}

static gpointer
switch_all(gpointer input, GError **error)
{
    const GArray *wanted = input;
    QgaValue *list = qga_value_new_array();

    for (guint i = 0; i < wanted->len; i++) {
        const FrostUnit *unit = &g_array_index(wanted, FrostUnit, i);
        QgaValue *item = qga_value_new_object();
        int why;
        FrostSwitchResult result = frost_memory_block_switch("", unit, &why);

        qga_value_set_uint(item, "phys-index", (uint64_t)unit->number);
        qga_value_set_string(item, "response", responses[result]);
        if (why != 0)
            qga_value_set_int(item, "error-code", why);
        qga_value_append(list, item);
    }
    return list;
}

static void
get_memory_blocks(QgaCall *call, void *user)
{
    if (frost_call_takes_nothing(call))
        frost_call_by_job(user, call, "reading the memory blocks", READ_LIMIT_S, read_all, NULL,
                          NULL);
}

static void
get_memory_block_info(QgaCall *call, void *user)
{
    if (frost_call_takes_nothing(call))
        frost_call_by_job(user, call, "reading the size of memory blocks", READ_LIMIT_S, read_size,
                          NULL, NULL);
}

static void
set_memory_blocks(QgaCall *call, void *user)
{
    GArray *wanted = frost_units_from_call(call, &names);

    if (!wanted)
        return;
    frost_call_by_job(user, call, "switching memory blocks", SWITCH_LIMIT_S, switch_all, wanted,
                      (GDestroyNotify)g_array_unref);
}

static const QgaCommand commands[] = {
    {"guest-get-memory-blocks", QGA_COMMAND_PLAIN, get_memory_blocks},
    {"guest-set-memory-blocks", QGA_COMMAND_PLAIN, set_memory_blocks},
    {"guest-get-memory-block-info", QGA_COMMAND_PLAIN, get_memory_block_info},
};

const FrostFamily frost_memory_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
