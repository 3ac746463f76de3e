/* SPDX-License-Identifier: MIT */
#include "freezer-takeover.h"

#include <errno.h>
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

static bool
is_uncertain(const FrostLedgerFs *fs)
{
    FrostFsState state = (FrostFsState)atomic_load(&fs->state);

    return state == FROST_FS_FREEZING || state == FROST_FS_ABANDONED || state == FROST_FS_THAWING;
}

static bool
is_missing(FrostSys *sys, const char *path)
{
    g_autofree char *text = NULL;

    return sys->read_file(sys, path, &text, NULL) == -ENOENT;
}

/* Also when /proc does not even show @process, which is not reaped: then it tells nothing. */
static bool
has_thread(FrostSys *sys, pid_t process, int32_t thread)
{
    g_autofree char *whole = g_strdup_printf("/proc/%d/stat", (int)process);
    g_autofree char *part = g_strdup_printf("/proc/%d/task/%d/stat", (int)process, (int)thread);

    return is_missing(sys, whole) || !is_missing(sys, part);
}

static bool
is_at_work(FrostSys *sys, const FrostLedgerFs *fs, const pid_t *holders, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (has_thread(sys, holders[i], atomic_load(&fs->worker)))
            return true;
    }
    return false;
}

static void
take_over(FrostSys *sys, FrostLedgerFs *fs)
{
    if (is_suspended(sys, (dev_t)fs->device))
        (void)(frost_ledger_step(fs, FROST_FS_FREEZING, FROST_FS_FOREIGN) ||
               frost_ledger_step(fs, FROST_FS_ABANDONED, FROST_FS_FOREIGN));
    else
        (void)(frost_ledger_step(fs, FROST_FS_FREEZING, FROST_FS_FROZEN) ||
               frost_ledger_step(fs, FROST_FS_ABANDONED, FROST_FS_FROZEN) ||
               frost_ledger_step(fs, FROST_FS_THAWING, FROST_FS_FROZEN));
}

void
frost_takeover(FrostSys *sys, FrostLedgerData *ledger, const pid_t *holders, size_t n)
{
    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++) {
        FrostLedgerFs *fs = &ledger->filesystems[i];

        if (is_uncertain(fs) && !is_at_work(sys, fs, holders, n))
            take_over(sys, fs);
    }
    frost_expedite_recover(sys, ledger);
}
