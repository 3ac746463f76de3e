/* SPDX-License-Identifier: MIT */
#include "course.h"

#include <errno.h>
#include <string.h>

#include "expedite.h"
#include "freezer-wire.h"
#include "time-limits.h"

/* Syncing once more pays while a round has found much to do: what was written meanwhile is about
 * as much as was written in the round before. */
#define ANOTHER_ROUND_US (200 * 1000)
/* A writer as fast as the disk would have us sync for ever. */
#define ROUNDS_MAX 3

static uint32_t
count_of(const FrostCourse *self)
{
    return atomic_load(&self->crew->ledger->count);
}

static FrostLedgerFs *
entry(const FrostCourse *self, uint32_t i)
{
    return &self->crew->ledger->filesystems[i];
}

static FrostFsState
state(const FrostCourse *self, uint32_t i)
{
    return (FrostFsState)atomic_load(&entry(self, i)->state);
}

void
frost_course_init(FrostCourse *self, FrostCrew *crew)
{
    *self = (FrostCourse){.crew = crew, .culprit = -1};
    for (uint32_t i = 0; i < count_of(self); i++) {
        FrostFsState now = state(self, i);

        self->others[i] =
            now == FROST_FS_FREEZING || now == FROST_FS_ABANDONED || now == FROST_FS_THAWING;
    }
}

static bool
any_in(const FrostCourse *self, FrostFsState wanted)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (!self->others[i] && state(self, i) == wanted)
            return true;
    }
    return false;
}

static unsigned
highest_level(const FrostCourse *self)
{
    unsigned highest = 0;

    for (uint32_t i = 0; i < count_of(self); i++)
        highest = MAX(highest, entry(self, i)->level);
    return highest;
}

static FrostCourseNews
rest(FrostCourse *self, FrostCourseNews news)
{
    self->aim = FROST_AIM_REST;
    return news;
}

static int64_t
now_us(const FrostCourse *self)
{
    return self->crew->sys->boottime_us(self->crew->sys);
}

/* While ext4 commits, a writer waits for the journal's blocks, and those wait in the device's queue
 * behind all the data that syncfs has put there. Several at once share the disk, and their writers
 * wait for all of that: measured 30 ms instead of 6, at worst 80 instead of 19. xfs has no such
 * wait. Once a hook holds a database, it is the end of the sync that counts, and little is dirty.
 */
static bool
waits_its_turn(const FrostCourse *self, uint32_t i)
{
    return self->gently && strncmp(entry(self, i)->fs_type, "ext", 3) == 0;
}

static bool
is_synced(const FrostCourse *self, uint32_t i)
{
    return atomic_load(&entry(self, i)->synced) >= self->rounds;
}

/* The next one whose turn it is, unless it is still at it. */
static void
post_turn(FrostCourse *self)
{
    while (self->turn < count_of(self) &&
           (!waits_its_turn(self, self->turn) || is_synced(self, self->turn)))
        self->turn++;
    if (self->turn < count_of(self) && self->turn_posted != (int32_t)self->turn) {
        self->turn_posted = (int32_t)self->turn;
        frost_crew_post(self->crew, FROST_TASK_SYNC, self->turn);
    }
}

static void
begin_round(FrostCourse *self)
{
    self->round++;
    self->rounds++;
    self->round_begun_us = now_us(self);
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (!waits_its_turn(self, i))
            frost_crew_post(self->crew, FROST_TASK_SYNC, i);
    }
    self->turn = 0;
    self->turn_posted = -1;
    post_turn(self);
}

void
frost_course_sync(FrostCourse *self)
{
    self->aim = FROST_AIM_SYNC;
    self->culprit = -1;
    self->gently = self->rounds == 0; /* the first of a freeze comes before the hooks */
    self->round = 0;
    self->sync_begun_us = now_us(self);
    begin_round(self);
}

/* The first filesystem whose sync of this round has not ended; -1: none. */
static int32_t
find_unsynced(const FrostCourse *self)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (!is_synced(self, i))
            return (int32_t)i;
    }
    return -1;
}

static bool
another_round_pays(const FrostCourse *self)
{
    int64_t now = now_us(self);

    return now - self->round_begun_us > ANOTHER_ROUND_US && self->round < ROUNDS_MAX &&
           now - self->sync_begun_us < FROST_NO_NEW_ROUND_US;
}

static FrostCourseNews
advance_sync(FrostCourse *self)
{
    post_turn(self);
    if (find_unsynced(self) >= 0)
        return FROST_COURSE_PENDING;
    for (uint32_t i = 0; i < count_of(self); i++) {
        self->error = atomic_load(&entry(self, i)->error);
        if (self->error != 0) {
            self->culprit = (int32_t)i;
            return rest(self, FROST_COURSE_FAILED);
        }
    }
    if (!another_round_pays(self))
        return rest(self, FROST_COURSE_SYNCED);
    begin_round(self);
    return FROST_COURSE_PENDING;
}

static void
post_level(FrostCourse *self, FrostTask task)
{
    FrostFsState wanted = task == FROST_TASK_FREEZE ? FROST_FS_OPEN : FROST_FS_FROZEN;

    for (uint32_t i = 0; i < count_of(self); i++) {
        if (entry(self, i)->level == self->level && !entry(self, i)->sync_only &&
            state(self, i) == wanted)
            frost_crew_post(self->crew, task, i);
    }
}

/* No filesystem of the level at work is in @a or @b any more. */
static bool
level_has_left(const FrostCourse *self, FrostFsState a, FrostFsState b)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        FrostFsState now = state(self, i);

        if (entry(self, i)->level == self->level && !entry(self, i)->sync_only &&
            !self->others[i] && (now == a || now == b))
            return false;
    }
    return true;
}

void
frost_course_freeze(FrostCourse *self)
{
    FrostLedgerData *ledger = self->crew->ledger;

    frost_expedite_begin(self->crew->sys, ledger);
    atomic_store(&ledger->freeze_begun_us, now_us(self));
    self->aim = FROST_AIM_FREEZE;
    self->culprit = -1;
    self->level = 0;
    post_level(self, FROST_TASK_FREEZE);
}

/* The first refusal ends it: the others are thawed at once, not after their own turn. */
static bool
find_failed(FrostCourse *self)
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

static void
begin_thaw(FrostCourse *self)
{
    frost_crew_clear(self->crew);
    frost_expedite_end(self->crew->sys, self->crew->ledger);
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (self->others[i])
            continue;
        frost_ledger_step(entry(self, i), FROST_FS_FREEZING, FROST_FS_ABANDONED);
        frost_ledger_step(entry(self, i), FROST_FS_STUCK, FROST_FS_FROZEN); /* once more */
    }
    self->aim = FROST_AIM_THAW;
    self->level = highest_level(self);
    post_level(self, FROST_TASK_THAW);
}

static FrostCourseNews
advance_thaw(FrostCourse *self)
{
    while (level_has_left(self, FROST_FS_FROZEN, FROST_FS_THAWING)) {
        if (self->level == 0)
            break;
        self->level--;
        post_level(self, FROST_TASK_THAW);
    }
    /* In the order in which a filesystem goes through them: none slips past. */
    if (frost_course_has_abandoned(self) || any_in(self, FROST_FS_FROZEN) ||
        frost_course_is_thawing(self))
        return FROST_COURSE_PENDING;
    return rest(self, self->culprit >= 0 ? FROST_COURSE_FAILED : FROST_COURSE_THAWED);
}

/* One that was frozen after the deadline, though nobody has looked at the clock since: whoever
 * wakes from being stopped may find the end of the freeze and of its time at once. */
static bool
find_late(FrostCourse *self)
{
    int64_t deadline = frost_course_deadline(self);

    for (uint32_t i = 0; i < count_of(self) && deadline != 0; i++) {
        if (!self->others[i] && atomic_load(&entry(self, i)->frozen_us) > deadline) {
            self->culprit = (int32_t)i;
            self->error = ETIMEDOUT;
            return true;
        }
    }
    return false;
}

static FrostCourseNews
advance_freeze(FrostCourse *self)
{
    for (;;) {
        bool level_is_done = level_has_left(self, FROST_FS_OPEN, FROST_FS_FREEZING);

        /* Only now: one that failed since the last look has left its level too. */
        if (find_failed(self) || (level_is_done && find_late(self))) {
            begin_thaw(self);
            return advance_thaw(self);
        }
        if (!level_is_done)
            return FROST_COURSE_PENDING;
        if (self->level == highest_level(self)) {
            frost_expedite_end(self->crew->sys, self->crew->ledger);
            atomic_store(&self->crew->ledger->frozen_us, now_us(self));
            return rest(self, FROST_COURSE_FROZEN);
        }
        self->level++;
        post_level(self, FROST_TASK_FREEZE);
    }
}

void
frost_course_thaw(FrostCourse *self)
{
    self->culprit = -1;
    begin_thaw(self);
}

bool
frost_course_has_abandoned(const FrostCourse *self)
{
    return any_in(self, FROST_FS_ABANDONED);
}

bool
frost_course_is_thawing(const FrostCourse *self)
{
    return any_in(self, FROST_FS_THAWING);
}

bool
frost_course_holds(const FrostCourse *self)
{
    return self->aim == FROST_AIM_REST && any_in(self, FROST_FS_FROZEN);
}

int64_t
frost_course_deadline(const FrostCourse *self)
{
    const FrostLedgerData *ledger = self->crew->ledger;
    int64_t freeze_begun_us = atomic_load(&ledger->freeze_begun_us);
    int64_t window_us = frost_deadline_after(freeze_begun_us, ledger->window_limit_us);

    if (self->aim == FROST_AIM_SYNC)
        return frost_deadline_after(self->round_begun_us, ledger->sync_limit_us);
    if (self->aim == FROST_AIM_FREEZE)
        return frost_deadline_earlier(
            frost_deadline_after(freeze_begun_us, ledger->freeze_limit_us), window_us);
    if (frost_course_holds(self))
        return frost_deadline_earlier(
            frost_deadline_after(atomic_load(&ledger->frozen_us), ledger->hold_limit_us),
            window_us);
    return 0;
}

static int32_t
find_in(const FrostCourse *self, FrostFsState wanted)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (!self->others[i] && state(self, i) == wanted)
            return (int32_t)i;
    }
    return -1;
}

FrostCourseNews
frost_course_expire(FrostCourse *self)
{
    if (self->aim == FROST_AIM_SYNC) {
        frost_crew_clear(self->crew);
        self->culprit = find_unsynced(self);
        self->error = ETIMEDOUT;
        return rest(self, FROST_COURSE_FAILED);
    }
    if (self->aim == FROST_AIM_FREEZE) {
        int32_t slow = find_in(self, FROST_FS_FREEZING);

        self->culprit = MAX(slow, 0);
        self->error = ETIMEDOUT;
        begin_thaw(self);
    } else if (frost_course_holds(self)) {
        frost_course_thaw(self);
    }
    return FROST_COURSE_PENDING;
}

FrostCourseNews
frost_course_advance(FrostCourse *self)
{
    switch (self->aim) {
    case FROST_AIM_SYNC:
        return advance_sync(self);
    case FROST_AIM_FREEZE:
        return advance_freeze(self);
    case FROST_AIM_THAW:
        return advance_thaw(self);
    case FROST_AIM_REST:
        break;
    }
    return FROST_COURSE_PENDING;
}
