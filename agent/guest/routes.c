/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include <arpa/inet.h>
#include <stdio.h>

#define V4 "/proc/net/route"
#define V6 "/proc/net/ipv6_route"

static void
route_free(FrostRoute *self)
{
    if (!self)
        return;
    g_free(self->interface);
    g_free(self->destination);
    g_free(self->gateway);
    g_free(self->mask);
    g_free(self->source);
    g_free(self->next_hop);
    g_free(self);
}

GPtrArray *
frost_routes_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)route_free);
}

/* @address: in network byte order, as the kernel prints the bytes as they are in memory. */
static char *
v4_text(unsigned address)
{
    struct in_addr in = {.s_addr = address};
    char text[INET_ADDRSTRLEN];

    return g_strdup(inet_ntop(AF_INET, &in, text, sizeof text));
}

/* NULL: @digits are not 32 hexadecimal digits. */
static char *
v6_text(const char *digits)
{
    unsigned char address[16];
    char text[INET6_ADDRSTRLEN];

    for (unsigned i = 0; i < sizeof address; i++) {
        int high = g_ascii_xdigit_value(digits[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(digits[2 * i + 1]);

        if (low < 0)
            return NULL;
        address[i] = (unsigned char)(high << 4 | low);
    }
    return g_strdup(inet_ntop(AF_INET6, address, text, sizeof text));
}

static FrostRoute *
parse_line_v4(const char *line)
{
    char interface[64];
    unsigned destination, gateway, flags, mask;
    int references, uses, metric, mtu, window, irtt;

    if (sscanf(line, "%63s %x %x %x %d %d %d %x %d %d %d", interface, &destination, &gateway,
               &flags, &references, &uses, &metric, &mask, &mtu, &window, &irtt) != 11)
        return NULL;

    FrostRoute *route = g_new0(FrostRoute, 1);
    *route = (FrostRoute){.interface = g_strdup(interface),
                          .destination = v4_text(destination),
                          .metric = metric,
                          .flags = flags,
                          .references = (uint64_t)references,
                          .uses = (uint64_t)uses,
                          .gateway = v4_text(gateway),
                          .mask = v4_text(mask),
                          .mtu = (uint64_t)mtu,
                          .window = (uint64_t)window,
                          .irtt = (uint64_t)irtt};
    return route;
}

static FrostRoute *
parse_line_v6(const char *line)
{
    char destination[33], source[33], next_hop[33], interface[64];
    unsigned destination_bits, source_bits, metric, references, uses, flags;

    if (sscanf(line, "%32s %x %32s %x %32s %x %x %x %x %63s", destination, &destination_bits,
               source, &source_bits, next_hop, &metric, &references, &uses, &flags,
               interface) != 10)
        return NULL;

    FrostRoute *route = g_new0(FrostRoute, 1);
    *route = (FrostRoute){.interface = g_strdup(interface),
                          .destination = v6_text(destination),
                          .metric = (int32_t)metric,
                          .flags = flags,
                          .references = references,
                          .uses = uses,
                          .is_v6 = true,
                          .source = v6_text(source),
                          .next_hop = v6_text(next_hop),
                          .destination_bits = destination_bits,
                          .source_bits = source_bits};
    if (route->destination && route->source && route->next_hop)
        return route;
    route_free(route);
    return NULL;
}

static void
parse(GPtrArray *routes, const char *text, FrostRoute *(*parse_line)(const char *line))
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; lines[i]; i++) {
        FrostRoute *route = parse_line(lines[i]);

        if (route)
            g_ptr_array_add(routes, route);
    }
}

void
frost_routes_parse_v4(GPtrArray *routes, const char *text)
{
    parse(routes, text, parse_line_v4);
}

void
frost_routes_parse_v6(GPtrArray *routes, const char *text)
{
    parse(routes, text, parse_line_v6);
}

GPtrArray *
frost_routes_read(GError **error)
{
    g_autofree char *v4 = NULL;
    g_autofree char *v6 = NULL;

    if (!g_file_get_contents(V4, &v4, NULL, error))
        return NULL;

    GPtrArray *routes = frost_routes_new();
    frost_routes_parse_v4(routes, v4);
    if (g_file_get_contents(V6, &v6, NULL, NULL))
        frost_routes_parse_v6(routes, v6);
    return routes;
}
