/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * record.h - what happened in one freeze, for people: the history, `frost-ga status`
 *
 * Filled by the transaction along the way, complete when all is undone. Times are CLOCK_BOOTTIME in
 * microseconds since the record's beginning; -1: not reached.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ledger.h"
#include "plan.h"

typedef enum {
    FROST_OUTCOME_FROZEN,   /* held until it was thawed */
    FROST_OUTCOME_NOT_HELD, /* frozen, but somebody else thawed it inside the window */
    FROST_OUTCOME_SYNCED,   /* knows no freeze: synced only */
    FROST_OUTCOME_READ_ONLY,
    FROST_OUTCOME_FOREIGN,  /* held by another: EBUSY */
    FROST_OUTCOME_LEFT_OUT, /* excluded, not listed, never touched */
    FROST_OUTCOME_UNREACHABLE,
    FROST_OUTCOME_FAILED,    /* the one that made the freeze fail */
    FROST_OUTCOME_NOT_TRIED, /* the freeze ended before its turn */
    FROST_OUTCOME_STUCK,     /* could not be thawed, or is still inside FIFREEZE */
} FrostOutcome;

typedef struct {
    char *mount_point;
    char *fs_type;
    char *source;
    dev_t device;
    unsigned level;
    FrostOutcome outcome;
    char *reason;            /* (nullable): why it was left out, what failed */
    int64_t sync_us;         /* all rounds together; -1: none */
    int64_t freeze_begun_us; /* FIFREEZE was called */
    int64_t frozen_us;       /* it returned */
    int64_t thaw_begun_us;   /* FITHAW was called */
    int64_t thawed_us;       /* it returned */
} FrostRecordFs;

typedef struct {
    char *name;
    char *phase;  /* "freeze" or "thaw" */
    char *result; /* "exit 0", "signal 9", "timed out"... */
    bool failed;
    int64_t begun_us;
    int64_t ended_us;
} FrostRecordHook;

/* How it ended. */
typedef enum {
    FROST_END_HOST,           /* the host's thaw */
    FROST_END_NOTHING_FROZEN, /* 0 filesystems: undone at once */
    FROST_END_FAILED,         /* the freeze failed; see error */
    FROST_END_DEADLINE,       /* a limit of ours passed */
    FROST_END_SIGNAL,         /* agent or freezer was told to end */
    FROST_END_AGENT_LOST,
    FROST_END_FREEZER_LOST,
    FROST_END_PORT_LOST,
    FROST_END_FOREIGN_THAW, /* somebody else thawed at least one of them */
    FROST_END_OPERATOR,     /* frost-ga thaw */
} FrostEnd;

typedef struct {
    int64_t began_real_us; /* CLOCK_REALTIME: when the host asked */
    int64_t planned_us;    /* steps, in their order */
    int64_t synced_us;
    int64_t hooks_up_us;
    int64_t resynced_us;
    int64_t freeze_begun_us; /* the first FIFREEZE */
    int64_t frozen_us;       /* the last one has returned */
    int64_t thaw_begun_us;
    int64_t thawed_us; /* the last FITHAW has returned */
    int64_t hooks_down_us;
    int64_t ended_us;
    unsigned count; /* filesystems that were held */
    FrostEnd end;
    char *error;            /* (nullable): what the host was told instead of a number */
    char *degraded;         /* (nullable): what it had to do without, and why */
    unsigned mounts_of;     /* the process that calls the mount points so; 0: the agent */
    bool mounts_changed;    /* something was mounted or unmounted inside the window */
    GPtrArray *filesystems; /* of FrostRecordFs, in the order of the plan */
    GPtrArray *hooks;       /* of FrostRecordHook, in the order in which they ran */
    /* Only in a record that was read again: how many the history had no room for. */
    unsigned filesystems_omitted;
    unsigned hooks_omitted;
} FrostRecord;

/* All times -1, empty lists. */
FrostRecord *frost_record_new(void);
void frost_record_free(FrostRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostRecord, frost_record_free)

/* Appends one whose times are all -1, to be filled in: its texts are the record's, g_strdup() them.
 * Borrowed. */
FrostRecordFs *frost_record_add_fs(FrostRecord *self);
FrostRecordHook *frost_record_add_hook(FrostRecord *self);

/* The window: from the first FIFREEZE until the last FITHAW has returned. -1 when there was none,
 * or when it has never ended. */
int64_t frost_record_window_us(const FrostRecord *self);
/* @end_us - @begin_us; -1 where one of them was not reached, or they are the wrong way round. */
int64_t frost_record_span_us(int64_t begin_us, int64_t end_us);

/**
 * frost_record_of_ledger: what a ledger tells of the freeze that it was kept for
 * @plan: (nullable): adds what was left out of it, and why
 * @now_us: CLOCK_BOOTTIME; the end of the record
 *
 * Also for a freeze whose agent is gone: the ledger has outlived it.
 */
FrostRecord *frost_record_of_ledger(const FrostLedgerData *ledger, const FrostPlan *plan,
                                    int64_t now_us);

/* "frozen", "not held", ...; "the host's thaw", ... */
const char *frost_outcome_name(FrostOutcome outcome);
const char *frost_end_name(FrostEnd end);
