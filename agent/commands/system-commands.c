/* SPDX-License-Identifier: MIT */

/*
 * guest-get-osinfo, -host-name, -timezone, -users, -load
 */
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "families.h"
#include "os-release.h"
#include "users.h"

static void
set_known(QgaValue *object, const char *name, const char *value)
{
    if (value)
        qga_value_set_string(object, name, value);
}

static void
get_osinfo(QgaCall *call, void *user)
{
    g_auto(FrostOsRelease) release = {0};
    struct utsname kernel;

    if (!frost_call_takes_nothing(call))
        return;

    QgaValue *answer = qga_value_new_object();
    if (uname(&kernel) == 0) {
        set_known(answer, "kernel-release", kernel.release);
        set_known(answer, "kernel-version", kernel.version);
        set_known(answer, "machine", kernel.machine);
    }
    frost_os_release_read(&release);
    set_known(answer, "id", release.id);
    set_known(answer, "name", release.name);
    set_known(answer, "pretty-name", release.pretty_name);
    set_known(answer, "version", release.version);
    set_known(answer, "version-id", release.version_id);
    set_known(answer, "variant", release.variant);
    set_known(answer, "variant-id", release.variant_id);
    qga_call_return(call, answer);
}

static void
get_host_name(QgaCall *call, void *user)
{
    char name[256] = "";

    if (!frost_call_takes_nothing(call))
        return;
    if (gethostname(name, sizeof name - 1) < 0 || *name == '\0')
        g_strlcpy(name, "localhost", sizeof name);

    QgaValue *answer = qga_value_new_object();
    qga_value_set_string(answer, "host-name", name);
    qga_call_return(call, answer);
}

static void
get_timezone(QgaCall *call, void *user)
{
    if (!frost_call_takes_nothing(call))
        return;
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    if (!now) {
        qga_call_fail(call, g_error_new_literal(QGA_ERROR, QGA_ERROR_GENERIC,
                                                "Failed to retrieve local time"));
        return;
    }

    QgaValue *answer = qga_value_new_object();
    qga_value_set_int(answer, "offset", g_date_time_get_utc_offset(now) / G_USEC_PER_SEC);
    set_known(answer, "zone", g_date_time_get_timezone_abbreviation(now));
    qga_call_return(call, answer);
}

static void
get_users(QgaCall *call, void *context)
{
    if (!frost_call_takes_nothing(call))
        return;

    g_autoptr(GPtrArray) users = frost_users_read("");
    QgaValue *answer = qga_value_new_array();

    for (guint i = 0; i < users->len; i++) {
        const FrostUser *user = g_ptr_array_index(users, i);
        QgaValue *entry = qga_value_new_object();

        qga_value_set_string(entry, "user", user->name);
        qga_value_set(entry, "login-time", qga_value_new_number(user->login_time_s));
        qga_value_append(answer, entry);
    }
    qga_call_return(call, answer);
}

static void
get_load(QgaCall *call, void *user)
{
    static const char *const names[] = {"load1m", "load5m", "load15m"};
    double load[G_N_ELEMENTS(names)];

    if (!frost_call_takes_nothing(call))
        return;
    if (getloadavg(load, G_N_ELEMENTS(names)) != G_N_ELEMENTS(names)) {
        qga_call_fail(call, g_error_new_literal(QGA_ERROR, QGA_ERROR_GENERIC,
                                                "failed to query load average"));
        return;
    }

    QgaValue *answer = qga_value_new_object();
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        qga_value_set(answer, names[i], qga_value_new_number(load[i]));
    qga_call_return(call, answer);
}

static const QgaCommand commands[] = {
    {"guest-get-host-name", QGA_COMMAND_PLAIN, get_host_name},
    {"guest-get-users", QGA_COMMAND_PLAIN, get_users},
    {"guest-get-timezone", QGA_COMMAND_PLAIN, get_timezone},
    {"guest-get-osinfo", QGA_COMMAND_PLAIN, get_osinfo},
    {"guest-get-load", QGA_COMMAND_PLAIN, get_load},
};

const FrostFamily frost_system_family = {.commands = commands, .count = G_N_ELEMENTS(commands)};
