/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * unmapped-ledger.h - what an earlier freeze has left in a ledger that cannot be used now
 *
 * There may be no memory to map it for a moment, no descriptor for it, or its state directory may
 * have become read-only. A freeze with a ledger in memory would then begin over what the file calls
 * frozen. So the file is read.
 */

#include <glib.h>

#include "ledger-data.h"

/* A copy of the content, to be freed with g_free(). NULL if the file cannot be read, or is not
 * believed (ledger-content.h). */
FrostLedgerData *frost_unmapped_ledger_read(const char *statedir);

/**
 * frost_unmapped_ledger_find_left: what must be undone before a new freeze may begin
 * @why: an errno, why the ledger cannot be used; 0: it is not known
 *
 * Returns NULL if nothing is left, also if the file is no ledger, or one that open() would leave
 * alone (ledger.h). Otherwise the error names the file, what is left, and what to do:
 * FROST_LEDGER_ERROR_LEFT if a filesystem is held, and FROST_LEDGER_ERROR_IO if hooks are not
 * undone, or if the file cannot be read.
 */
GError *frost_unmapped_ledger_find_left(const char *statedir, int why);
