/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * state-file.h - a small file in the state directory, read and replaced as a whole
 *
 * The directory may be one that others can write to: no link is followed, and nothing but a
 * regular file is opened for reading. Errors are FROST_HISTORY_ERROR.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* @out_text: NULL where there is no such file. More than @max_bytes is INVALID, and not read. */
bool frost_state_file_read(const char *folder, const char *name, size_t max_bytes,
                           GString **out_text, GError **error);

/* A new file, of mode 0600, takes the place of the old one; no sync: the state directory is lost
 * with a reboot anyway. When it fails, the old one stays and no other is left. */
bool frost_state_file_write(const char *folder, const char *name, const GString *text,
                            GError **error);
