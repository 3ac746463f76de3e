/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * routes.h - the routing table of the guest: /proc/net/route and /proc/net/ipv6_route
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char *interface;
    char *destination;
    int64_t metric;
    uint64_t flags;
    uint64_t references;
    uint64_t uses;
    bool is_v6;

    /* IPv4 */
    char *gateway;
    char *mask;
    uint64_t mtu;
    uint64_t window;
    uint64_t irtt;

    /* IPv6 */
    char *source;
    char *next_hop;
    unsigned destination_bits;
    unsigned source_bits;
} FrostRoute;

/* Append to @routes, of FrostRoute. Lines that cannot be parsed are ignored. */
void frost_routes_parse_v4(GPtrArray *routes, const char *text);
void frost_routes_parse_v6(GPtrArray *routes, const char *text);

/* Returns: of FrostRoute, IPv4 first. A guest without IPv6 has only IPv4 routes. NULL with @error:
 * the IPv4 routes cannot be read. */
GPtrArray *frost_routes_read(GError **error);

GPtrArray *frost_routes_new(void);
