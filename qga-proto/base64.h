/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * base64.h - encodes and decodes base64, as the protocol carries bytes
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"

/**
 * qga_base64_decode:
 *
 * Ignores line breaks. Fails with an error of QGA_ERROR if there is any other character outside the
 * alphabet, or if the text ends in the middle of a byte or goes on after its padding.
 */
GBytes *qga_base64_decode(const char *text, GError **error);
QgaValue *qga_base64_value(const uint8_t *bytes, size_t length);
