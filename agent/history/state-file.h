/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * state-file.h - reads and replaces a small file in the state directory
 *
 * Others may be able to write to that directory, so no link is followed, and only a regular file is
 * read. Errors are of FROST_HISTORY_ERROR.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* @out_text: NULL if there is no such file. Fails with _INVALID if it has more than @max_bytes. */
bool frost_state_file_read(const char *folder, const char *name, size_t max_bytes,
                           GString **out_text, GError **error);

/* The same in any folder, for everybody to read. */
bool frost_state_file_publish(const char *folder, const char *name, const char *text,
                              GError **error);
/* Replaces the file by a new one of mode 0600. It is not synced to the disk, as the state directory
 * does not outlive a reboot. On failure the old file stays, and nothing else is left. */
bool frost_state_file_write(const char *folder, const char *name, const GString *text,
                            GError **error);
