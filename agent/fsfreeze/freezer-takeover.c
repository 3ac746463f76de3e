/* SPDX-License-Identifier: MIT */
#include "freezer-takeover.h"

#include <sys/sysmacros.h>

#include "expedite.h"

static bool
is_suspended(FrostSys *sys, dev_t device)
{
    g_autofree char *path =
        g_strdup_printf("/sys/dev/block/%u:%u/dm/suspended", major(device), minor(device));
    g_autofree char *text = NULL;

    return sys->read_file(sys, path, &text, NULL) >= 0 && text[0] == '1';
}

static void
take_over(FrostSys *sys, FrostLedgerFs *fs)
{
    bool uncertain = atomic_load(&fs->state) != FROST_FS_FROZEN;

    if (uncertain && is_suspended(sys, (dev_t)fs->device))
        (void)(frost_ledger_step(fs, FROST_FS_FREEZING, FROST_FS_FOREIGN) ||
               frost_ledger_step(fs, FROST_FS_ABANDONED, FROST_FS_FOREIGN));
    else
        (void)(frost_ledger_step(fs, FROST_FS_FREEZING, FROST_FS_FROZEN) ||
               frost_ledger_step(fs, FROST_FS_ABANDONED, FROST_FS_FROZEN) ||
               frost_ledger_step(fs, FROST_FS_THAWING, FROST_FS_FROZEN));
}

void
frost_takeover(FrostSys *sys, FrostLedgerData *ledger)
{
    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++)
        take_over(sys, &ledger->filesystems[i]);
    frost_expedite_recover(sys, ledger);
}
