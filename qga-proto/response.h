/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * response.h - makes the line of an answer from a value or an error; only this code knows the names
 * of error classes
 */

#include <glib.h>
#include <stdbool.h>

#include "json.h"

/* @id: with @has_id, NULL stands for JSON's null. All arguments are borrowed. */
GBytes *qga_response_success(const QgaValue *value, const QgaValue *id, bool has_id,
                             bool delimited);
GBytes *qga_response_error(const GError *error, const QgaValue *id, bool has_id);
/* For a request that the framer has refused: class GenericError, no id. */
GBytes *qga_response_refusal(const char *desc);
