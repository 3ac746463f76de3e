/* SPDX-License-Identifier: MIT */

/*
 * guest-network-get-route
 */
#include "families.h"
#include "routes.h"

static void
set_bits(QgaValue *entry, const char *name, unsigned bits)
{
    g_autofree char *text = g_strdup_printf("%u", bits);

    qga_value_set_string(entry, name, text);
}

static void
describe_v4(QgaValue *entry, const FrostRoute *route)
{
    qga_value_set_string(entry, "gateway", route->gateway);
    qga_value_set_string(entry, "mask", route->mask);
    qga_value_set_uint(entry, "mtu", route->mtu);
    qga_value_set_uint(entry, "window", route->window);
    qga_value_set_uint(entry, "irtt", route->irtt);
}

static void
describe_v6(QgaValue *entry, const FrostRoute *route)
{
    qga_value_set_string(entry, "source", route->source);
    qga_value_set_string(entry, "nexthop", route->next_hop);
    set_bits(entry, "desprefixlen", route->destination_bits);
    set_bits(entry, "srcprefixlen", route->source_bits);
}

static QgaValue *
describe(const FrostRoute *route)
{
    QgaValue *entry = qga_value_new_object();

    qga_value_set_string(entry, "iface", route->interface);
    qga_value_set_string(entry, "destination", route->destination);
    qga_value_set_int(entry, "metric", route->metric);
    qga_value_set_uint(entry, "flags", route->flags);
    qga_value_set_uint(entry, "refcnt", route->references);
    qga_value_set_uint(entry, "use", route->uses);
    qga_value_set_int(entry, "version", route->is_v6 ? 6 : 4);
    if (route->is_v6)
        describe_v6(entry, route);
    else
        describe_v4(entry, route);
    return entry;
}

static void
get_route(QgaCall *call, void *user)
{
    GError *error = NULL;

    if (!frost_call_takes_nothing(call))
        return;
    g_autoptr(GPtrArray) routes = frost_routes_read(&error);
    if (!routes) {
        qga_call_fail(call, error);
        return;
    }

    QgaValue *answer = qga_value_new_array();
    for (guint i = 0; i < routes->len; i++)
        qga_value_append(answer, describe(g_ptr_array_index(routes, i)));
    qga_call_return(call, answer);
}

static const QgaCommand commands[] = {
    {"guest-network-get-route", QGA_COMMAND_PLAIN, get_route},
};

const FrostFamily frost_route_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
