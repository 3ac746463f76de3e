/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * record.h - what happened in one freeze, for people: the history and `frost-ga status`
 *
 * Made from the ledger once all is undone. Times are microseconds since the host asked for the
 * freeze, counted in CLOCK_BOOTTIME; -1: not reached.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum {
    FROST_OUTCOME_FROZEN,   /* frozen until our thaw */
    FROST_OUTCOME_NOT_HELD, /* frozen, but another program thawed it before us */
    FROST_OUTCOME_SYNCED,   /* it cannot be frozen, only synced */
    FROST_OUTCOME_READ_ONLY,
    FROST_OUTCOME_FOREIGN,  /* EBUSY: another program had frozen it */
    FROST_OUTCOME_LEFT_OUT, /* excluded, or not in the freeze list; never touched */
    FROST_OUTCOME_UNREACHABLE,
    FROST_OUTCOME_FAILED,    /* its error made the freeze fail */
    FROST_OUTCOME_NOT_TRIED, /* the freeze ended before its turn */
    FROST_OUTCOME_STUCK,     /* it could not be thawed, or FIFREEZE has not returned */
} FrostOutcome;

typedef struct {
    char *mount_point;
    char *fs_type;
    char *source;
    dev_t device;
    char **serials; /* (nullable): of the disks it is on */
    unsigned level;
    FrostOutcome outcome;
    char *reason;            /* (nullable): why it was left out, or what failed */
    char *left_out_as;       /* (nullable): the same in a word of plan.h, for programs */
    int64_t sync_us;         /* a duration: all syncs together; -1: none */
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
    bool required; /* its failure is that of the freeze */
    int64_t begun_us;
    int64_t ended_us;
} FrostRecordHook;

/* What ended the freeze. */
typedef enum {
    FROST_END_HOST,           /* the host's thaw */
    FROST_END_NOTHING_FROZEN, /* no filesystem was frozen, so all was undone at once */
    FROST_END_FAILED,         /* the freeze failed; see error */
    FROST_END_DEADLINE,       /* a time limit of frost-ga passed */
    FROST_END_SIGNAL,         /* a signal to the agent or the freezer */
    FROST_END_AGENT_LOST,
    FROST_END_FREEZER_LOST,
    FROST_END_PORT_LOST,
    FROST_END_FOREIGN_THAW, /* another program thawed at least one filesystem */
    FROST_END_OPERATOR,     /* frost-ga thaw */
    FROST_END_RESTORED,     /* the machine went on from a saved state */
    FROST_END_NONE,         /* it has not ended: only in the record of a freeze that holds now */
} FrostEnd;

/* How good the guest's clock was, for a host that compares the times of several guests. */
typedef struct {
    char *source;         /* (nullable): the kernel's clocksource: kvm-clock, tsc... */
    int synchronized;     /* by NTP, PTP or the like, as the kernel reports: 1, 0; -1: not known */
    int64_t max_error_us; /* as the kernel reports; -1: not known */
    int64_t shift_us; /* by how much CLOCK_REALTIME was set or slewed against CLOCK_BOOTTIME, from
                         the host's request to the end of the record */
} FrostRecordClock;

/* How the last sync with short queues of disks has ended, or why there was none. */
typedef enum {
    FROST_WRITE_OUT_OFF,       /* queues are left alone: an option */
    FROST_WRITE_OUT_NO_QUEUES, /* there is none that can be kept short */
    FROST_WRITE_OUT_LITTLE,    /* little was to be written */
    FROST_WRITE_OUT_CUT,       /* it failed, or the freeze was given up or cut off */
    FROST_WRITE_OUT_DONE,      /* all was written */
    FROST_WRITE_OUT_OUTRUN,    /* the same, but programs wrote much meanwhile */
    FROST_WRITE_OUT_NONE,      /* there was no sync */
} FrostWriteOutEnd;

/* How dirty memory was written out before the filesystems were frozen. */
typedef struct {
    int64_t dirty_bytes; /* what the sync that found most had to write; -1: not known */
    int64_t expected_us; /* a duration: so long the disks need for these; -1: not known */
    int64_t paced_us;    /* a duration: so long queues were short; -1: they were not */
    unsigned rounds;     /* of syncing */
    FrostWriteOutEnd end;
} FrostRecordWriteOut;

typedef struct {
    char *id; /* (nullable): the name of the freeze, by the host or by us; FROST_GA_ID */
    int64_t began_real_us; /* CLOCK_REALTIME: when the host asked */
    FrostRecordClock clock;
    int64_t planned_us; /* when the plan was made; the other steps follow in order */
    int64_t synced_us;
    int64_t hooks_up_us;
    int64_t resynced_us;
    int64_t freeze_begun_us; /* the first FIFREEZE */
    int64_t frozen_us;       /* the last one has returned */
    int64_t thaw_begun_us;
    int64_t thawed_us; /* the last FITHAW has returned */
    int64_t hooks_down_us;
    int64_t ended_us;
    unsigned count; /* how many filesystems were held */
    FrostEnd end;
    char *error;    /* (nullable): the error that the host got instead of a number */
    char *degraded; /* (nullable): what the freeze had to do without, and why */
    FrostRecordWriteOut write_out;
    unsigned mounts_of;  /* the process whose mount table was frozen; 0: the agent's own */
    bool mounts_changed; /* a filesystem was mounted or unmounted inside the window */
    int64_t repeated_us; /* when all were thawed, to be frozen again one at a time */
    char *repeated_for;  /* (nullable): the mount point on which FIFREEZE had not returned then */
    GPtrArray *filesystems; /* of FrostRecordFs, in the order of the plan */
    GPtrArray *hooks;       /* of FrostRecordHook, in the order in which they ran */
    /* How many entries the history had no room for; only in a record that was read from it. */
    unsigned filesystems_omitted;
    unsigned hooks_omitted;
} FrostRecord;

/* A record with all times -1 and empty lists. */
FrostRecord *frost_record_new(void);
void frost_record_free(FrostRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostRecord, frost_record_free)

/* Append an entry with all times -1, for the caller to fill in. The record owns the entry, and
 * frees its strings with g_free(). */
FrostRecordFs *frost_record_add_fs(FrostRecord *self);
FrostRecordHook *frost_record_add_hook(FrostRecord *self);

/* The length of the window: from the call of the first FIFREEZE to the return of the last FITHAW.
 * -1: there was none, or it has not ended. */
int64_t frost_record_window_us(const FrostRecord *self);
/* @end_us - @begin_us; -1 if either was not reached, or @end_us is the earlier one. */
int64_t frost_record_span_us(int64_t begin_us, int64_t end_us);

/* Sums over a record. */
typedef struct {
    unsigned
        left_out; /* filesystems on a block device that were not frozen, but could be written */
    unsigned not_held;     /* filesystems that another program thawed, or that are stuck */
    unsigned hooks_failed; /* calls of hooks */
    int64_t sync_us;       /* both rounds of syncing; 0: there was none */
    int64_t stall_us; /* the longest time between the FIFREEZE and the FITHAW of a filesystem */
} FrostRecordFacts;

FrostRecordFacts frost_record_facts(const FrostRecord *self);

/* Names for people: "frozen", "not held"...; "thawed by the host", "a time limit passed"... */
const char *frost_outcome_name(FrostOutcome outcome);
const char *frost_end_name(FrostEnd end);
