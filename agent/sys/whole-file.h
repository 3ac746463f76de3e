/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * whole-file.h - reads, writes and replaces small files as a whole
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads @fd to its end, and appends it to @text. Works for files in /proc and /sys, which have no
 * size and are read in pieces. 0, or a negative errno; -EFBIG: there are more than @max_bytes. */
int frost_read_whole(int fd, size_t max_bytes, GString *text);
/* The same for a text file in /sys, which the kernel gives as a whole: one read less. */
int frost_read_attribute(int fd, size_t max_bytes, GString *text);
/* Writes all of @bytes. 0, or a negative errno: then some of it may have been written. */
int frost_write_whole(int fd, const char *bytes, size_t length);

/**
 * frost_replace_file: replaces the file @name by a new one of @mode
 * @folder: a descriptor of its directory; a link called @name is replaced, not followed
 * @durable: sync the new file to the disk before it replaces the old one
 *
 * The new file is first written as NAME.frost-new; one that an earlier death has left is removed.
 * 0, or a negative errno: then the old file stays, and nothing of the new one is left.
 */
int frost_replace_file(int folder, const char *name, const char *bytes, size_t length, mode_t mode,
                       bool durable);
