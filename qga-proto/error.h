/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * error.h - errors that are answered with a class of their own
 */

#include <glib.h>

#define QGA_ERROR (qga_error_quark())

typedef enum {
    QGA_ERROR_GENERIC,
    QGA_ERROR_COMMAND_NOT_FOUND,
} QgaError;

GQuark qga_error_quark(void);
