/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * parser-seal.h - what the parser gives up before it reads a byte of the host
 *
 * Its user: FROST_PARSER_USER, which no other process has and which owns no file, so that no
 * process but one of root may touch it. All capabilities, and every way to get one. By Landlock all
 * files, ports and processes. By limits new descriptors, processes and files. By a filter
 * (parse-filter.h) all system calls but those that read and write what is open, manage memory and
 * end. Nothing of this can be undone.
 *
 * Each part is tried, whatever became of the others: a kernel or a container may not have it.
 */

#include "parser-wire.h"

/* Debian's policy and systemd's list of users leave this number free, and it is not `nobody`, the
 * user that servers without one of their own share. */
#define FROST_PARSER_USER 65533u

/* @out: what could not be given up. */
void frost_parser_seal(FrostParserLacks *out);
