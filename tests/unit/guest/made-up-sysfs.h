/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * made-up-sysfs.h - a directory that stands for "/", with the files and links a test wants
 */

/* test_remove_dir() it. */
char *tree_new(void);
/* For tests whose whole state is one: made before, removed after. */
int tree_set_up(void **state);
int tree_tear_down(void **state);
/* Makes the folders above it, too. */
void tree_file(const char *root, const char *path, const char *text);
void tree_folder(const char *root, const char *path);
/* @target as written into the link; relative in sysfs. */
void tree_link(const char *root, const char *path, const char *target);
/* g_free() it; NULL where there is no such file. */
char *tree_text(const char *root, const char *path);
