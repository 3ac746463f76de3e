/* SPDX-License-Identifier: MIT */
#include "freezer-errors.h"

#include <errno.h>

#include "log.h"

G_DEFINE_QUARK(frost_freezer_error, frost_freezer_error)

static GError *
explain_lost(const FrostLedgerFs *fs, int why)
{
    const char *what = "did not stay frozen: somebody else has thawed it";

    if (atomic_load(&fs->frozen_us) == 0)
        what = "was not frozen: the process that was freezing it was killed";
    else if (why == EOWNERDEAD)
        what = "may not have stayed frozen: the process that was thawing it was killed";
    return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_NOT_HELD, "%s %s", fs->mount_point,
                       what);
}

static GError *
explain_thaw(const FrostLedgerFs *fs, int why)
{
    /* The freezer has no descriptor of it (resources.h); EOWNERDEAD: leftovers.h. */
    bool is_open = why != EBADF && why != EOWNERDEAD;
    const char *words = is_open ? g_strerror(why) : "it could not be opened";

    switch ((FrostFsState)atomic_load(&fs->state)) {
    case FROST_FS_LOST:
        return explain_lost(fs, why);
    case FROST_FS_STUCK:
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_THAW,
                           "failed to thaw %s: %s; it is still frozen, and the next thaw tries "
                           "again",
                           fs->mount_point, words);
    case FROST_FS_THAWED:
        return g_error_new(
            FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_FALTERED,
            "%s is thawed, but the first FITHAW failed: %s; its disk may have failed "
            "while it was frozen",
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

GError *
frost_freezer_error_of(const FrostLedger *ledger, const FrostMessage *message, bool syncing)
{
    if (message->culprit < 0 || message->culprit >= FROST_LEDGER_FILESYSTEMS)
        return message->kind == FROST_MESSAGE_FAILED
                   ? g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_FREEZE,
                                 "the freezer failed without a word of what")
                   : NULL;

    const FrostLedgerFs *fs = &ledger->data->filesystems[message->culprit];
    if (message->kind == FROST_MESSAGE_THAWED)
        return explain_thaw(fs, message->error);
    g_autoptr(GError) error = explain_step(ledger->data, fs->mount_point, message->error, syncing);
    const FrostLedgerFs *stuck = frost_ledger_find_stuck(ledger);
    if (!stuck)
        return g_steal_pointer(&error);
    /* The others were thawed again; one of them could not be. */
    g_autoptr(GError) thawing = explain_thaw(stuck, atomic_load(&stuck->error));
    return g_error_new(error->domain, error->code, "%s; %s", error->message, thawing->message);
}

GError *
frost_freezer_error_of_ledger(const FrostLedger *ledger)
{
    FrostMessage message = {.kind = FROST_MESSAGE_THAWED, .culprit = -1};
    const FrostLedgerFs *amiss = frost_ledger_find_amiss(ledger);

    if (!amiss)
        return NULL;
    message.culprit = (int32_t)(amiss - ledger->data->filesystems);
    message.error = atomic_load(&amiss->error);
    return frost_freezer_error_of(ledger, &message, false);
}

void
frost_freezer_warn_of_repeat(const FrostLedgerData *ledger)
{
    uint32_t which = atomic_load(&ledger->repeated_for);
    int64_t repeated_us = atomic_load(&ledger->repeated_us);

    if (repeated_us == 0 || which >= atomic_load(&ledger->count))
        return;
    frost_notice(
        "the freeze was repeated, one filesystem at a time: after %.1f seconds %s had not come "
        "back, and its disk completed no request; it may stand on another filesystem in a way "
        "that cannot be seen",
        (double)(repeated_us - atomic_load(&ledger->freeze_begun_us)) / 1e6,
        ledger->filesystems[which].mount_point);
}

GError *
frost_freezer_error_of_loss(const FrostLedger *ledger, const char *how, bool starting,
                            unsigned thawed)
{
    const FrostLedgerFs *held = frost_ledger_find_held(ledger);
    int no_threads = atomic_load(&ledger->data->degraded[FROST_DEGRADED_THREADS]);

    if (starting && no_threads)
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START,
                           "the freezer process could not make its threads: %s",
                           g_strerror(no_threads));
    if (starting)
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START,
                           "the freezer process ended before it was ready");
    if (held)
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST,
                           "%s, and %s is still frozen: no other process could be started to thaw "
                           "it, or could thaw it; the next thaw tries again",
                           how, held->mount_point);
    return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST,
                       "%s; %u filesystems have been thawed in its place", how, thawed);
}
