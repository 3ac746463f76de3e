/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * usage.h - the help
 */

/* The text of --help; g_free() it. */
char *frost_config_usage(const char *program);
