/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * dump.h - the resulting configuration as a config file
 */

#include "config.h"

/* The text of -D; g_free() it. */
char *frost_config_dump(const FrostConfig *self);
