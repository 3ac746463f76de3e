/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * schema.h - all commands of the protocol on Linux, in the order of qemu-ga's schema
 *
 * It also has commands that were not built; the families have those that were (families.h).
 */

#include <stddef.h>

typedef struct {
    const char *name;
    const char *family; /* its name in the lists of commands and in the build options */
    const char *shown;  /* (nullable): the arguments that a log may show, separated by blanks; never
                           a password, a key, the content of a file, or what a program is given */
} FrostSchemaCommand;

/* Ends with a NULL name. */
extern const FrostSchemaCommand frost_schema[];

/* The index of the command in the schema, for sorting; an unknown one comes last. */
size_t frost_schema_place(const char *name);
