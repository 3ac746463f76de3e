/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <string.h>

/* guest-info and `-b help` show this order (protocol 5). */
const FrostSchemaCommand frost_schema[] = {
    {"guest-sync-delimited", "core"},
    {"guest-sync", "core"},
    {"guest-ping", "core"},
    {"guest-get-time", "time"},
    {"guest-set-time", "time"},
    {"guest-info", "core"},
    {"guest-shutdown", "power"},
    {"guest-file-open", "file"},
    {"guest-file-close", "file"},
    {"guest-file-read", "file"},
    {"guest-file-write", "file"},
    {"guest-file-seek", "file"},
    {"guest-file-flush", "file"},
    {"guest-fsfreeze-status", "fsfreeze"},
    {"guest-fsfreeze-freeze", "fsfreeze"},
    {"guest-fsfreeze-freeze-list", "fsfreeze"},
    {"guest-fsfreeze-thaw", "fsfreeze"},
    {"guest-fstrim", "fs"},
    {"guest-suspend-disk", "suspend"},
    {"guest-suspend-ram", "suspend"},
    {"guest-suspend-hybrid", "suspend"},
    {"guest-network-get-interfaces", "network"},
    {"guest-get-vcpus", "cpu"},
    {"guest-set-vcpus", "cpu"},
    {"guest-get-disks", "disks"},
    {"guest-get-fsinfo", "fs"},
    {"guest-set-user-password", "password"},
    {"guest-get-memory-blocks", "memory"},
    {"guest-set-memory-blocks", "memory"},
    {"guest-get-memory-block-info", "memory"},
    {"guest-exec-status", "exec"},
    {"guest-exec", "exec"},
    {"guest-get-host-name", "system"},
    {"guest-get-users", "system"},
    {"guest-get-timezone", "system"},
    {"guest-get-osinfo", "system"},
    {"guest-ssh-get-authorized-keys", "ssh"},
    {"guest-ssh-add-authorized-keys", "ssh"},
    {"guest-ssh-remove-authorized-keys", "ssh"},
    {"guest-get-diskstats", "stats"},
    {"guest-get-cpustats", "stats"},
    {"guest-get-load", "system"},
    {"guest-network-get-route", "route"},
    {NULL, NULL},
};

size_t
frost_schema_place(const char *name)
{
    size_t place = 0;

    while (frost_schema[place].name && strcmp(frost_schema[place].name, name) != 0)
        place++;
    return place;
}
