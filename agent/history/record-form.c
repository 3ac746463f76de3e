/* SPDX-License-Identifier: MIT */
#include "record-form.h"

#include <string.h>

const char *const frost_form_outcomes[FROST_FORM_OUTCOMES] = {
    [FROST_OUTCOME_FROZEN] = "frozen",           [FROST_OUTCOME_NOT_HELD] = "not-held",
    [FROST_OUTCOME_SYNCED] = "synced",           [FROST_OUTCOME_READ_ONLY] = "read-only",
    [FROST_OUTCOME_FOREIGN] = "foreign",         [FROST_OUTCOME_LEFT_OUT] = "left-out",
    [FROST_OUTCOME_UNREACHABLE] = "unreachable", [FROST_OUTCOME_FAILED] = "failed",
    [FROST_OUTCOME_NOT_TRIED] = "not-tried",     [FROST_OUTCOME_STUCK] = "stuck",
};

const char *const frost_form_ends[FROST_FORM_ENDS] = {
    [FROST_END_HOST] = "host",
    [FROST_END_NOTHING_FROZEN] = "nothing-frozen",
    [FROST_END_FAILED] = "failed",
    [FROST_END_DEADLINE] = "deadline",
    [FROST_END_SIGNAL] = "signal",
    [FROST_END_AGENT_LOST] = "agent-lost",
    [FROST_END_FREEZER_LOST] = "freezer-lost",
    [FROST_END_PORT_LOST] = "port-lost",
    [FROST_END_FOREIGN_THAW] = "foreign-thaw",
    [FROST_END_OPERATOR] = "operator",
    [FROST_END_RESTORED] = "restored",
    [FROST_END_NONE] = NULL,
};

const FrostFormTime frost_form_record_times[FROST_FORM_RECORD_TIMES] = {
    {"planned_us", offsetof(FrostRecord, planned_us)},
    {"synced_us", offsetof(FrostRecord, synced_us)},
    {"hooks_up_us", offsetof(FrostRecord, hooks_up_us)},
    {"resynced_us", offsetof(FrostRecord, resynced_us)},
    {"freeze_begun_us", offsetof(FrostRecord, freeze_begun_us)},
    {"frozen_us", offsetof(FrostRecord, frozen_us)},
    {"thaw_begun_us", offsetof(FrostRecord, thaw_begun_us)},
    {"thawed_us", offsetof(FrostRecord, thawed_us)},
    {"hooks_down_us", offsetof(FrostRecord, hooks_down_us)},
    {"ended_us", offsetof(FrostRecord, ended_us)},
};

const char *const frost_form_write_out_ends[FROST_FORM_WRITE_OUT_ENDS] = {
    [FROST_WRITE_OUT_OFF] = "off",       [FROST_WRITE_OUT_NO_QUEUES] = "no-queues",
    [FROST_WRITE_OUT_LITTLE] = "little", [FROST_WRITE_OUT_DONE] = "done",
    [FROST_WRITE_OUT_CUT] = "cut",       [FROST_WRITE_OUT_OUTRUN] = "outrun",
    [FROST_WRITE_OUT_NONE] = NULL,
};

const FrostFormTime frost_form_write_out_times[FROST_FORM_WRITE_OUT_TIMES] = {
    {"expected_us", offsetof(FrostRecordWriteOut, expected_us)},
    {"paced_us", offsetof(FrostRecordWriteOut, paced_us)},
};

const FrostFormTime frost_form_fs_times[FROST_FORM_FS_TIMES] = {
    {"sync_us", offsetof(FrostRecordFs, sync_us)},
    {"freeze_begun_us", offsetof(FrostRecordFs, freeze_begun_us)},
    {"frozen_us", offsetof(FrostRecordFs, frozen_us)},
    {"thaw_begun_us", offsetof(FrostRecordFs, thaw_begun_us)},
    {"thawed_us", offsetof(FrostRecordFs, thawed_us)},
};

const FrostFormTime frost_form_hook_times[FROST_FORM_HOOK_TIMES] = {
    {"begun_us", offsetof(FrostRecordHook, begun_us)},
    {"ended_us", offsetof(FrostRecordHook, ended_us)},
};

char *
frost_form_cut_off(const char *text)
{
    char *cut = g_utf8_make_valid(text, -1);

    if (strlen(cut) > FROST_FORM_TEXT_MAX)
        *g_utf8_find_prev_char(cut, cut + FROST_FORM_TEXT_MAX + 1) = '\0';
    return cut;
}
