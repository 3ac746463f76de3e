/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sysfs-text.h - reads and writes the small text files of sysfs, and of udev's database
 *
 * Each call takes @root, the directory that stands for "/": "" is the real one, and a test has a
 * tree of its own. Paths are those of the real system, and start with a slash.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* No such file is larger. */
#define FROST_SYSFS_FILE_MAX (64u * 1024)

/* Reads a file; @out_text is without white space at its end, g_free() it. 0, or a negative errno;
 * -EFBIG: it is larger than FROST_SYSFS_FILE_MAX. */
int frost_sysfs_read(const char *root, const char *path, char **out_text);
/* Reads a file with a number to @base. 0, or a negative errno; -EINVAL: it is not a number. */
int frost_sysfs_read_number(const char *root, const char *path, unsigned base, uint64_t *out);
/* Writes @text in one write, as sysfs needs it. 0, or a negative errno. */
int frost_sysfs_write(const char *root, const char *path, const char *text);

/* The names in a directory, g_strfreev() them. Names that differ only in the number at their end
 * are sorted by it: cpu2 comes before cpu10. 0, or a negative errno. */
int frost_sysfs_list(const char *root, const char *path, char ***out_names);

/* Resolves all links of @path; @out_path is a path of the tree, g_free() it. 0, or a negative
 * errno; -EXDEV: it leads out of the tree. */
int frost_sysfs_resolve(const char *root, const char *path, char **out_path);
bool frost_sysfs_has(const char *root, const char *path);

/* The number after @name if @text is @name and a number; otherwise -1. */
int64_t frost_sysfs_number_after(const char *name, const char *text);
