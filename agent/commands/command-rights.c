/* SPDX-License-Identifier: MIT */
#include "command-rights.h"

#include <linux/capability.h>
#include <string.h>

#include "capabilities.h"
#include "schema.h"

#define ONE(name) FROST_CAPABILITY(CAP_##name)

typedef enum {
    NO_PROGRAM,
    STARTS_PROGRAMS, /* named here, not by the host: they need no other right than the command */
    UNLIMITED,       /* what it does is the host's or the administrator's choice */
} Programs;

typedef struct {
    const char *family;
    Programs programs;
    uint64_t capabilities;
} Row;

/* Whatever is called: a freeze is thawed, also one that an earlier agent has left (mode=off has
 * those, too), and a parser that hangs is killed. The freezer, which the agent starts with its own
 * rights, needs all but the second and the last. */
#define ALWAYS                                                                       \
    (ONE(SYS_ADMIN) |       /* FIFREEZE, FITHAW; other mount namespaces */           \
     ONE(DAC_READ_SEARCH) | /* mount points below folders that root may not enter */ \
     ONE(SYS_RESOURCE) |    /* protection from the out-of-memory killer */           \
     ONE(IPC_LOCK) |        /* locked memory */                                      \
     ONE(SETPCAP) |         /* the freezer gives up its bounding set */              \
     ONE(KILL))             /* the parser has another user */

/* Files of root (sysfs, /dev, /run) need none, as the agent stays the user root. */
static const Row rows[] = {
    {"core", NO_PROGRAM, 0},
    {"fsfreeze", NO_PROGRAM, 0},
    {"time", STARTS_PROGRAMS, ONE(SYS_TIME)},  /* settimeofday, RTC_SET_TIME; hwclock */
    {"power", STARTS_PROGRAMS, ONE(SYS_BOOT)}, /* reboot; logind asks a caller for it */
    {"system", NO_PROGRAM, 0},
    {"network", NO_PROGRAM, 0},
    {"fs", NO_PROGRAM, ONE(SYS_ADMIN) | ONE(DAC_READ_SEARCH)}, /* FITRIM; mount points */
    {"route", NO_PROGRAM, 0},
    {"stats", NO_PROGRAM, 0},
    {"cpu", NO_PROGRAM, 0},
    {"memory", NO_PROGRAM, 0},
    {"disks", NO_PROGRAM, ONE(SYS_ADMIN)}, /* NVME_IOCTL_ADMIN_CMD */
    {"suspend", UNLIMITED, 0},             /* pm-utils calls an administrator's scripts */
    {"exec", UNLIMITED, 0},
    {"file", UNLIMITED, 0},
    {"password", UNLIMITED, 0},
    {"ssh", UNLIMITED, 0},
};

static const Row *
find(const char *family)
{
    for (size_t i = 0; family && i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].family, family) == 0)
            return &rows[i];
    }
    return NULL;
}

bool
frost_command_rights_know(const char *family)
{
    return find(family) != NULL;
}

/* A command that has no row may need anything. */
static void
add(const QgaCommand *command, bool enabled, void *user)
{
    FrostCommandRights *self = user;
    const FrostSchemaCommand *known = &frost_schema[frost_schema_place(command->name)];
    const Row *row = find(known->family);

    if (!enabled)
        return;
    if (!row || row->programs == UNLIMITED)
        self->unlimited = known->name ? known->family : command->name;
    else
        self->capabilities |= row->capabilities;
    self->starts_programs = self->starts_programs || !row || row->programs != NO_PROGRAM;
}

FrostCommandRights
frost_command_rights(const QgaDispatch *dispatch)
{
    FrostCommandRights rights = {.capabilities = ALWAYS};

    qga_dispatch_foreach(dispatch, add, &rights);
    return rights;
}
