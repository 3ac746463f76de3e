/* SPDX-License-Identifier: MIT */

/*
 * guest-get-vcpus, guest-set-vcpus
 */
#include "families.h"

#include "hotplug-args.h"

/* Switching a CPU off may have to wait for everything that runs on it. */
#define READ_LIMIT_S 10
#define SWITCH_LIMIT_S 60

static const FrostUnitNames names = {
    .command = "guest-set-vcpus", .what = "processor", .list = "vcpus", .number = "logical-id"};

static gpointer
read_all(gpointer input, GError **error)
{
    g_autoptr(GArray) units = frost_processors_read("", error);

    return units ? frost_units_to_value(units, &names) : NULL;
}

/* Returns how many have the wanted state. Stops at the first failure. */
static gpointer
switch_all(gpointer input, GError **error)
{
    const GArray *wanted = input;

    for (guint i = 0; i < wanted->len; i++) {
        g_autoptr(GError) why = NULL;

        if (frost_processor_switch("", &g_array_index(wanted, FrostUnit, i), &why))
            continue;
        if (i > 0)
            return qga_value_new_int(i);
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    return qga_value_new_int(wanted->len);
}

static void
get_vcpus(QgaCall *call, void *user)
{
    if (frost_call_takes_nothing(call))
        frost_call_by_job(user, call, "reading the processors", READ_LIMIT_S, read_all, NULL, NULL);
}

static void
set_vcpus(QgaCall *call, void *user)
{
    GArray *wanted = frost_units_from_call(call, &names);

    if (!wanted)
        return;
    frost_call_by_job(user, call, "switching processors", SWITCH_LIMIT_S, switch_all, wanted,
                      (GDestroyNotify)g_array_unref);
}

static const QgaCommand commands[] = {
    {"guest-get-vcpus", QGA_COMMAND_PLAIN, get_vcpus},
    {"guest-set-vcpus", QGA_COMMAND_PLAIN, set_vcpus},
};

const FrostFamily frost_cpu_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
