/* SPDX-License-Identifier: MIT */

/*
 * fuzz-guest-text.c - any bytes are a file that tells of the guest
 *
 * The first byte chooses the reader: os-release, utmp, /proc/stat, /proc/diskstats, /proc/net/dev,
 * /proc/net/route, /proc/net/ipv6_route, a session of logind.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "cpu-stats.h"
#include "disk-stats.h"
#include "interfaces.h"
#include "login-session.h"
#include "os-release.h"
#include "routes.h"
#include "users.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void
read_os_release(const char *text)
{
    g_auto(FrostOsRelease) release = {0};

    frost_os_release_parse(&release, text);
    must(!release.name || g_utf8_validate(release.name, -1, NULL));
}

static void
read_users(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) users = frost_users_parse((const char *)data, size);

    for (guint i = 0; i < users->len; i++)
        must(*((const FrostUser *)g_ptr_array_index(users, i))->name != '\0');
}

static void
read_login_session(const char *text)
{
    g_auto(FrostLoginSession) session = {0};

    if (!frost_login_session_parse(text, &session))
        return;
    must(*session.user != '\0' && g_utf8_validate(session.user, -1, NULL));
    must(session.login_time_s >= 0);
}

static void
read_cpu_stats(const char *text)
{
    g_autoptr(GArray) all = frost_cpu_stats_parse(text, 100);

    for (guint i = 0; i < all->len; i++) {
        const FrostCpuStats *stats = &g_array_index(all, FrostCpuStats, i);

        must(stats->cpu >= 0 && stats->count >= 4 && stats->count <= FROST_CPU_TIMES);
    }
}

static void
read_disk_stats(const char *text)
{
    g_autoptr(GPtrArray) all = frost_disk_stats_parse(text);

    for (guint i = 0; i < all->len; i++) {
        const FrostDiskStats *disk = g_ptr_array_index(all, i);

        must(*disk->name != '\0' && disk->known != 0);
    }
}

static void
read_traffic(const char *text)
{
    g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
    FrostInterface *interface = g_new0(FrostInterface, 1);

    interface->name = g_strdup("eth0");
    interface->addresses = g_ptr_array_new();
    g_hash_table_insert(by_name, interface->name, interface);
    frost_interfaces_take_traffic(by_name, text);
    frost_interface_free(interface);
}

static void
read_routes(const char *text, bool is_v6)
{
    g_autoptr(GPtrArray) routes = frost_routes_new();

    if (is_v6)
        frost_routes_parse_v6(routes, text);
    else
        frost_routes_parse_v4(routes, text);
    for (guint i = 0; i < routes->len; i++) {
        const FrostRoute *route = g_ptr_array_index(routes, i);

        must(route->destination && route->is_v6 == is_v6);
        must(is_v6 ? route->source && route->next_hop : route->gateway && route->mask);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);

    switch (data[0]) {
    case 'o':
        read_os_release(text);
        break;
    case 'u':
        read_users(data + 1, size - 1);
        break;
    case 's':
        read_login_session(text);
        break;
    case 'c':
        read_cpu_stats(text);
        break;
    case 'd':
        read_disk_stats(text);
        break;
    case 'n':
        read_traffic(text);
        break;
    case '4':
        read_routes(text, false);
        break;
    case '6':
        read_routes(text, true);
        break;
    }
    return 0;
}
