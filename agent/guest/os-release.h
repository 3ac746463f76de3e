/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * os-release.h - which distribution this is: os-release(5), read as a shell would
 */

#include <glib.h>
#include <stdbool.h>

/* What a file of assignments says; a name that is not in it is NULL. */
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
 * @text: any bytes; NUL-terminated
 *
 * The last assignment counts. Quotes of both kinds and backslashes mean what they do to a shell;
 * a line that is no assignment is passed over. From a text that is no UTF-8 nothing is taken.
 */
void frost_os_release_parse(FrostOsRelease *self, const char *text);

/* The file of QGA_OS_RELEASE, else /etc/os-release, else /usr/lib/os-release; nothing where it
 * cannot be read. */
void frost_os_release_read(FrostOsRelease *self);

void frost_os_release_clear(FrostOsRelease *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FrostOsRelease, frost_os_release_clear)
