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

static FrostInterface *
find(GPtrArray *interfaces, const char *name)
{
    for (guint i = 0; i < interfaces->len; i++) {
        FrostInterface *interface = g_ptr_array_index(interfaces, i);

        if (strcmp(interface->name, name) == 0)
            return interface;
    }
    return NULL;
}

/* The hardware address for a label: that of the interface before the colon, which is already in the
 * list. */
static char *
hardware_of_base(GPtrArray *interfaces, const char *label)
{
    g_autofree char *base = g_strndup(label, strcspn(label, ":"));
    const FrostInterface *interface = find(interfaces, base);

    return interface ? g_strdup(interface->hardware) : NULL;
}

static FrostInterface *
find_or_add(GPtrArray *interfaces, const char *name)
{
    FrostInterface *interface = find(interfaces, name);

    if (interface)
        return interface;
    interface = g_new0(FrostInterface, 1);
    interface->name = g_strdup(name);
    interface->hardware = hardware_of_base(interfaces, name);
    interface->addresses = g_ptr_array_new_with_free_func(address_free);
    g_ptr_array_add(interfaces, interface);
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
take_entry(GPtrArray *interfaces, const struct ifaddrs *entry)
{
    FrostInterface *interface = find_or_add(interfaces, entry->ifa_name);

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
void
frost_interface_take_traffic(FrostInterface *interface, const char *text)
{
    static const unsigned columns[] = {0, 1, 2, 3, 8, 9, 10, 11};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    size_t length = strlen(interface->name);
    uint64_t numbers[12];

    for (size_t i = 0; lines[i]; i++) {
        const char *line = lines[i] + strspn(lines[i], " ");

        if (strncmp(line, interface->name, length) != 0 || line[length] != ':')
            continue;
        line += length + 1;
        if (frost_numbers(&line, numbers, G_N_ELEMENTS(numbers)) < G_N_ELEMENTS(numbers))
            continue;
        for (unsigned k = 0; k < FROST_TRAFFIC_COUNT; k++)
            interface->traffic[k] = numbers[columns[k]];
        interface->has_traffic = true;
        return;
    }
}

GPtrArray *
frost_interfaces_read(GError **error)
{
    struct ifaddrs *entries;
    g_autofree char *traffic = NULL;

    if (getifaddrs(&entries) < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "getifaddrs failed: %s", g_strerror(errno));
        return NULL;
    }

    GPtrArray *interfaces = g_ptr_array_new_with_free_func((GDestroyNotify)frost_interface_free);
    for (const struct ifaddrs *entry = entries; entry; entry = entry->ifa_next)
        take_entry(interfaces, entry);
    freeifaddrs(entries);

    if (!g_file_get_contents("/proc/net/dev", &traffic, NULL, NULL))
        return interfaces;
    for (guint i = 0; i < interfaces->len; i++)
        frost_interface_take_traffic(g_ptr_array_index(interfaces, i), traffic);
    return interfaces;
}
