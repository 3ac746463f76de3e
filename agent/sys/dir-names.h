/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dir-names.h - the names in a directory
 */

#include <glib.h>

/**
 * frost_dir_names: reads all names in @path except "." and ".."
 * @compare: sorts them; it gets pointers to the names, as with g_ptr_array_sort()
 * @out_names: NULL-terminated, g_strfreev() it
 *
 * 0, or a negative errno.
 */
int frost_dir_names(const char *path, GCompareFunc compare, char ***out_names);
