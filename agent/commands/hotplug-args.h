/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hotplug-args.h - CPUs and memory blocks as values of the protocol, which differ only in names
 */

#include "dispatch.h"
#include "hotplug.h"

typedef struct {
    const char *command; /* the command that switches them */
    const char *what;    /* what one is called in the log */
    const char *list;    /* the argument that has them */
    const char *number;  /* the member that has a unit's number */
    bool is_unsigned;    /* that member is unsigned; a negative number then wraps */
} FrostUnitNames;

QgaValue *frost_units_to_value(const GArray *units, const FrostUnitNames *names);
/* The units that @call asks to switch, of FrostUnit. Logs each to the system log. NULL: @call was
 * answered with an error. */
GArray *frost_units_from_call(QgaCall *call, const FrostUnitNames *names);
