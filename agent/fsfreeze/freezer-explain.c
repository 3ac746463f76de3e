/* SPDX-License-Identifier: MIT */
#include "freezer-explain.h"

#include <errno.h>

static GError *
explain_thaw(const FrostLedgerFs *fs, int why)
{
    switch ((FrostFsState)atomic_load(&fs->state)) {
    case FROST_FS_LOST:
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_NOT_HELD,
                           "%s did not stay frozen: somebody else has thawed it", fs->mount_point);
    case FROST_FS_STUCK:
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_THAW,
                           "failed to thaw %s: %s; it is still frozen, and the next thaw tries "
                           "again",
                           fs->mount_point, g_strerror(why));
    case FROST_FS_THAWING:
    case FROST_FS_FROZEN:
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_THAW,
                           "the kernel is still thawing %s", fs->mount_point);
    case FROST_FS_ABANDONED:
    case FROST_FS_OPEN:
    case FROST_FS_FREEZING:
    case FROST_FS_FOREIGN:
    case FROST_FS_UNSUPPORTED:
    case FROST_FS_FAILED:
    case FROST_FS_THAWED:
        break;
    }
    return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_THAW,
                       "the kernel is still freezing %s; it is thawed as soon as that is done",
                       fs->mount_point);
}

static GError *
explain_step(const FrostLedgerData *ledger, const char *mount_point, int why, bool syncing)
{
    FrostFreezerError code = syncing ? FROST_FREEZER_ERROR_SYNC : FROST_FREEZER_ERROR_FREEZE;
    int64_t limit_us = syncing ? ledger->sync_limit_us : ledger->freeze_limit_us;

    if (why == ETIMEDOUT)
        return g_error_new(FROST_FREEZER_ERROR, code, "%s %s took longer than %d seconds",
                           syncing ? "syncing" : "freezing", mount_point,
                           (int)(limit_us / 1000000));
    return g_error_new(FROST_FREEZER_ERROR, code, "failed to %s %s: %s%s",
                       syncing ? "sync" : "freeze", mount_point, g_strerror(why),
                       why == EPERM ? "; this needs CAP_SYS_ADMIN where it was mounted" : "");
}

/* The others were thawed again; one of them could not be. */
static void
add_stuck(const FrostLedger *ledger, GError **error)
{
    const FrostLedgerFs *held = frost_ledger_find_held(ledger);

    if (!held || atomic_load(&held->state) != FROST_FS_STUCK)
        return;
    g_autoptr(GError) thawing = explain_thaw(held, atomic_load(&held->error));
    g_autoptr(GError) first = g_steal_pointer(error);
    *error = g_error_new(first->domain, first->code, "%s; %s", first->message, thawing->message);
}

GError *
frost_freezer_explain(const FrostLedger *ledger, const FrostWire *wire, bool syncing)
{
    if (wire->culprit < 0 || wire->culprit >= FROST_LEDGER_FILESYSTEMS)
        return wire->kind == FROST_WIRE_FAILED
                   ? g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_FREEZE,
                                 "the freezer failed without a word of what")
                   : NULL;

    const FrostLedgerFs *fs = &ledger->data->filesystems[wire->culprit];
    if (wire->kind == FROST_WIRE_THAWED)
        return explain_thaw(fs, wire->error);
    GError *error = explain_step(ledger->data, fs->mount_point, wire->error, syncing);
    add_stuck(ledger, &error);
    return error;
}
