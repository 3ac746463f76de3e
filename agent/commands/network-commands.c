/* SPDX-License-Identifier: MIT */

/*
 * guest-network-get-interfaces
 */
#include "families.h"
#include "interfaces.h"

static const char *const traffic_names[] = {
    [FROST_TRAFFIC_RX_BYTES] = "rx-bytes", [FROST_TRAFFIC_RX_PACKETS] = "rx-packets",
    [FROST_TRAFFIC_RX_ERRS] = "rx-errs",   [FROST_TRAFFIC_RX_DROPPED] = "rx-dropped",
    [FROST_TRAFFIC_TX_BYTES] = "tx-bytes", [FROST_TRAFFIC_TX_PACKETS] = "tx-packets",
    [FROST_TRAFFIC_TX_ERRS] = "tx-errs",   [FROST_TRAFFIC_TX_DROPPED] = "tx-dropped",
};

static QgaValue *
describe_addresses(const FrostInterface *interface)
{
    QgaValue *list = qga_value_new_array();

    for (guint i = 0; i < interface->addresses->len; i++) {
        const FrostAddress *address = g_ptr_array_index(interface->addresses, i);
        QgaValue *entry = qga_value_new_object();

        qga_value_set_string(entry, "ip-address-type", address->is_v6 ? "ipv6" : "ipv4");
        qga_value_set_string(entry, "ip-address", address->text);
        qga_value_set_int(entry, "prefix", address->prefix);
        qga_value_append(list, entry);
    }
    return list;
}

static QgaValue *
describe_traffic(const FrostInterface *interface)
{
    QgaValue *traffic = qga_value_new_object();

    for (unsigned i = 0; i < FROST_TRAFFIC_COUNT; i++)
        qga_value_set_uint(traffic, traffic_names[i], interface->traffic[i]);
    return traffic;
}

/* Only an interface with an address has its traffic shown. */
static QgaValue *
describe(const FrostInterface *interface)
{
    QgaValue *entry = qga_value_new_object();

    qga_value_set_string(entry, "name", interface->name);
    if (interface->hardware)
        qga_value_set_string(entry, "hardware-address", interface->hardware);
    if (interface->addresses->len > 0) {
        qga_value_set(entry, "ip-addresses", describe_addresses(interface));
        if (interface->has_traffic)
            qga_value_set(entry, "statistics", describe_traffic(interface));
    }
    return entry;
}

static void
get_interfaces(QgaCall *call, void *user)
{
    GError *error = NULL;

    if (!frost_call_takes_nothing(call))
        return;
    g_autoptr(GPtrArray) interfaces = frost_interfaces_read(&error);
    if (!interfaces) {
        qga_call_fail(call, error);
        return;
    }

    QgaValue *answer = qga_value_new_array();
    for (guint i = 0; i < interfaces->len; i++)
        qga_value_append(answer, describe(g_ptr_array_index(interfaces, i)));
    qga_call_return(call, answer);
}

static const QgaCommand commands[] = {
    {"guest-network-get-interfaces", QGA_COMMAND_PLAIN, get_interfaces},
};

const FrostFamily frost_network_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
