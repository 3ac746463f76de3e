/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * schema.h - all commands of the protocol on Linux, in the order of qemu-ga's schema
 *
 * Built or not: which of them this agent has is decided by the families (families.h).
 */

#include <stddef.h>

typedef struct {
    const char *name;
    const char *family; /* as the lists of commands and the build options name it */
} FrostSchemaCommand;

/* Ends with a NULL name. */
extern const FrostSchemaCommand frost_schema[];

/* Its place in the schema, for sorting; what is not in it comes last. */
size_t frost_schema_place(const char *name);
