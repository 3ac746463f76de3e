/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <sys/sysmacros.h>

static void
free_filesystem(gpointer data)
{
    FrostRecordFs *fs = data;

    g_free(fs->mount_point);
    g_free(fs->fs_type);
    g_free(fs->source);
    g_free(fs->reason);
    g_free(fs->left_out_as);
    g_strfreev(fs->serials);
    g_free(fs);
}

static void
free_hook(gpointer data)
{
    FrostRecordHook *hook = data;

    g_free(hook->name);
    g_free(hook->phase);
    g_free(hook->result);
    g_free(hook);
}

FrostRecord *
frost_record_new(void)
{
    FrostRecord *self = g_new0(FrostRecord, 1);

    self->planned_us = self->synced_us = self->hooks_up_us = self->resynced_us = -1;
    self->freeze_begun_us = self->frozen_us = self->thaw_begun_us = self->thawed_us = -1;
    self->hooks_down_us = self->ended_us = self->repeated_us = -1;
    self->clock.synchronized = -1;
    self->clock.max_error_us = -1;
    self->write_out = (FrostRecordWriteOut){-1, -1, -1, 0, FROST_WRITE_OUT_NONE};
    self->filesystems = g_ptr_array_new_with_free_func(free_filesystem);
    self->hooks = g_ptr_array_new_with_free_func(free_hook);
    return self;
}

void
frost_record_free(FrostRecord *self)
{
    if (!self)
        return;
    g_free(self->id);
    g_free(self->clock.source);
    g_free(self->error);
    g_free(self->degraded);
    g_free(self->repeated_for);
    g_ptr_array_unref(self->filesystems);
    g_ptr_array_unref(self->hooks);
    g_free(self);
}

FrostRecordFs *
frost_record_add_fs(FrostRecord *self)
{
    FrostRecordFs *fs = g_new0(FrostRecordFs, 1);

    fs->sync_us = fs->freeze_begun_us = fs->frozen_us = fs->thaw_begun_us = fs->thawed_us = -1;
    g_ptr_array_add(self->filesystems, fs);
    return fs;
}

FrostRecordHook *
frost_record_add_hook(FrostRecord *self)
{
    FrostRecordHook *hook = g_new0(FrostRecordHook, 1);

    hook->begun_us = hook->ended_us = -1;
    g_ptr_array_add(self->hooks, hook);
    return hook;
}

int64_t
frost_record_span_us(int64_t begin_us, int64_t end_us)
{
    return begin_us < 0 || end_us < begin_us ? -1 : end_us - begin_us;
}

int64_t
frost_record_window_us(const FrostRecord *self)
{
    return frost_record_span_us(self->freeze_begun_us, self->thawed_us);
}

static bool
could_be_written(const FrostRecordFs *fs)
{
    return fs->outcome != FROST_OUTCOME_READ_ONLY && major(fs->device) != 0 &&
           g_strcmp0(fs->left_out_as, "gone") != 0 && g_strcmp0(fs->left_out_as, "in-memory") != 0;
}

FrostRecordFacts
frost_record_facts(const FrostRecord *self)
{
    FrostRecordFacts facts = {0};

    for (guint i = 0; i < self->filesystems->len; i++) {
        const FrostRecordFs *fs = g_ptr_array_index(self->filesystems, i);
        bool is_held = fs->outcome == FROST_OUTCOME_FROZEN;
        bool is_lost = fs->outcome == FROST_OUTCOME_NOT_HELD || fs->outcome == FROST_OUTCOME_STUCK;

        facts.not_held += is_lost;
        facts.left_out += !is_held && !is_lost && could_be_written(fs);
        facts.stall_us =
            MAX(facts.stall_us, frost_record_span_us(fs->freeze_begun_us, fs->thawed_us));
    }
    for (guint i = 0; i < self->hooks->len; i++)
        facts.hooks_failed += ((const FrostRecordHook *)g_ptr_array_index(self->hooks, i))->failed;
    facts.sync_us = MAX(frost_record_span_us(self->planned_us, self->synced_us), 0) +
                    MAX(frost_record_span_us(self->hooks_up_us, self->resynced_us), 0);
    return facts;
}

const char *
frost_outcome_name(FrostOutcome outcome)
{
    static const char *const names[] = {
        [FROST_OUTCOME_FROZEN] = "frozen",           [FROST_OUTCOME_NOT_HELD] = "not held",
        [FROST_OUTCOME_SYNCED] = "synced only",      [FROST_OUTCOME_READ_ONLY] = "read-only",
        [FROST_OUTCOME_FOREIGN] = "held by another", [FROST_OUTCOME_LEFT_OUT] = "left out",
        [FROST_OUTCOME_UNREACHABLE] = "unreachable", [FROST_OUTCOME_FAILED] = "failed",
        [FROST_OUTCOME_NOT_TRIED] = "not tried",     [FROST_OUTCOME_STUCK] = "stuck",
    };

    return names[outcome];
}

const char *
frost_end_name(FrostEnd end)
{
    static const char *const names[] = {
        [FROST_END_HOST] = "thawed by the host",
        [FROST_END_NOTHING_FROZEN] = "nothing was frozen",
        [FROST_END_FAILED] = "the freeze failed",
        [FROST_END_DEADLINE] = "a time limit passed",
        [FROST_END_SIGNAL] = "ended by a signal",
        [FROST_END_AGENT_LOST] = "the agent was lost",
        [FROST_END_FREEZER_LOST] = "the freezer was lost",
        [FROST_END_PORT_LOST] = "the port was lost",
        [FROST_END_FOREIGN_THAW] = "thawed by somebody else",
        [FROST_END_OPERATOR] = "ended by frost-ga thaw",
        [FROST_END_RESTORED] = "the machine was restored from a saved state",
        [FROST_END_NONE] = "not ended",
    };

    return names[end];
}
