/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * os-release.h - the name and version of the distribution: os-release(5), read as a shell does
 */

#include <glib.h>
#include <stdbool.h>

/* The values in the file; NULL: not given. */
typedef struct {
    char *id;
    char *name;
    char *pretty_name;
    char *version;
    char *version_id;
    char *variant;
    char *variant_id;
} FrostOsRelease;

/**
 * frost_os_release_parse:
 * @text: may be any bytes; NUL-terminated
 *
 * The last assignment of a name counts. Both kinds of quotes and backslashes have their meaning in
 * a shell. Lines that are no assignments are ignored; so is a text that is not UTF-8.
 */
void frost_os_release_parse(FrostOsRelease *self, const char *text);

/* Reads the file that QGA_OS_RELEASE names, or else /etc/os-release, or else /usr/lib/os-release.
 * All values are NULL if it cannot be read. */
void frost_os_release_read(FrostOsRelease *self);

void frost_os_release_clear(FrostOsRelease *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostOsRelease, frost_os_release_clear)
