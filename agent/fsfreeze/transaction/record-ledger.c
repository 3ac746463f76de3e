/* SPDX-License-Identifier: MIT */
#include "record-ledger.h"

#include <sys/wait.h>

#include "degraded.h"

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

    if (frost_ledger_has_faltered(fs))
        return g_strdup_printf("the first FITHAW failed: %s", g_strerror(why));
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
    if (fs->serials[0])
        entry->serials = g_strsplit(fs->serials, "\n", -1);
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
outcome_left_out(FrostDecision decision)
{
    switch (decision) {
    case FROST_DECISION_READ_ONLY:
        return FROST_OUTCOME_READ_ONLY;
    case FROST_DECISION_UNREACHABLE:
        return FROST_OUTCOME_UNREACHABLE;
    case FROST_DECISION_FREEZE:
    case FROST_DECISION_SYNC:
    case FROST_DECISION_EXCLUDED:
    case FROST_DECISION_NOT_LISTED:
    case FROST_DECISION_UNTOUCHED:
    case FROST_DECISION_GONE:
    case FROST_DECISION_IN_MEMORY:
    case FROST_DECISION_ELSEWHERE:
        break;
    }
    return FROST_OUTCOME_LEFT_OUT;
}

static void
add_left_out(FrostRecord *self, const FrostFilesystem *fs)
{
    if (fs->decision == FROST_DECISION_FREEZE || fs->decision == FROST_DECISION_SYNC)
        return; /* the ledger has it */

    FrostRecordFs *entry = frost_record_add_fs(self);
    entry->mount_point = g_strdup(fs->mount_point);
    entry->fs_type = g_strdup(fs->fs_type);
    entry->source = g_strdup(fs->source);
    entry->device = fs->device;
    entry->outcome = outcome_left_out(fs->decision);
    entry->left_out_as = g_strdup(frost_decision_name(fs->decision));
    entry->reason = g_strdup(fs->reason ? fs->reason : entry->left_out_as);
}

static char *
outcome_text(const FrostHookSide *side)
{
    int status = atomic_load(&side->status);

    switch ((FrostHookSideResult)atomic_load(&side->result)) {
    case FROST_HOOK_SIDE_NOT_STARTED:
        return g_strdup(g_strerror(status));
    case FROST_HOOK_SIDE_TIMED_OUT:
        return g_strdup("timed out");
    case FROST_HOOK_SIDE_REFUSED:
        return g_strdup("refused");
    case FROST_HOOK_SIDE_READY:
        return g_strdup("ready");
    case FROST_HOOK_SIDE_GONE:
        return g_strdup("ended with the agent");
    case FROST_HOOK_SIDE_DIED:
        return g_strdup_printf("did not hold: %s %d", WIFSIGNALED(status) ? "signal" : "exit",
                               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    case FROST_HOOK_SIDE_NONE:
    case FROST_HOOK_SIDE_ENDED:
        break;
    }
    return g_strdup_printf("%s %d", WIFSIGNALED(status) ? "signal" : "exit",
                           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* Of a failure with what it said at last. */
static char *
result_text(const FrostHookSide *side, bool failed)
{
    g_autofree char *outcome = outcome_text(side);

    if (!failed || side->note[0] == '\0')
        return g_steal_pointer(&outcome);
    g_autofree char *note = g_utf8_make_valid(side->note, -1);
    return g_strdup_printf("%s: %s", outcome, note);
}

static void
add_hook(FrostRecord *self, const FrostLedgerData *ledger, const FrostLedgerHook *entry,
         FrostHookPhase phase)
{
    const FrostHookSide *side = &entry->sides[phase];

    if (atomic_load(&side->result) == FROST_HOOK_SIDE_NONE)
        return;
    FrostRecordHook *hook = frost_record_add_hook(self);
    hook->name = g_strdup(entry->name[0] ? entry->name : ledger->hook_source);
    hook->phase = g_strdup(phase == FROST_HOOK_THAW ? "thaw" : "freeze");
    hook->failed = frost_hook_side_has_failed(side);
    hook->required = entry->is_required;
    hook->result = result_text(side, hook->failed);
    hook->begun_us = relative(ledger, atomic_load(&side->begun_us));
    hook->ended_us = relative(ledger, atomic_load(&side->ended_us));
}

/* In the order in which they ran: down is up in reverse. */
static void
add_hooks(FrostRecord *self, const FrostLedgerData *ledger)
{
    uint32_t count = atomic_load(&ledger->hook_count);

    for (uint32_t i = 0; i < count; i++)
        add_hook(self, ledger, &ledger->hooks[i], FROST_HOOK_FREEZE);
    for (uint32_t i = count; i > 0; i--)
        add_hook(self, ledger, &ledger->hooks[i - 1], FROST_HOOK_THAW);
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
        [FROST_RELEASE_RESTORED] = FROST_END_RESTORED,
    };
    uint32_t release = atomic_load(&ledger->release);

    if (release == FROST_RELEASE_NONE && atomic_load(&ledger->frozen_us) != 0 &&
        atomic_load(&ledger->step_us[FROST_STEP_THAWED]) == 0 &&
        atomic_load(&ledger->active) == FROST_LEDGER_ACTIVE && !self->error)
        return FROST_END_NONE;
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

static void
note_repeat(FrostRecord *self, const FrostLedgerData *ledger)
{
    uint32_t which = atomic_load(&ledger->repeated_for);

    self->repeated_us = relative(ledger, atomic_load(&ledger->repeated_us));
    if (self->repeated_us >= 0 && which < atomic_load(&ledger->count))
        self->repeated_for = g_strdup(ledger->filesystems[which].mount_point);
}

static void
note_write_out(FrostRecordWriteOut *out, const FrostLedgerGentle *gentle)
{
    static const FrostWriteOutEnd ends[FROST_GENTLE_ENDS] = {
        [FROST_GENTLE_NONE] = FROST_WRITE_OUT_NONE,
        [FROST_GENTLE_OFF] = FROST_WRITE_OUT_OFF,
        [FROST_GENTLE_NO_QUEUES] = FROST_WRITE_OUT_NO_QUEUES,
        [FROST_GENTLE_LITTLE] = FROST_WRITE_OUT_LITTLE,
        [FROST_GENTLE_DONE] = FROST_WRITE_OUT_DONE,
        [FROST_GENTLE_CUT] = FROST_WRITE_OUT_CUT,
        [FROST_GENTLE_OUTRUN] = FROST_WRITE_OUT_OUTRUN,
    };
    uint32_t end = atomic_load(&gentle->end);
    uint64_t found = atomic_load(&gentle->found);
    int64_t expected_us = atomic_load(&gentle->expected_us);
    int64_t paced_us = atomic_load(&gentle->paced_us);

    out->dirty_bytes = found > 0 && found <= INT64_MAX ? (int64_t)found : -1;
    out->expected_us = expected_us > 0 ? expected_us : -1;
    out->paced_us = paced_us > 0 ? paced_us : -1;
    out->rounds = atomic_load(&gentle->rounds);
    out->end = end < FROST_GENTLE_ENDS ? ends[end] : FROST_WRITE_OUT_NONE;
}

FrostRecord *
frost_record_of_ledger(const FrostLedgerData *ledger, const FrostPlan *plan, int64_t now_us)
{
    FrostRecord *self = frost_record_new();

    self->id = g_strdup(ledger->id);
    self->began_real_us = ledger->began_real_us;
    self->clock.source = ledger->clock_source[0] ? g_strdup(ledger->clock_source) : NULL;
    self->clock.synchronized = ledger->clock_synchronized;
    self->clock.max_error_us = ledger->clock_error_us;
    self->clock.shift_us =
        (g_get_real_time() - ledger->began_real_us) - (now_us - ledger->began_us);
    self->planned_us = step(ledger, FROST_STEP_PLANNED);
    self->synced_us = step(ledger, FROST_STEP_SYNCED);
    self->hooks_up_us = step(ledger, FROST_STEP_HOOKS_UP);
    self->resynced_us = step(ledger, FROST_STEP_RESYNCED);
    self->freeze_begun_us = relative(ledger, atomic_load(&ledger->freeze_begun_us));
    self->frozen_us = relative(ledger, atomic_load(&ledger->frozen_us));
    self->hooks_down_us = step(ledger, FROST_STEP_HOOKS_DOWN);
    self->ended_us = now_us - ledger->began_us;
    self->error = ledger->failure[0] ? g_strdup(ledger->failure) : NULL;
    self->degraded = frost_degraded_describe(ledger);
    self->mounts_of = (unsigned)MAX(ledger->mounts_of, 0);
    self->mounts_changed = atomic_load(&ledger->mounts_changed) != 0;

    note_repeat(self, ledger);
    note_write_out(&self->write_out, &ledger->gentle);

    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++)
        add_entry(self, ledger, &ledger->filesystems[i]);
    for (guint i = 0; plan && i < plan->filesystems->len; i++)
        add_left_out(self, g_ptr_array_index(plan->filesystems, i));
    find_thaw(self);
    add_hooks(self, ledger);
    self->end = end_of(ledger, self);
    return self;
}

FrostRecord *
frost_record_of_unfinished(const FrostLedgerData *ledger, const FrostPlan *plan, int64_t now_us)
{
    if (!ledger || atomic_load(&ledger->active) != FROST_LEDGER_ACTIVE ||
        atomic_load(&ledger->frozen_us) == 0)
        return NULL;
    return frost_record_of_ledger(ledger, plan, now_us);
}
