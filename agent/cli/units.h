/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * units.h - what systemd says of its timers, its services and itself, as `systemctl show` prints it
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    GPtrArray *blocks; /* of GHashTable of strings, name -> value: a unit, or systemd itself */
} FrostUnits;

/* Asks systemctl; @service: (nullable): the service whose filter of system calls is asked for.
 * Returns NULL where systemd does not run, or does not answer within a few seconds. */
FrostUnits *frost_units_ask(const char *service);
/* Of what systemctl has printed. */
FrostUnits *frost_units_parse(const char *text);
void frost_units_free(FrostUnits *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostUnits, frost_units_free)

/* (nullable): a property of a unit; borrowed. */
const char *frost_unit_property(GHashTable *unit, const char *name);
/* (nullable): the first value that any block has of this property; borrowed. */
const char *frost_units_property(const FrostUnits *self, const char *name);

/* Seconds, rounded up, of a time span as systemd prints it ("1min 30s"); 0: none, or it never
 * ends. */
uint64_t frost_units_seconds(const char *span);
