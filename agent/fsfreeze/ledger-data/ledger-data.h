/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger-data.h - what a freeze has begun and must undo: the memory that agent and freezer share
 *
 * This is the content of the ledger file (ledger.h). The agent and the freezer both map it. Fields
 * that both write, or one writes while the other reads, are atomic. No heap, no log, no GLib.
 *
 * Ownership. At any time one freezer at most owns the ledger. The agent gives each freezer a number
 * when it starts it, and the freezer owns the ledger while the field `owner` has that number. The
 * agent raises `owner` when it starts another freezer, and when it gives a freezer up; it kills
 * that one at the same moment. Each thread of a freezer compares the numbers after each wake-up,
 * before it does anything else. So a freezer that was stopped, and wakes after it was given up,
 * exits without touching a filesystem or the ledger. Three rules protect what such a freezer was in
 * the middle of:
 *
 *   - While a filesystem is FREEZING, ABANDONED or THAWING it belongs to the thread inside the
 *     call, whoever owns the ledger, for as long as the kernel has that thread. No other thread
 *     takes it for frozen or thaws it (leftovers.h).
 *   - Every change of state is a compare-and-swap from the state that was read.
 *   - A new freeze begins only while nothing is held.
 *
 * A gap of a few instructions remains, between the comparison of the numbers and the next
 * compare-and-swap. A thread that is stopped or preempted there meets its SIGKILL before its next
 * instruction, as the signal was sent before the next freezer was started. To do harm, it would
 * have to run on, without a single interrupt, for as long as it takes to start a process.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs-state.h"

#define FROST_LEDGER_MAGIC 0x46724761u
#define FROST_LEDGER_VERSION 17
#define FROST_LEDGER_FILESYSTEMS 1024
#define FROST_LEDGER_HOOKS 64
#define FROST_LEDGER_DISKS 64
#define FROST_LEDGER_KNOBS 2
#define FROST_LEDGER_ID_LENGTH 64
/* How many descriptors a process needs: two for each filesystem, one of them for the count of its
 * disk (stall.h), one for each knob of a disk, and some for everything else. */
#define FROST_LEDGER_DESCRIPTORS \
    (2 * FROST_LEDGER_FILESYSTEMS + FROST_LEDGER_KNOBS * FROST_LEDGER_DISKS + 128u)
#define FROST_LEDGER_NAME "frost-ga.ledger"

/* Atomics that are not lock-free use a lock inside one process, which the other would not see. */
_Static_assert(__atomic_always_lock_free(4, 0) && __atomic_always_lock_free(8, 0),
               "the ledger needs atomic 32 and 64 bit stores");

/* A field of 64 bits lies at a multiple of 8 bytes on every processor. i386 by itself aligns to 4
 * bytes those that are not atomic; then an agent of 64 bits could not read what one of 32 bits has
 * left frozen. ledger-layout.c asserts each offset. */
#define FROST_ALIGNED _Alignas(8)

typedef struct {
    _Atomic uint32_t state;  /* FrostFsState */
    _Atomic uint32_t synced; /* how many calls of syncfs have returned, failed ones included */
    int32_t fd;              /* the freezer's descriptor of it; -1: none */
    /* The thread that last called FIFREEZE or FITHAW (FrostThreadName); 0: none yet. It owns the
     * filesystem while the state is FREEZING, ABANDONED or THAWING; see above. */
    _Atomic int32_t worker;
    _Atomic uint64_t worker_start;
    _Atomic int32_t error; /* errno of the last call that failed on it */
    uint32_t level;        /* level 0 is frozen first, all filesystems of a level together */
    uint32_t turn;         /* its place in a repeated freeze, one at a time */
    uint32_t sync_only;    /* it is synced, and no freeze is tried */
    uint32_t is_cut;       /* the mount point was too long for mount_point */
    FROST_ALIGNED uint64_t mount_dev;
    FROST_ALIGNED uint64_t device;
    /* CLOCK_BOOTTIME; 0: not yet */
    _Atomic int64_t sync_us;         /* a duration: all calls of syncfs together */
    _Atomic int64_t freeze_begun_us; /* FIFREEZE was called */
    _Atomic int64_t frozen_us;       /* FIFREEZE returned */
    _Atomic int64_t thaw_begun_us;   /* FITHAW was called */
    _Atomic int64_t thawed_us;       /* FITHAW returned */
    char mount_point[256];           /* for people; may end in the middle of a character */
    char source[128];
    char serials[128]; /* of its disks, one a line; cut off */
    char fs_type[16];
} FrostLedgerFs;

/* A disk below the filesystems, whose queue may be kept short (disk-knobs.h). */
typedef struct {
    FROST_ALIGNED uint64_t device;     /* 0: this entry is free */
    _Atomic uint32_t turned_by;        /* the note of disk-knobs.h; 0: nothing of it is turned */
    uint32_t old[FROST_LEDGER_KNOBS];  /* FrostKnob: values from before, while the note is there */
    uint32_t used[FROST_LEDGER_KNOBS]; /* what they were last turned to; 0: they never were */
} FrostLedgerDisk;

/* How the gentle part of a freeze, its paced write-out, has ended (pace.h). */
typedef enum {
    FROST_GENTLE_NONE, /* there was no sync */
    /* No queue was kept short, */
    FROST_GENTLE_OFF,       /* as the option says so */
    FROST_GENTLE_NO_QUEUES, /* as no disk has one that can be */
    FROST_GENTLE_LITTLE,    /* as little was to be written */
    /* The last sync with short queues */
    FROST_GENTLE_CUT,    /* still runs, or failed, or the host did not want it any more */
    FROST_GENTLE_DONE,   /* has written all */
    FROST_GENTLE_OUTRUN, /* the same, but programs wrote fast meanwhile */
    FROST_GENTLE_ENDS,
} FrostGentleEnd;

/* What the gentle part was expected to take, and what it took. */
typedef struct {
    _Atomic uint64_t found; /* bytes that the sync which found most had to write; 0: not known */
    _Atomic int64_t expected_us; /* a duration: so long the disks need for these; 0: not known */
    _Atomic int64_t paced_us;    /* a duration: so long queues were short, in all syncs */
    _Atomic uint32_t rounds;     /* of syncing, before and after the hooks */
    _Atomic uint32_t end;        /* FrostGentleEnd */
} FrostLedgerGentle;

/* States of one hook. */
typedef enum {
    FROST_HOOK_IDLE,    /* it was not called with freeze, or its thaw call has ended */
    FROST_HOOK_BEGUN,   /* it was called with freeze, and must be called with thaw */
    FROST_HOOK_UNDOING, /* its thaw call runs */
} FrostHookState;

/* What ended a freeze that held. */
typedef enum {
    FROST_RELEASE_NONE,
    FROST_RELEASE_HOST,
    FROST_RELEASE_DEADLINE,
    FROST_RELEASE_SIGNAL,
    FROST_RELEASE_PORT_LOST,
    FROST_RELEASE_AGENT_LOST,
    FROST_RELEASE_FREEZER_LOST,
    FROST_RELEASE_FOREIGN,  /* another program thawed what we had frozen */
    FROST_RELEASE_OPERATOR, /* a person in the guest ran frost-ga thaw */
    FROST_RELEASE_RESTORED, /* the machine went on from a saved state (restore-watch.h) */
} FrostRelease;

/* Steps of a freeze whose end is noted in step_us. The steps between RESYNCED and THAWED have
 * their times in the filesystems' entries. */
typedef enum {
    FROST_STEP_PLANNED,
    FROST_STEP_SYNCED,
    FROST_STEP_HOOKS_UP,
    FROST_STEP_RESYNCED,
    FROST_STEP_THAWED,
    FROST_STEP_HOOKS_DOWN,
    FROST_STEP_COUNT,
} FrostStep;

/* The two calls of a hook. */
typedef enum {
    FROST_HOOK_FREEZE,
    FROST_HOOK_THAW,
    FROST_HOOK_PHASES,
} FrostHookPhase;

/* How one call of a hook has ended. */
typedef enum {
    FROST_HOOK_SIDE_NONE,  /* it has not been made, or has not ended */
    FROST_HOOK_SIDE_ENDED, /* status: from waitpid */
    FROST_HOOK_SIDE_TIMED_OUT,
    FROST_HOOK_SIDE_NOT_STARTED, /* status: errno */
    FROST_HOOK_SIDE_REFUSED,     /* it is not trusted: see note (hook-trust.h) */
    FROST_HOOK_SIDE_READY,       /* a hold hook has said that it is ready, and goes on running */
    FROST_HOOK_SIDE_DIED,        /* a hold hook ended before it was told to; status: from waitpid */
    FROST_HOOK_SIDE_GONE,        /* a hold hook ended with its agent, so its status is not known */
} FrostHookSideResult;

typedef struct {
    _Atomic uint32_t result; /* FrostHookSideResult */
    _Atomic int32_t status;
    _Atomic int64_t begun_us; /* CLOCK_BOOTTIME; 0: not yet */
    _Atomic int64_t ended_us;
    char note[128]; /* for people, may be cut off: the last line of output, or why it is refused */
} FrostHookSide;

/* What a freeze has to do without (degraded.h). */
typedef enum {
    FROST_DEGRADED_LEDGER_FILE,
    FROST_DEGRADED_EXPEDITED,
    FROST_DEGRADED_OOM_PROTECTION,
    FROST_DEGRADED_LOCKED_MEMORY,
    FROST_DEGRADED_THREADS,
    FROST_DEGRADED_OWN_DESCRIPTORS,
    FROST_DEGRADED_RIGHTS, /* of the seal (seal.h), like the next two */
    FROST_DEGRADED_FILES,
    FROST_DEGRADED_CALLS,
    FROST_DEGRADED_PACE,
    FROST_DEGRADED_COUNT,
} FrostDegraded;

typedef struct {
    _Atomic uint32_t state; /* FrostHookState */
    _Atomic int32_t pid;    /* its process, in either call; 0: none runs */
    _Atomic uint64_t start; /* the start time of pid, in case the pid is used again */
    uint32_t is_hold;       /* a hold hook: one process runs from the freeze to the thaw */
    uint32_t is_required;   /* if it fails, the freeze fails */
    FrostHookSide sides[FROST_HOOK_PHASES];
    char name[256]; /* a file in hook_source; "": hook_source itself is the hook */
} FrostLedgerHook;

typedef enum {
    FROST_LEDGER_HISTORY, /* all is undone */
    FROST_LEDGER_ACTIVE,  /* a freeze is under way, or must be undone */
    /* The same, but the ledger of that freeze is in memory, as the file could not be used. Only the
     * processes that have the lock have that memory. */
    FROST_LEDGER_ELSEWHERE,
} FrostLedgerActivity;

/* What each hook process is given (child-setting.h). */
typedef struct {
    uint32_t umask;
    int32_t oom_score_adj;
    FROST_ALIGNED uint64_t open_files;
} FrostLedgerSetting;

typedef struct {
    uint32_t magic;
    uint32_t version;
    char boot_id[40];
    _Atomic uint32_t active;             /* FrostLedgerActivity */
    _Atomic uint32_t count;              /* entries of filesystems[] in use */
    FROST_ALIGNED int64_t began_real_us; /* CLOCK_REALTIME: when the host asked */
    FROST_ALIGNED int64_t began_us;      /* the same moment in CLOCK_BOOTTIME, as all times below */
    char id[FROST_LEDGER_ID_LENGTH + 1]; /* one word that names this freeze */
    char clock_source[32];               /* "": not known */
    int32_t clock_synchronized;          /* 1, 0; -1: not known */
    FROST_ALIGNED int64_t clock_error_us; /* the clock's largest error against UTC; -1: not known */
    _Atomic int64_t step_us[FROST_STEP_COUNT];
    _Atomic uint32_t mounts_changed; /* a filesystem was mounted or unmounted while we held some */
    _Atomic int32_t degraded[FROST_DEGRADED_COUNT]; /* an errno: why it is missing; 0: it is not */
    uint32_t is_sealed;                             /* a freezer is to seal itself (seal.h) */
    int32_t mounts_of; /* the process whose mount table was frozen (sys.h); 0: the agent's own */
    char failure[512]; /* the error that the host got; "": it got a number */
    /* The limits of this freeze, durations in microseconds; 0: none (time-limits.h) */
    FROST_ALIGNED int64_t sync_limit_us;
    FROST_ALIGNED int64_t freeze_limit_us;
    FROST_ALIGNED int64_t hold_limit_us;
    FROST_ALIGNED int64_t window_limit_us;
    FROST_ALIGNED int64_t stall_target_us; /* programs may stand still so long (sync-rounds.h) */
    _Atomic int64_t freeze_begun_us;       /* just before the first FIFREEZE */
    _Atomic int64_t frozen_us;             /* since then, every filesystem of the plan is frozen */
    _Atomic int64_t repeated_us;   /* when the freeze was begun again, by turns instead of levels;
                                      0: it was not */
    _Atomic uint32_t repeated_for; /* index of the filesystem on which FIFREEZE had not returned */
    _Atomic uint32_t release;      /* FrostRelease */
    _Atomic uint32_t owed;         /* FrostRelease: the early end that the host's next thaw must
                                      report (owed-error.h); kept after all is undone, until
                                      it is reported or a new freeze begins */
    _Atomic uint32_t owed_limit_s;
    _Atomic uint32_t losses_settled; /* so many filesystems in state LOST are owed, were told, or
                                        need not be told */
    _Atomic uint32_t owner;          /* see "Ownership"; only goes up, over all freezes of a boot */
    _Atomic uint64_t freezer_start;  /* the start time of freezer_pid */
    _Atomic int32_t freezer_pid;     /* the last freezer, or the recovery after it, alive or not */
    int32_t expedite_fd;             /* the freezer's descriptor of the RCU switch; 0: none */
    _Atomic uint32_t expedited;      /* the note of rcu-expedite.h: we have turned the switch on */
    uint32_t is_paced;               /* the knobs of the disks may be turned */
    FrostLedgerSetting hook_setting; /* for hooks that a recovery runs */
    uint32_t hook_timeout_s;
    uint32_t hook_trust;         /* run no hook that anyone but root can change */
    _Atomic uint32_t hook_count; /* entries of hooks[] in use */
    char hook_log[1024];         /* the file for the hooks' output; "": none */
    char hook_source[4096];      /* one executable, or the folder of the hooks */
    char statedir[4096];         /* for a recovery */
    FrostLedgerGentle gentle;
    /* Entries with a note outlive the freeze, until old values are put back. */
    FrostLedgerDisk disks[FROST_LEDGER_DISKS];
    FrostLedgerHook hooks[FROST_LEDGER_HOOKS]; /* in the order in which they are called to freeze */
    FrostLedgerFs filesystems[FROST_LEDGER_FILESYSTEMS];
} FrostLedgerData;

typedef struct {
    int fd;                /* the mapped file; the freezer inherits it */
    int lock_fd;           /* holds the lock; opened separately from fd (ledger.h); -1: none */
    bool in_memory;        /* a memfd: nothing can be recovered once agent and freezer are dead */
    int why_in_memory;     /* errno; EDEADLK: the state directory is itself to be frozen */
    FrostLedgerData *data; /* mapped, shared */
} FrostLedger;

/* Maps the ledger that an earlier process of frost-ga has opened. @fd, @lock_fd (-1: none): its
 * descriptors, which this process has inherited. 0, or a negative errno. */
int frost_ledger_map(FrostLedger *out, int fd, int lock_fd);

/* Takes the ledger from its owner, if there is one. Returns the number for the next owner. */
uint32_t frost_ledger_new_owner(FrostLedger *self);

/* True if a freeze is under way, or an earlier process has left something to undo. */
bool frost_ledger_is_active(const FrostLedger *self);
/* To be called when nothing is held any more, even if hooks must still be undone. For a ledger in
 * memory, notes this in the file, and what the host's next thaw must report, for a new agent that
 * waits for the lock. */
void frost_ledger_note_thawed(const FrostLedger *self);
/* Makes the ledger inactive, and releases the lock. Losses of which the host has not been told are
 * owed from then on (frost_ledger_owe_lost()). Does nothing while a filesystem is held: the ledger
 * then stays active for the next process that opens it, and locked for as long as a process has it
 * open. */
void frost_ledger_end(FrostLedger *self);
/**
 * frost_ledger_holds: true if a filesystem is frozen by this freeze, or can still become frozen
 *
 * That is while a state is FREEZING, ABANDONED, FROZEN, THAWING or STUCK: the filesystem is frozen,
 * or a thread is inside FIFREEZE or FITHAW on it. The thread counts even if its process is dead: it
 * still returns from FIFREEZE with the filesystem frozen. When this is false, nothing in the guest
 * waits for this freeze, and nothing will until a freezer is asked to freeze. (A freezer that has
 * been asked, but has not begun, does not show here; the agent that asked it knows.)
 */
bool frost_ledger_holds(const FrostLedger *self);
/* The filesystem to name in an error when frost_ledger_holds(): a STUCK one if there is one. NULL:
 * nothing is held. */
const FrostLedgerFs *frost_ledger_find_held(const FrostLedger *self);
/* The first filesystem that the kernel refused to thaw; only another thaw can free it. NULL: none.
 */
const FrostLedgerFs *frost_ledger_find_stuck(const FrostLedger *self);
/* How many filesystems are in exactly this state. */
unsigned frost_ledger_count(const FrostLedger *self, FrostFsState state);

/* True if @fs is thawed, but only the second call of FITHAW succeeded (error says why the first did
 * not): its disk may have failed while it was frozen. */
bool frost_ledger_has_faltered(const FrostLedgerFs *fs);
/* True if @fs is STUCK, or FROZEN although FITHAW was called on it, also by an earlier freezer: it
 * waits for another try. */
bool frost_ledger_is_refused(const FrostLedgerFs *fs);
/* Returns a filesystem that is not held, but that a thaw did not find as it should be: one that
 * another program had thawed, else one that has faltered. NULL: there is none. */
const FrostLedgerFs *frost_ledger_find_amiss(const FrostLedger *self);

/* Notes @now_us as the end of @step, unless an end was noted before. */
void frost_ledger_mark(FrostLedger *self, FrostStep step, int64_t now_us);
/* The limit that the error of an early end names, in seconds; where none was set: how long all was
 * held, at least 1. */
uint32_t frost_ledger_owed_limit_s(const FrostLedgerData *data);
/* If another program had thawed a filesystem while all were held, and this is not settled yet,
 * notes that the host's next thaw must report it. */
void frost_ledger_owe_lost(FrostLedger *self);
/* What another program has thawed by now need not be told: the freeze itself has failed. */
void frost_ledger_forgive_lost(FrostLedger *self);

/* The level of a filesystem, or in a repeated freeze, by this freezer or one before, its turn. */
unsigned frost_ledger_level_of(const FrostLedgerData *data, uint32_t index);

/* Enters @device, once. Does nothing if disks[] is full: it is then left as it is. */
void frost_ledger_add_disk(FrostLedgerData *data, uint64_t device);
/* True if the knobs of a disk are turned, or may be: old values must be put back. */
bool frost_ledger_owes_knobs(const FrostLedgerData *data);

/**
 * frost_ledger_add_hook: appends a hook, in state IDLE
 *
 * Returns NULL if hooks[] is full.
 */
FrostLedgerHook *frost_ledger_add_hook(FrostLedger *self, const char *name);
/* True if a hook was called with freeze, and its thaw call has not ended. */
bool frost_ledger_owes_hooks(const FrostLedgerData *data);
/* True if the call has ended in a failure. */
bool frost_hook_side_has_failed(const FrostHookSide *side);
/* A required hold hook that ended before it was told to: its database was not held until the end.
 * NULL: none. */
const FrostLedgerHook *frost_ledger_find_broken(const FrostLedgerData *data);

/* Changes the state from @from to @to, an arrow of fs-state.h. False if the state is not @from any
 * more. Every change of state goes through here. */
bool frost_ledger_step(FrostLedgerFs *fs, FrostFsState from, FrostFsState to);
