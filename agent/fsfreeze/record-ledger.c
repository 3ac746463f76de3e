/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <string.h>
#include <sys/wait.h>

/* A point of CLOCK_BOOTTIME as one of the record; 0, not reached, is -1. */
static int64_t
relative(const FrostLedgerData *ledger, int64_t at_us)
{
    return at_us == 0 ? -1 : at_us - ledger->began_us;
}

static int64_t
step(const FrostLedgerData *ledger, FrostStep which)
{
    return relative(ledger, atomic_load(&ledger->step_us[which]));
}

static FrostOutcome
outcome_of(const FrostLedgerFs *fs)
{
    switch ((FrostFsState)atomic_load(&fs->state)) {
    case FROST_FS_OPEN:
        return fs->sync_only ? FROST_OUTCOME_SYNCED : FROST_OUTCOME_NOT_TRIED;
    case FROST_FS_FOREIGN:
        return FROST_OUTCOME_FOREIGN;
    case FROST_FS_UNSUPPORTED:
        return FROST_OUTCOME_SYNCED;
    case FROST_FS_FAILED:
        return FROST_OUTCOME_FAILED;
    case FROST_FS_THAWED:
    case FROST_FS_FROZEN:
        return FROST_OUTCOME_FROZEN;
    case FROST_FS_LOST:
        return FROST_OUTCOME_NOT_HELD;
    case FROST_FS_FREEZING:
    case FROST_FS_ABANDONED:
    case FROST_FS_THAWING:
    case FROST_FS_STUCK:
        break;
    }
    return FROST_OUTCOME_STUCK;
}

static char *
reason_of(const FrostLedgerFs *fs)
{
    int why = atomic_load(&fs->error);

    return why != 0 ? g_strdup(g_strerror(why)) : NULL;
}

static void
add_entry(FrostRecord *self, const FrostLedgerData *ledger, const FrostLedgerFs *fs)
{
    FrostRecordFs *entry = frost_record_add_fs(self);
    int64_t sync_us = atomic_load(&fs->sync_us);

    entry->mount_point = g_strdup(fs->mount_point);
    entry->fs_type = g_strdup(fs->fs_type);
    entry->source = g_strdup(fs->source);
    entry->device = (dev_t)fs->device;
    entry->level = fs->level;
    entry->outcome = outcome_of(fs);
    entry->reason = reason_of(fs);
    entry->sync_us = atomic_load(&fs->synced) > 0 ? sync_us : -1;
    entry->freeze_begun_us = relative(ledger, atomic_load(&fs->freeze_begun_us));
    entry->frozen_us = relative(ledger, atomic_load(&fs->frozen_us));
    entry->thaw_begun_us = relative(ledger, atomic_load(&fs->thaw_begun_us));
    entry->thawed_us = relative(ledger, atomic_load(&fs->thawed_us));
}

static FrostOutcome
outcome_left_out(FrostVerdict verdict)
{
    switch (verdict) {
    case FROST_VERDICT_READ_ONLY:
        return FROST_OUTCOME_READ_ONLY;
    case FROST_VERDICT_UNREACHABLE:
        return FROST_OUTCOME_UNREACHABLE;
    case FROST_VERDICT_FREEZE:
    case FROST_VERDICT_SYNC:
    case FROST_VERDICT_EXCLUDED:
    case FROST_VERDICT_NOT_LISTED:
    case FROST_VERDICT_UNTOUCHED:
        break;
    }
    return FROST_OUTCOME_LEFT_OUT;
}

static void
add_left_out(FrostRecord *self, const FrostFilesystem *fs)
{
    if (fs->verdict == FROST_VERDICT_FREEZE || fs->verdict == FROST_VERDICT_SYNC)
        return; /* the ledger has it */

    FrostRecordFs *entry = frost_record_add_fs(self);
    entry->mount_point = g_strdup(fs->mount_point);
    entry->fs_type = g_strdup(fs->fs_type);
    entry->source = g_strdup(fs->source);
    entry->device = fs->device;
    entry->outcome = outcome_left_out(fs->verdict);
    entry->reason = g_strdup(fs->reason ? fs->reason : frost_verdict_name(fs->verdict));
}

static char *
result_text(FrostHookSideResult result, int status)
{
    if (result == FROST_HOOK_SIDE_TIMED_OUT)
        return g_strdup("timed out");
    if (result == FROST_HOOK_SIDE_NOT_STARTED)
        return g_strdup(g_strerror(status));
    if (WIFSIGNALED(status))
        return g_strdup_printf("signal %d", WTERMSIG(status));
    return g_strdup_printf("exit %d", WEXITSTATUS(status));
}

static void
add_hook(FrostRecord *self, const FrostLedgerData *ledger, bool thawing, int64_t begun_us,
         int64_t ended_us)
{
    const FrostHookSide *side = &ledger->hook_sides[thawing];
    FrostHookSideResult result = (FrostHookSideResult)atomic_load(&side->result);
    int status = atomic_load(&side->status);

    if (result == FROST_HOOK_SIDE_NONE)
        return;
    FrostRecordHook *hook = frost_record_add_hook(self);
    hook->name = g_strdup(ledger->hook_path);
    hook->phase = g_strdup(thawing ? "thaw" : "freeze");
    hook->result = result_text(result, status);
    hook->failed = result != FROST_HOOK_SIDE_ENDED || status != 0;
    hook->begun_us = begun_us;
    hook->ended_us = ended_us;
}

static FrostEnd
end_of(const FrostLedgerData *ledger, const FrostRecord *self)
{
    static const FrostEnd ends[] = {
        [FROST_RELEASE_NONE] = FROST_END_FAILED,
        [FROST_RELEASE_HOST] = FROST_END_HOST,
        [FROST_RELEASE_DEADLINE] = FROST_END_DEADLINE,
        [FROST_RELEASE_SIGNAL] = FROST_END_SIGNAL,
        [FROST_RELEASE_PORT_LOST] = FROST_END_PORT_LOST,
        [FROST_RELEASE_AGENT_LOST] = FROST_END_AGENT_LOST,
        [FROST_RELEASE_FREEZER_LOST] = FROST_END_FREEZER_LOST,
        [FROST_RELEASE_FOREIGN] = FROST_END_FOREIGN_THAW,
        [FROST_RELEASE_OPERATOR] = FROST_END_OPERATOR,
    };
    uint32_t release = atomic_load(&ledger->release);

    if (self->error && release == FROST_RELEASE_NONE)
        return FROST_END_FAILED;
    if (self->count == 0 && release == FROST_RELEASE_NONE)
        return FROST_END_NOTHING_FROZEN;
    return release < G_N_ELEMENTS(ends) ? ends[release] : FROST_END_FAILED;
}

/* The first FITHAW and the end of the last. */
static void
find_thaw(FrostRecord *self)
{
    for (guint i = 0; i < self->filesystems->len; i++) {
        const FrostRecordFs *fs = g_ptr_array_index(self->filesystems, i);

        if (fs->frozen_us >= 0)
            self->count++;
        if (fs->thaw_begun_us < 0)
            continue;
        if (self->thaw_begun_us < 0 || fs->thaw_begun_us < self->thaw_begun_us)
            self->thaw_begun_us = fs->thaw_begun_us;
        self->thawed_us = MAX(self->thawed_us, fs->thawed_us);
    }
}

FrostRecord *
frost_record_of_ledger(const FrostLedgerData *ledger, const FrostPlan *plan, int64_t now_us)
{
    FrostRecord *self = frost_record_new();

    self->began_real_us = ledger->began_real_us;
    self->planned_us = step(ledger, FROST_STEP_PLANNED);
    self->synced_us = step(ledger, FROST_STEP_SYNCED);
    self->hooks_up_us = step(ledger, FROST_STEP_HOOKS_UP);
    self->resynced_us = step(ledger, FROST_STEP_RESYNCED);
    self->freeze_begun_us = relative(ledger, atomic_load(&ledger->freeze_begun_us));
    self->frozen_us = relative(ledger, atomic_load(&ledger->frozen_us));
    self->hooks_down_us = step(ledger, FROST_STEP_HOOKS_DOWN);
    self->ended_us = now_us - ledger->began_us;
    self->error = ledger->failure[0] ? g_strdup(ledger->failure) : NULL;
    self->mounts_changed = atomic_load(&ledger->mounts_changed) != 0;

    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++)
        add_entry(self, ledger, &ledger->filesystems[i]);
    for (guint i = 0; plan && i < plan->filesystems->len; i++)
        add_left_out(self, g_ptr_array_index(plan->filesystems, i));
    find_thaw(self);
    add_hook(self, ledger, false, self->synced_us, self->hooks_up_us);
    add_hook(self, ledger, true, step(ledger, FROST_STEP_THAWED), self->hooks_down_us);
    self->end = end_of(ledger, self);
    return self;
}
