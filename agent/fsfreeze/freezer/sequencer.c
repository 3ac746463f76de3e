/* SPDX-License-Identifier: MIT */
#include "sequencer.h"

#include <errno.h>
#include <sys/param.h>

#include "deadline.h"
#include "freezer-protocol.h"
#include "rcu-expedite.h"
#include "stop.h"

/* So long a thaw waits for one level. */
#define LEVEL_WAIT_US (1000 * 1000)

static uint32_t
count_of(const FrostSequencer *self)
{
    return atomic_load(&self->workers->ledger->count);
}

static FrostLedgerFs *
entry(const FrostSequencer *self, uint32_t i)
{
    return &self->workers->ledger->filesystems[i];
}

static FrostFsState
state(const FrostSequencer *self, uint32_t i)
{
    return (FrostFsState)atomic_load(&entry(self, i)->state);
}

void
frost_sequencer_init(FrostSequencer *self, FrostWorkers *workers)
{
    *self = (FrostSequencer){.workers = workers,
                             .culprit = -1,
                             .sync = {.workers = workers},
                             .pace = {.workers = workers, .disks = &self->stall}};
    frost_stuck_init(&self->stuck, workers);
    frost_leftovers_init(&self->leftovers, workers->kernel, workers->ledger);
}

static bool
any_in(const FrostSequencer *self, FrostFsState wanted)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (state(self, i) == wanted)
            return true;
    }
    return false;
}

static unsigned
level_of(const FrostSequencer *self, uint32_t i)
{
    return frost_ledger_level_of(self->workers->ledger, i);
}

static unsigned
highest_level(const FrostSequencer *self)
{
    unsigned highest = 0;

    for (uint32_t i = 0; i < count_of(self); i++)
        highest = MAX(highest, level_of(self, i));
    return highest;
}

static void
enter(FrostSequencer *self, FrostPhase phase)
{
    static const char *const names[] = {"rest", "sync", "freeze", "back-off", "thaw"};

    self->phase = phase;
    frost_stop_point("phase", names[phase]);
}

static FrostSequencerEvent
rest(FrostSequencer *self, FrostSequencerEvent event)
{
    enter(self, FROST_PHASE_REST);
    return event;
}

static int64_t
now_us(const FrostSequencer *self)
{
    return frost_kernel_now_us(self->workers->kernel);
}

static void
end_expedited(FrostSequencer *self)
{
    FrostLedgerData *ledger = self->workers->ledger;

    frost_rcu_expedite_end(self->workers->kernel, ledger->expedite_fd, &ledger->expedited);
}

static void
begin_rounds(FrostSequencer *self)
{
    self->sync_outcome = FROST_SEQUENCER_PENDING;
    frost_sync_rounds_begin(&self->sync);
}

void
frost_sequencer_sync(FrostSequencer *self)
{
    enter(self, FROST_PHASE_SYNC);
    self->culprit = -1;
    frost_stall_prepare(&self->stall, self->workers->kernel, self->workers->ledger);
    if (frost_sync_rounds_may_skip(&self->sync)) {
        self->sync_outcome = FROST_SEQUENCER_SYNCED;
        return;
    }
    frost_pace_begin(&self->pace);
    if (self->pace.state == FROST_PACE_NORMAL)
        begin_rounds(self);
}

static void
advance_rounds(FrostSequencer *self)
{
    switch (frost_sync_rounds_advance(&self->sync, &self->culprit)) {
    case FROST_SYNC_RUNS:
        return;
    case FROST_SYNC_DONE:
        self->sync_outcome = FROST_SEQUENCER_SYNCED;
        break;
    case FROST_SYNC_FAILED:
        self->sync_outcome = FROST_SEQUENCER_FAILED;
        self->error = atomic_load(&entry(self, (uint32_t)self->culprit)->error);
        break;
    }
    frost_pace_end(&self->pace, self->sync_outcome == FROST_SEQUENCER_SYNCED);
}

static FrostSequencerEvent
advance_sync(FrostSequencer *self)
{
    bool was_turning = self->pace.state == FROST_PACE_TURNING;

    if (!frost_pace_advance(&self->pace))
        return FROST_SEQUENCER_PENDING;
    if (was_turning)
        begin_rounds(self);
    if (self->sync_outcome == FROST_SEQUENCER_PENDING)
        advance_rounds(self);
    if (self->sync_outcome == FROST_SEQUENCER_PENDING || !frost_pace_advance(&self->pace))
        return FROST_SEQUENCER_PENDING;
    return rest(self, self->sync_outcome);
}

static bool
is_next(const FrostSequencer *self, uint32_t i, FrostFsState wanted)
{
    return level_of(self, i) == self->level && !entry(self, i)->sync_only &&
           state(self, i) == wanted;
}

/* The newest mount first. */
static void
post_freezes(FrostSequencer *self)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (is_next(self, i, FROST_FS_OPEN))
            frost_workers_post(self->workers, FROST_TASK_FREEZE, i);
    }
}

static void
post_thaws(FrostSequencer *self, bool refused)
{
    for (uint32_t i = count_of(self); i-- > 0;) {
        if (is_next(self, i, FROST_FS_FROZEN) && frost_ledger_is_refused(entry(self, i)) == refused)
            frost_workers_post(self->workers, FROST_TASK_THAW, i);
    }
}

/* No filesystem of the level at work is in @a or @b any more. */
static bool
level_has_left(const FrostSequencer *self, FrostFsState a, FrostFsState b)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        FrostFsState now = state(self, i);

        if (level_of(self, i) == self->level && !entry(self, i)->sync_only &&
            (now == a || now == b))
            return false;
    }
    return true;
}

void
frost_sequencer_freeze(FrostSequencer *self)
{
    FrostLedgerData *ledger = self->workers->ledger;

    frost_stall_prepare(&self->stall, self->workers->kernel, ledger);
    frost_rcu_expedite_begin(self->workers->kernel, ledger->expedite_fd, &ledger->expedited);
    atomic_store(&ledger->freeze_begun_us, now_us(self));
    enter(self, FROST_PHASE_FREEZE);
    self->culprit = -1;
    self->level = 0;
    frost_stall_watch(&self->stall, self->workers->kernel);
    post_freezes(self);
}

/* The first refusal ends it: the others are thawed at once, not after their own turn. */
static bool
find_failed(FrostSequencer *self)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (state(self, i) == FROST_FS_FAILED) {
            self->culprit = (int32_t)i;
            self->error = atomic_load(&entry(self, i)->error);
            return true;
        }
    }
    return false;
}

/* If there are fewer threads than filesystems, and the order is wrong, the threads must not all
 * wait for one that no thread is left to thaw. So what the kernel has refused to thaw is first, and
 * the newest mount is last. */
static void
thaw_level(FrostSequencer *self, unsigned level)
{
    self->level = level;
    self->patience_us = level > 0 ? now_us(self) + LEVEL_WAIT_US : 0;
    post_thaws(self, true);
    post_thaws(self, false);
}

/* In THAW or BACK_OFF. */
static void
thaw_all(FrostSequencer *self, FrostPhase phase)
{
    frost_workers_clear(self->workers);
    frost_stall_ignore(&self->stall);
    for (uint32_t i = 0; i < count_of(self); i++)
        frost_ledger_step(entry(self, i), FROST_FS_FREEZING, FROST_FS_ABANDONED);
    frost_stuck_begin(&self->stuck);
    enter(self, phase);
    thaw_level(self, highest_level(self));
}

static void
begin_thaw(FrostSequencer *self)
{
    end_expedited(self);
    thaw_all(self, FROST_PHASE_THAW);
    frost_pace_break_off(&self->pace);
}

/* Goes on with the levels. Returns true if every filesystem is thawed, or cannot be. */
static bool
have_all_thawed(FrostSequencer *self)
{
    while (self->level > 0 && level_has_left(self, FROST_FS_FROZEN, FROST_FS_THAWING))
        thaw_level(self, self->level - 1);
    /* In the order in which a filesystem goes through them: none slips past. */
    bool has_all = !frost_sequencer_has_abandoned(self) && !any_in(self, FROST_FS_FROZEN) &&
                   !frost_sequencer_is_thawing(self) && !frost_stuck_is_waited_for(&self->stuck);

    if (!has_all)
        frost_stuck_plan(&self->stuck);
    return has_all;
}

static FrostSequencerEvent
advance_thaw(FrostSequencer *self)
{
    if (!have_all_thawed(self))
        return FROST_SEQUENCER_PENDING;
    self->patience_us = 0;
    frost_stuck_end(&self->stuck);
    return rest(self, self->culprit >= 0 ? FROST_SEQUENCER_FAILED : FROST_SEQUENCER_THAWED);
}

/* A filesystem that was frozen after the deadline. A freezer that was stopped may find, when it
 * goes on, that the freeze is done and its time is over. */
static bool
find_late(FrostSequencer *self)
{
    int64_t deadline = frost_sequencer_deadline(self);

    for (uint32_t i = 0; i < count_of(self) && deadline != 0; i++) {
        if (atomic_load(&entry(self, i)->frozen_us) > deadline) {
            self->culprit = (int32_t)i;
            self->error = ETIMEDOUT;
            return true;
        }
    }
    return false;
}

static FrostSequencerEvent
advance_freeze(FrostSequencer *self)
{
    for (;;) {
        bool level_is_done = level_has_left(self, FROST_FS_OPEN, FROST_FS_FREEZING);

        /* Only now: one that failed since the last look has left its level too. */
        if (find_failed(self) || (level_is_done && find_late(self))) {
            begin_thaw(self);
            return advance_thaw(self);
        }
        if (!level_is_done)
            return FROST_SEQUENCER_PENDING;
        if (self->level == highest_level(self)) {
            end_expedited(self);
            frost_stall_ignore(&self->stall);
            atomic_store(&self->workers->ledger->frozen_us, now_us(self));
            return rest(self, FROST_SEQUENCER_FROZEN);
        }
        self->level++;
        post_freezes(self);
    }
}

static int32_t
find_in(const FrostSequencer *self, FrostFsState wanted)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (state(self, i) == wanted && !entry(self, i)->sync_only)
            return (int32_t)i;
    }
    return -1;
}

/* Notes it in the ledger before anything is thawed, so that a rescuer thaws by turns, too. */
static void
back_off(FrostSequencer *self)
{
    FrostLedgerData *ledger = self->workers->ledger;
    int32_t inside = find_in(self, FROST_FS_FREEZING);

    if (inside < 0)
        return; /* FIFREEZE has just returned */
    atomic_store(&ledger->repeated_for, (uint32_t)inside);
    atomic_store(&ledger->repeated_us, now_us(self));
    frost_stop_point("freezer", "backing-off");
    thaw_all(self, FROST_PHASE_BACK_OFF);
}

/* As if FIFREEZE had never been called on it. */
static void
reopen(FrostLedgerFs *fs)
{
    FrostFsState now = (FrostFsState)atomic_load(&fs->state);

    if (now != FROST_FS_THAWED && now != FROST_FS_LOST)
        return;
    atomic_store(&fs->freeze_begun_us, 0);
    atomic_store(&fs->frozen_us, 0);
    atomic_store(&fs->thaw_begun_us, 0);
    atomic_store(&fs->thawed_us, 0);
    atomic_store(&fs->error, 0);
    frost_ledger_step(fs, now, FROST_FS_OPEN);
}

/* A filesystem that could not be thawed cannot be frozen again. */
static bool
find_stuck(FrostSequencer *self)
{
    int32_t stuck = find_in(self, FROST_FS_STUCK);

    if (stuck < 0)
        return false;
    self->culprit = stuck;
    self->error = atomic_load(&entry(self, (uint32_t)stuck)->error);
    return true;
}

static FrostSequencerEvent
advance_back_off(FrostSequencer *self)
{
    bool is_thawed = have_all_thawed(self);

    if (find_failed(self) || find_stuck(self)) {
        begin_thaw(self);
        return advance_thaw(self);
    }
    if (!is_thawed)
        return FROST_SEQUENCER_PENDING;
    frost_stop_point("freezer", "repeating");
    for (uint32_t i = 0; i < count_of(self); i++)
        reopen(entry(self, i));
    enter(self, FROST_PHASE_FREEZE);
    self->patience_us = 0;
    self->level = 0;
    post_freezes(self);
    return advance_freeze(self);
}

void
frost_sequencer_thaw(FrostSequencer *self)
{
    self->culprit = -1;
    begin_thaw(self);
}

int64_t
frost_sequencer_look_us(const FrostSequencer *self)
{
    int64_t leftovers_us = self->leftovers.count > 0 ? self->leftovers.look_us : 0;

    int64_t thaw_us = frost_deadline_earlier(self->patience_us, self->stuck.due_us);

    return frost_deadline_earlier(frost_deadline_earlier(leftovers_us, self->pace.look_us),
                                  frost_deadline_earlier(self->stall.look_us, thaw_us));
}

bool
frost_sequencer_look(FrostSequencer *self)
{
    FrostLedgerData *ledger = self->workers->ledger;

    frost_stuck_look(&self->stuck); /* first: it may be of a higher level than the next one */
    if (self->patience_us != 0 && now_us(self) >= self->patience_us)
        thaw_level(self, self->level - 1);
    frost_pace_look(&self->pace);
    if (self->phase == FROST_PHASE_FREEZE &&
        frost_stall_look(&self->stall, self->workers->kernel, ledger))
        back_off(self);
    if (self->leftovers.count == 0 || now_us(self) < self->leftovers.look_us ||
        !frost_leftovers_look(&self->leftovers, self->workers->kernel, ledger))
        return false;
    begin_thaw(self);
    return true;
}

bool
frost_sequencer_has_abandoned(const FrostSequencer *self)
{
    return any_in(self, FROST_FS_ABANDONED);
}

bool
frost_sequencer_is_thawing(const FrostSequencer *self)
{
    return any_in(self, FROST_FS_THAWING);
}

/* A thread of this process is inside FIFREEZE. */
static bool
has_own_abandoned(const FrostSequencer *self)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (state(self, i) == FROST_FS_ABANDONED && !self->leftovers.is_left[i])
            return true;
    }
    return false;
}

bool
frost_sequencer_waits_for_later(const FrostSequencer *self)
{
    return self->phase == FROST_PHASE_THAW && !has_own_abandoned(self) &&
           !any_in(self, FROST_FS_FROZEN) &&
           frost_refusals_any_out_of_reach(&self->workers->refusals);
}

bool
frost_sequencer_holds(const FrostSequencer *self)
{
    return self->phase == FROST_PHASE_REST && any_in(self, FROST_FS_FROZEN);
}

int64_t
frost_sequencer_deadline(const FrostSequencer *self)
{
    const FrostLedgerData *ledger = self->workers->ledger;
    int64_t freeze_begun_us = atomic_load(&ledger->freeze_begun_us);
    int64_t window_us = frost_deadline_after(freeze_begun_us, ledger->window_limit_us);

    if (self->phase == FROST_PHASE_SYNC)
        return frost_pace_is_waited_for(&self->pace) ? self->pace.until_us
                                                     : frost_sync_rounds_deadline(&self->sync);
    if (self->phase == FROST_PHASE_FREEZE || self->phase == FROST_PHASE_BACK_OFF)
        return frost_deadline_earlier(
            frost_deadline_after(freeze_begun_us, ledger->freeze_limit_us), window_us);
    if (frost_sequencer_holds(self))
        return frost_deadline_earlier(
            frost_deadline_after(atomic_load(&ledger->frozen_us), ledger->hold_limit_us),
            window_us);
    return 0;
}

static int32_t
find_last_frozen(const FrostSequencer *self)
{
    int32_t last = 0;

    for (uint32_t i = 1; i < count_of(self); i++) {
        if (atomic_load(&entry(self, i)->frozen_us) >
            atomic_load(&entry(self, (uint32_t)last)->frozen_us))
            last = (int32_t)i;
    }
    return last;
}

/* Why a freeze is not done in time: what the kernel is at, else what waits for a thread, else what
 * was done last. */
static int32_t
find_slow(const FrostSequencer *self)
{
    static const FrostFsState states[] = {FROST_FS_FREEZING, FROST_FS_ABANDONED, FROST_FS_THAWING,
                                          FROST_FS_OPEN};
    int32_t slow = -1;

    for (unsigned i = 0; i < sizeof states / sizeof *states && slow < 0; i++)
        slow = find_in(self, states[i]);
    return slow < 0 ? find_last_frozen(self) : slow;
}

FrostSequencerEvent
frost_sequencer_expire(FrostSequencer *self)
{
    if (self->phase == FROST_PHASE_SYNC && self->pace.state == FROST_PACE_TURNING)
        return advance_sync(self);
    if (self->phase == FROST_PHASE_SYNC) {
        frost_workers_clear(self->workers);
        self->culprit = MAX(frost_sync_rounds_find_slow(&self->sync), 0);
        self->error = ETIMEDOUT;
        frost_pace_break_off(&self->pace);
        return rest(self, FROST_SEQUENCER_FAILED);
    }
    if (self->phase == FROST_PHASE_FREEZE || self->phase == FROST_PHASE_BACK_OFF) {
        self->culprit = find_slow(self);
        self->error = ETIMEDOUT;
        begin_thaw(self);
    } else if (frost_sequencer_holds(self)) {
        frost_sequencer_thaw(self);
    }
    return FROST_SEQUENCER_PENDING;
}

FrostSequencerEvent
frost_sequencer_advance(FrostSequencer *self)
{
    switch (self->phase) {
    case FROST_PHASE_SYNC:
        return advance_sync(self);
    case FROST_PHASE_FREEZE:
        return advance_freeze(self);
    case FROST_PHASE_BACK_OFF:
        return advance_back_off(self);
    case FROST_PHASE_THAW:
        return advance_thaw(self);
    case FROST_PHASE_REST:
        break;
    }
    return FROST_SEQUENCER_PENDING;
}
