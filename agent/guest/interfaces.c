/* SPDX-License-Identifier: MIT */
#include "interfaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>

#include "numbers.h"

static void
address_free(gpointer address)
{
    FrostAddress *self = address;

    g_free(self->text);
    g_free(self);
}

void
frost_interface_free(FrostInterface *self)
{
    if (!self)
        return;
    g_free(self->name);
    g_free(self->hardware);
    g_ptr_array_unref(self->addresses);
    g_free(self);
}

typedef struct {
    GPtrArray *list;
    GHashTable *by_name; /* of the same */
} Found;

/* The hardware address for a label: that of the interface before the colon, which is already in the
 * list. */
static char *
hardware_of_base(const Found *found, const char *label)
{
    g_autofree char *base = g_strndup(label, strcspn(label, ":"));
    const FrostInterface *interface = g_hash_table_lookup(found->by_name, base);

    return interface ? g_strdup(interface->hardware) : NULL;
}

static FrostInterface *
find_or_add(Found *found, const char *name)
{
    FrostInterface *interface = g_hash_table_lookup(found->by_name, name);

    if (interface)
        return interface;
    interface = g_new0(FrostInterface, 1);
    interface->name = g_strdup(name);
    interface->hardware = hardware_of_base(found, name);
    interface->addresses = g_ptr_array_new_with_free_func(address_free);
    g_ptr_array_add(found->list, interface);
    g_hash_table_insert(found->by_name, interface->name, interface);
    return interface;
}

/* Always six bytes, for any kind of link, as the protocol has no room for more. */
static void
take_hardware(FrostInterface *interface, const struct sockaddr_ll *link)
{
    const unsigned char *b = link->sll_addr;

    g_free(interface->hardware);
    interface->hardware =
        g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static unsigned
count_bits(const void *mask, size_t length)
{
    const unsigned char *bytes = mask;
    unsigned count = 0;

    for (size_t i = 0; i < length; i++)
        count += (unsigned)__builtin_popcount(bytes[i]);
    return count;
}

static void
take_address(FrostInterface *interface, const struct ifaddrs *entry)
{
    bool is_v6 = entry->ifa_addr->sa_family == AF_INET6;
    size_t offset =
        is_v6 ? offsetof(struct sockaddr_in6, sin6_addr) : offsetof(struct sockaddr_in, sin_addr);
    size_t length = is_v6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
    char text[INET6_ADDRSTRLEN];

    if (!inet_ntop(entry->ifa_addr->sa_family, (const char *)entry->ifa_addr + offset, text,
                   sizeof text))
        return;

    FrostAddress *address = g_new0(FrostAddress, 1);
    address->text = g_strdup(text);
    address->is_v6 = is_v6;
    if (entry->ifa_netmask)
        address->prefix = count_bits((const char *)entry->ifa_netmask + offset, length);
    g_ptr_array_add(interface->addresses, address);
}

static void
take_entry(Found *found, const struct ifaddrs *entry)
{
    FrostInterface *interface = find_or_add(found, entry->ifa_name);

    if (!entry->ifa_addr)
        return;
    switch (entry->ifa_addr->sa_family) {
    case AF_PACKET:
        take_hardware(interface, (const struct sockaddr_ll *)(const void *)entry->ifa_addr);
        break;
    case AF_INET:
    case AF_INET6:
        take_address(interface, entry);
        break;
    }
}

/* The first eight columns are for received traffic, the others for sent traffic. */
static void
take_columns(FrostInterface *interface, const char *text)
{
    static const unsigned columns[] = {0, 1, 2, 3, 8, 9, 10, 11};
    uint64_t numbers[12];

    if (interface->has_traffic ||
        frost_numbers(&text, numbers, G_N_ELEMENTS(numbers)) < G_N_ELEMENTS(numbers))
        return;
    for (unsigned k = 0; k < FROST_TRAFFIC_COUNT; k++)
        interface->traffic[k] = numbers[columns[k]];
    interface->has_traffic = true;
}

void
frost_interfaces_take_traffic(GHashTable *by_name, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; lines[i]; i++) {
        char *name = lines[i] + strspn(lines[i], " ");
        char *colon = strchr(name, ':');

        if (!colon)
            continue;
        *colon = '\0';
        FrostInterface *interface = g_hash_table_lookup(by_name, name);
        if (interface)
            take_columns(interface, colon + 1);
    }
}

GPtrArray *
frost_interfaces_read(GError **error)
{
    g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
    Found found = {.by_name = by_name};
    struct ifaddrs *entries;
    g_autofree char *traffic = NULL;

    if (getifaddrs(&entries) < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "getifaddrs failed: %s", g_strerror(errno));
        return NULL;
    }

    found.list = g_ptr_array_new_with_free_func((GDestroyNotify)frost_interface_free);
    for (const struct ifaddrs *entry = entries; entry; entry = entry->ifa_next)
        take_entry(&found, entry);
    freeifaddrs(entries);

    if (g_file_get_contents("/proc/net/dev", &traffic, NULL, NULL))
        frost_interfaces_take_traffic(by_name, traffic);
    return found.list;
}
