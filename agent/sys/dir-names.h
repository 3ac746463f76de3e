/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dir-names.h - what is in a directory
 */

#include <glib.h>

/**
 * frost_dir_names: the names in @path but for "." and ".."
 * @compare: their order; gets pointers to names, as g_ptr_array_sort() gives them
 * @out_names: NULL-terminated; g_strfreev() them
 *
 * 0, or a negative errno.
 */
int frost_dir_names(const char *path, GCompareFunc compare, char ***out_names);
