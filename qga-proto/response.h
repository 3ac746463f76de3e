/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * response.h - a value or an error as one line of bytes; the only place that knows wire classes
 */

#include <glib.h>
#include <stdbool.h>

#include "json.h"

/* @id: NULL with @has_id is JSON's null. Nothing is taken. */
GBytes *qga_response_success(const QgaValue *value, const QgaValue *id, bool has_id,
                             bool delimited);
GBytes *qga_response_error(const GError *error, const QgaValue *id, bool has_id);
/* For a framer's refusal: class GenericError, no id (protocol 2.6). */
GBytes *qga_response_refusal(const char *desc);
