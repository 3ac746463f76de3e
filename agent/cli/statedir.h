/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * statedir.h - where the agent of this machine keeps its state
 */

#include <glib.h>

/* Of the agent that is started without options; QGA_CONF counts as it does there. g_free() it. */
char *frost_cli_statedir(GError **error);
