/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * hotplug-args.h - processors and memory blocks as the protocol writes them; they differ in names
 */

#include "dispatch.h"
#include "hotplug.h"

typedef struct {
    const char *command; /* that switches them */
    const char *what;    /* one of them, for the log */
    const char *list;    /* the argument */
    const char *number;  /* the member that says which one */
    bool is_unsigned;    /* that one; then a negative one wraps */
} FrostUnitNames;

QgaValue *frost_units_to_value(const GArray *units, const FrostUnitNames *names);
/* The units that @call wants switched, of FrostUnit, each noted in the system log; NULL where it
 * was failed. */
GArray *frost_units_from_call(QgaCall *call, const FrostUnitNames *names);
