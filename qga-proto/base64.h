/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * base64.h - bytes as the protocol writes them
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"

/**
 * qga_base64_decode:
 *
 * Line breaks do not count. Anything else outside the alphabet is an error of QGA_ERROR, and so is
 * a text that stops in the middle of a byte or goes on after its padding.
 */
GBytes *qga_base64_decode(const char *text, GError **error);
QgaValue *qga_base64_value(const uint8_t *bytes, size_t length);
