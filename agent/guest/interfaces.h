/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * interfaces.h - the network interfaces, their addresses and their traffic counters
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char *text; /* as inet_ntop writes it */
    bool is_v6;
    unsigned prefix; /* the length of the network prefix, in bits */
} FrostAddress;

typedef enum {
    FROST_TRAFFIC_RX_BYTES,
    FROST_TRAFFIC_RX_PACKETS,
    FROST_TRAFFIC_RX_ERRS,
    FROST_TRAFFIC_RX_DROPPED,
    FROST_TRAFFIC_TX_BYTES,
    FROST_TRAFFIC_TX_PACKETS,
    FROST_TRAFFIC_TX_ERRS,
    FROST_TRAFFIC_TX_DROPPED,
    FROST_TRAFFIC_COUNT,
} FrostTraffic;

typedef struct {
    char *name;           /* "eth0"; an address with a label, "eth0:1", is an entry of its own */
    char *hardware;       /* six bytes, 02:fc:00:00:00:01; NULL: it has none */
    GPtrArray *addresses; /* of FrostAddress */
    bool has_traffic;
    uint64_t traffic[FROST_TRAFFIC_COUNT];
} FrostInterface;

/* Of FrostInterface, in the kernel's order; NULL on @error. */
GPtrArray *frost_interfaces_read(GError **error);

/* Reads counters from @text, which is /proc/net/dev. @by_name: of FrostInterface; those that have a
 * line get has_traffic. */
void frost_interfaces_take_traffic(GHashTable *by_name, const char *text);

void frost_interface_free(FrostInterface *self);
