/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger-content.h - what a file must be, and must contain, to be believed as a ledger
 *
 * The ledger names filesystems, which are thawed, and hooks, which are run as root. So it must be
 * a regular file that only we could write, of this version and of this boot.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ledger-data.h"

/* The size of a ledger of @count filesystems, in bytes. */
size_t frost_ledger_size_for(size_t count);

/**
 * frost_ledger_examine: checks the file before its content is used
 * @in_memory: it is a memfd, of which no other program has a descriptor
 *
 * 0, with its size; or a negative errno: -EPROTO for a ledger of another version, -EPERM where
 * others could have written it.
 */
int frost_ledger_examine(int fd, bool in_memory, off_t *out_size);

/* True if the content is a ledger, is of this boot, and fits into the file. */
bool frost_ledger_content_is_usable(const FrostLedgerData *data, off_t file_size);
/* Ends each text of it within its field. */
void frost_ledger_terminate_texts(FrostLedgerData *data);
