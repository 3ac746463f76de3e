/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <string.h>

#include "vendor.h"

/* guest-info and `-b help` show this order; what is only ours comes last. */
const FrostSchemaCommand frost_schema[] = {
    {"guest-sync-delimited", "core", "id"},
    {"guest-sync", "core", "id"},
    {"guest-ping", "core", NULL},
    {"guest-get-time", "time", NULL},
    {"guest-set-time", "time", "time"},
    {"guest-info", "core", NULL},
    {"guest-shutdown", "power", "mode"},
    {"guest-file-open", "file", "path mode"},
    {"guest-file-close", "file", "handle"},
    {"guest-file-read", "file", "handle count"},
    {"guest-file-write", "file", "handle count"},
    {"guest-file-seek", "file", "handle offset whence"},
    {"guest-file-flush", "file", "handle"},
    {"guest-fsfreeze-status", "fsfreeze", NULL},
    {"guest-fsfreeze-freeze", "fsfreeze", FROST_VENDOR_ID},
    {"guest-fsfreeze-freeze-list", "fsfreeze", "mountpoints " FROST_VENDOR_ID},
    {"guest-fsfreeze-thaw", "fsfreeze", FROST_VENDOR_ID},
    {"guest-fstrim", "fs", "minimum"},
    {"guest-suspend-disk", "suspend", NULL},
    {"guest-suspend-ram", "suspend", NULL},
    {"guest-suspend-hybrid", "suspend", NULL},
    {"guest-network-get-interfaces", "network", NULL},
    {"guest-get-vcpus", "cpu", NULL},
    {"guest-set-vcpus", "cpu", "vcpus"},
    {"guest-get-disks", "disks", NULL},
    {"guest-get-fsinfo", "fs", NULL},
    {"guest-set-user-password", "password", "username crypted"},
    {"guest-get-memory-blocks", "memory", NULL},
    {"guest-set-memory-blocks", "memory", "mem-blks"},
    {"guest-get-memory-block-info", "memory", NULL},
    {"guest-exec-status", "exec", "pid"},
    {"guest-exec", "exec", "path capture-output"},
    {"guest-get-host-name", "system", NULL},
    {"guest-get-users", "system", NULL},
    {"guest-get-timezone", "system", NULL},
    {"guest-get-osinfo", "system", NULL},
    {"guest-ssh-get-authorized-keys", "ssh", "username"},
    {"guest-ssh-add-authorized-keys", "ssh", "username reset"},
    {"guest-ssh-remove-authorized-keys", "ssh", "username"},
    {"guest-get-diskstats", "stats", NULL},
    {"guest-get-cpustats", "stats", NULL},
    {"guest-get-load", "system", NULL},
    {"guest-network-get-route", "route", NULL},
    {FROST_VENDOR_RECEIPT, "fsfreeze", "id last"},
    {NULL, NULL, NULL},
};

size_t
frost_schema_place(const char *name)
{
    size_t place = 0;

    while (frost_schema[place].name && strcmp(frost_schema[place].name, name) != 0)
        place++;
    return place;
}
