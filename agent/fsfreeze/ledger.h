/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * ledger.h - what has been begun and must be undone, whoever dies
 *
 * A small file in the state directory, reserved in full (a full tmpfs would mean SIGBUS) and
 * mapped by the agent and the freezer: it survives both, and needs no write call while anything
 * is frozen. The lock on it (flock) is held by the agent from planning until all is undone, and
 * by the freezer through the same open file: it is free only when both are gone.
 *
 * Fields that both processes touch are atomic. Readers trust nothing in the file: it may be of
 * another boot (then nothing is frozen) or of another version (then it is left alone).
 */

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "plan.h"

#define FROST_LEDGER_MAGIC 0x46724761u
#define FROST_LEDGER_VERSION 7
#define FROST_LEDGER_FILESYSTEMS 1024
#define FROST_LEDGER_HOOKS 64
/* Room for as many open filesystems, and for everything else that a process has open. */
#define FROST_LEDGER_DESCRIPTORS (FROST_LEDGER_FILESYSTEMS + 128u)
#define FROST_LEDGER_NAME "frost-ga.ledger"

#define FROST_LEDGER_ERROR (frost_ledger_error_quark())

typedef enum {
    FROST_LEDGER_ERROR_HELD, /* a freezer or another agent owns it */
    FROST_LEDGER_ERROR_IO,   /* no room for it, in no place */
} FrostLedgerError;

GQuark frost_ledger_error_quark(void);

/* Two processes share them: a lock that only one of them knows of would not do. */
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2,
               "the ledger needs atomic 32 and 64 bit stores");

/* Course of one filesystem. Only the arrows drawn are ever taken, by compare-and-swap, so that a
 * FITHAW follows each successful FIFREEZE exactly once whoever comes first (design 5):
 *
 *   OPEN -> FREEZING -> FROZEN -> THAWING -> THAWED
 *              |  \                    |\---> LOST        (somebody else thawed it: EINVAL)
 *              |   \                   \----> STUCK       (the kernel refuses to thaw it)
 *              |    \-> FOREIGN | UNSUPPORTED | FAILED
 *              v
 *          ABANDONED -> THAWING ...  (a thaw came while it was in FIFREEZE: its own thread
 *                                     thaws it the moment that call returns)
 */
typedef enum {
    FROST_FS_OPEN,
    FROST_FS_FREEZING,
    FROST_FS_ABANDONED,
    FROST_FS_FROZEN,
    FROST_FS_FOREIGN,     /* EBUSY: held by another; never thawed by us */
    FROST_FS_UNSUPPORTED, /* EOPNOTSUPP: synced only */
    FROST_FS_FAILED,      /* see error */
    FROST_FS_THAWING,
    FROST_FS_THAWED,
    FROST_FS_LOST,  /* was not frozen any more when we thawed it */
    FROST_FS_STUCK, /* FITHAW failed, see error: still frozen; the next thaw tries again */
} FrostFsState;

typedef struct {
    _Atomic uint32_t state;  /* FrostFsState */
    _Atomic uint32_t synced; /* rounds of syncfs that have ended, well or not */
    int32_t fd;              /* in the freezer that has it at present, else -1 */
    _Atomic int32_t worker;  /* thread that last called FIFREEZE or FITHAW; 0: none yet */
    _Atomic int32_t error;   /* errno of the last call that failed on it */
    uint32_t level;
    uint32_t sync_only; /* no freeze is tried */
    uint64_t mount_dev;
    uint64_t device;
    /* CLOCK_BOOTTIME; 0: not yet */
    _Atomic int64_t sync_us;         /* how long its syncs took, all rounds together */
    _Atomic int64_t freeze_begun_us; /* FIFREEZE is called */
    _Atomic int64_t frozen_us;       /* and has returned */
    _Atomic int64_t thaw_begun_us;   /* FITHAW is called */
    _Atomic int64_t thawed_us;       /* and has returned */
    char mount_point[256];           /* for people; cut off at a byte */
    char source[128];
    char fs_type[16];
} FrostLedgerFs;

/* Course of one hook. */
typedef enum {
    FROST_HOOK_IDLE,    /* it has not begun, or all is undone */
    FROST_HOOK_BEGUN,   /* its freeze side has been started: it is owed a thaw */
    FROST_HOOK_UNDOING, /* its thaw side has been started */
} FrostHookState;

/* Who or what ended a freeze that held. */
typedef enum {
    FROST_RELEASE_NONE,
    FROST_RELEASE_HOST,
    FROST_RELEASE_DEADLINE,
    FROST_RELEASE_SIGNAL,
    FROST_RELEASE_PORT_LOST,
    FROST_RELEASE_AGENT_LOST,
    FROST_RELEASE_FREEZER_LOST,
    FROST_RELEASE_FOREIGN,  /* somebody else thawed what was ours */
    FROST_RELEASE_OPERATOR, /* a person in the guest: frost-ga thaw */
} FrostRelease;

/* Steps of a freeze whose end is noted; those in between are known by the filesystems' times. */
typedef enum {
    FROST_STEP_PLANNED,
    FROST_STEP_SYNCED,
    FROST_STEP_HOOKS_UP,
    FROST_STEP_RESYNCED,
    FROST_STEP_THAWED,
    FROST_STEP_HOOKS_DOWN,
    FROST_STEP_COUNT,
} FrostStep;

/* How one side of a hook has ended. */
typedef enum {
    FROST_HOOK_SIDE_NONE,  /* it has not run, or not ended */
    FROST_HOOK_SIDE_ENDED, /* status: as of waitpid */
    FROST_HOOK_SIDE_TIMED_OUT,
    FROST_HOOK_SIDE_NOT_STARTED, /* status: errno */
    FROST_HOOK_SIDE_REFUSED,     /* by trust: see note */
    FROST_HOOK_SIDE_READY,       /* a hold hook has said so, and goes on */
    FROST_HOOK_SIDE_DIED, /* a hold hook ended before it was told to; status: as of waitpid */
    FROST_HOOK_SIDE_GONE, /* a hold hook has ended with the agent; how, nobody knows */
} FrostHookSideResult;

typedef struct {
    _Atomic uint32_t result; /* FrostHookSideResult */
    _Atomic int32_t status;
    _Atomic int64_t begun_us; /* CLOCK_BOOTTIME; 0: not yet */
    _Atomic int64_t ended_us;
    char note[128]; /* for people: the last line of its output, or why it was refused; cut off */
} FrostHookSide;

/* What a freeze does without (lacks.h). */
typedef enum {
    FROST_LACK_LEDGER_FILE,
    FROST_LACK_EXPEDITED,
    FROST_LACK_OOM_PROTECTION,
    FROST_LACK_LOCKED_MEMORY,
    FROST_LACK_THREADS,
    FROST_LACK_OWN_DESCRIPTORS,
    FROST_LACK_COUNT,
} FrostLack;

typedef struct {
    _Atomic uint32_t state; /* FrostHookState */
    _Atomic int32_t pid;    /* of the side that runs, or of who holds; 0 when none */
    _Atomic uint64_t start; /* its start time, so that a reused pid is not mistaken */
    uint32_t is_hold;       /* one process from the freeze to the thaw */
    uint32_t is_required;   /* its failure is that of the freeze */
    FrostHookSide sides[2]; /* freeze, thaw */
    char name[256];         /* within hook_source; "": that is the hook itself */
} FrostLedgerHook;

typedef struct {
    uint32_t magic;
    uint32_t version;
    char boot_id[40];
    _Atomic uint32_t active; /* a freeze is under way or holds; 0: only history */
    _Atomic uint32_t count;  /* entries of filesystems[] in use */
    int64_t began_real_us;   /* CLOCK_REALTIME: when the host asked */
    int64_t began_us;        /* the same moment; CLOCK_BOOTTIME as all others */
    _Atomic int64_t step_us[FROST_STEP_COUNT];
    _Atomic uint32_t mounts_changed; /* something was mounted or unmounted inside the window */
    _Atomic int32_t lacks[FROST_LACK_COUNT]; /* errno of why; 0: nothing lacks */
    int32_t mounts_of; /* the process whose mounts were frozen (FrostSys); 0: those of the agent */
    char failure[512]; /* what the host was told instead of a number; "": a number */
    /* Limits of this freeze, microseconds of CLOCK_BOOTTIME; 0: none (time-limits.h) */
    int64_t sync_limit_us;
    int64_t freeze_limit_us;
    int64_t hold_limit_us;
    int64_t window_limit_us;
    _Atomic int64_t freeze_begun_us; /* just before the first FIFREEZE */
    _Atomic int64_t frozen_us;       /* everything planned is held since */
    _Atomic uint32_t release;        /* FrostRelease */
    _Atomic uint32_t owed;           /* FrostRelease: what the next thaw must be told; kept when all
                                        is undone, until it is told or a new freeze begins */
    _Atomic uint32_t owed_limit_s;
    _Atomic int32_t freezer_pid; /* of the freezer or the recovery that it became, dead or alive */
    _Atomic uint64_t freezer_start; /* its start time */
    int32_t expedite_fd;            /* in the freezer that has it at present; 0: none */
    _Atomic uint32_t expedited;     /* rcu_expedited is on because of us */
    uint32_t hook_timeout_s;
    uint32_t hook_trust;                       /* no hook runs that others than root could change */
    _Atomic uint32_t hook_count;               /* entries of hooks[] in use */
    char hook_log[1024];                       /* the file for their output; "": none */
    char hook_source[4096];                    /* one executable, or the folder that they are in */
    char statedir[4096];                       /* for who recovers */
    FrostLedgerHook hooks[FROST_LEDGER_HOOKS]; /* in the order of their freeze */
    FrostLedgerFs filesystems[FROST_LEDGER_FILESYSTEMS];
} FrostLedgerData;

typedef struct {
    int fd;                /* mapped; inherited by the freezer */
    int lock_fd;           /* of the file that holds the lock where that is not fd, else -1 */
    bool in_memory;        /* a memfd: recovery after both deaths is lost */
    int why_in_memory;     /* errno; EDEADLK: the state directory is itself to be frozen */
    FrostLedgerData *data; /* mapped, shared */
} FrostLedger;

/**
 * frost_ledger_open: opens (or makes) and locks the ledger of @statedir
 *
 * Content of another boot is cleared; content of this boot is kept for frost_ledger_is_active().
 * A state directory that cannot be written, or a ledger of an unknown version, gives a ledger in
 * memory, and a warning.
 */
FrostLedger *frost_ledger_open(const char *statedir, GError **error);
/* Waits for the lock instead of failing; blocks: for a thread of its own or a recovering process.
 */
FrostLedger *frost_ledger_open_wait(const char *statedir, GError **error);
/* Without the lock, whoever has it: for what is a single atomic store. NULL where there is no
 * ledger that is ours and of this boot; it is never made, and never one in memory. */
FrostLedger *frost_ledger_open_beside(const char *statedir);
/* Maps the ledger behind a descriptor that another process of the agent handed over; the lock
 * comes with it. 0, or a negative errno. Uses no heap. */
int frost_ledger_map(FrostLedger *out, int fd);
void frost_ledger_free(FrostLedger *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostLedger, frost_ledger_free)

/* An earlier process left something to undo. */
bool frost_ledger_is_active(const FrostLedger *self);
/**
 * frost_ledger_begin: a new freeze of the filesystems of @plan is under way
 *
 * Reserves the space first: nothing can fail for want of it later. Moves to memory, with a
 * warning, when the state directory is itself among what will be frozen.
 */
bool frost_ledger_begin(FrostLedger *self, const FrostPlan *plan, GError **error);
/* All is undone: only history, and the lock is given back. While something is still held it stays
 * active, and locked as long as a process has it open: it is found again by whoever comes next. */
void frost_ledger_end(FrostLedger *self);
/* In a state in which the kernel may hold it frozen because of us. */
bool frost_fs_state_is_held(FrostFsState state);
/* The first that is in such a state, STUCK before all others; NULL: none. */
const FrostLedgerFs *frost_ledger_find_held(const FrostLedger *self);
/* How many filesystems are in such a state; in exactly this state. */
unsigned frost_ledger_held(const FrostLedger *self);
unsigned frost_ledger_count(const FrostLedger *self, FrostFsState state);

/* Notes that @step has ended now; the first time counts. */
void frost_ledger_mark(FrostLedger *self, FrostStep step, int64_t now_us);

/**
 * frost_ledger_add_hook: the next one in order, not begun
 *
 * NULL where there is no more room.
 */
FrostLedgerHook *frost_ledger_add_hook(FrostLedger *self, const char *name);
/* At least one has begun and is not undone. */
bool frost_ledger_owes_hooks(const FrostLedgerData *data);
/* How @side has ended: badly. */
bool frost_hook_side_has_failed(const FrostHookSide *side);
/* (nullable): a required one that has ended before it was told to: what it held was not held. */
const FrostLedgerHook *frost_ledger_find_broken(const FrostLedgerData *data);

/* The arrow @from -> @to, if the filesystem is still where it starts. */
bool frost_ledger_step(FrostLedgerFs *fs, FrostFsState from, FrostFsState to);
