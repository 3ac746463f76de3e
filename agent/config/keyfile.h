/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * keyfile.h - the config file: groups [general] and [fsfreeze]
 */

#include "config.h"

/**
 * frost_config_read_file:
 * @must_exist: whether a missing file is an error; if not, it counts as empty
 *
 * Overwrites in @self what the file sets. Every error names @path.
 */
bool frost_config_read_file(FrostConfig *self, const char *path, bool must_exist, GError **error);
