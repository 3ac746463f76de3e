/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * agent-parser.h - the parser of a running agent, and what it has not given up, as the kernel tells
 */

#include <glib.h>
#include <sys/types.h>

#include "sys.h"

/* "process 12, without rights"; g_free() it. */
char *frost_cli_parser_describe(FrostSys *sys, pid_t agent);

/* What it lacks of its seal, as "the parser can open files, can make any system call"; g_free() it.
 * NULL: nothing, or it cannot be read. */
char *frost_cli_parser_lack(FrostSys *sys, pid_t agent);
