/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * tree.h - the small text files with which the kernel shows its devices: sysfs, and udev's notes
 *
 * Every call takes the directory that stands for "/": "" is the real one, a test's made-up tree
 * another. Paths start with a slash and are as the real system has them.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What is larger is no such file. */
#define FROST_TREE_FILE_MAX (64u * 1024)

/* The text without the white space at its end; g_free() it. 0, or a negative errno: -EFBIG. */
int frost_tree_read(const char *root, const char *path, char **out_text);
/* The same as a number to @base; -EINVAL where it is none. */
int frost_tree_read_number(const char *root, const char *path, unsigned base, uint64_t *out);
/* In one write, as sysfs wants it. */
int frost_tree_write(const char *root, const char *path, const char *text);

/* The names in a directory; g_strfreev() them. Sorted by the number at their end where what is
 * before it is the same: cpu2 before cpu10. */
int frost_tree_list(const char *root, const char *path, char ***out_names);

/* Where a path leads to when all its links are followed, as a path of the tree; g_free() it.
 * -EXDEV: out of the tree. */
int frost_tree_resolve(const char *root, const char *path, char **out_path);
bool frost_tree_has(const char *root, const char *path);

/* NAME and a number, and nothing else: the number; -1 otherwise. */
int64_t frost_tree_number_after(const char *name, const char *text);
