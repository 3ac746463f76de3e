/* SPDX-License-Identifier: MIT */
#include "course.h"

#include <errno.h>

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

void
frost_course_sync(FrostCourse *self)
{
    self->aim = FROST_AIM_SYNC;
    self->culprit = -1;
    self->rounds++;
    for (uint32_t i = 0; i < count_of(self); i++)
        frost_crew_post(self->crew, FROST_TASK_SYNC, i);
}

static FrostCourseNews
advance_sync(FrostCourse *self)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (atomic_load(&entry(self, i)->synced) < self->rounds)
            return FROST_COURSE_PENDING;
    }
    for (uint32_t i = 0; i < count_of(self); i++) {
        self->error = atomic_load(&entry(self, i)->error);
        if (self->error != 0) {
            self->culprit = (int32_t)i;
            return rest(self, FROST_COURSE_FAILED);
        }
    }
    return rest(self, FROST_COURSE_SYNCED);
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
    FrostSys *sys = self->crew->sys;

    atomic_store(&self->crew->ledger->freeze_begun_us, sys->boottime_us(sys));
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
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (!self->others[i])
            frost_ledger_step(entry(self, i), FROST_FS_FREEZING, FROST_FS_ABANDONED);
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

static FrostCourseNews
advance_freeze(FrostCourse *self)
{
    for (;;) {
        bool level_is_done = level_has_left(self, FROST_FS_OPEN, FROST_FS_FREEZING);

        /* Only now: one that failed since the last look has left its level too. */
        if (find_failed(self)) {
            begin_thaw(self);
            return advance_thaw(self);
        }
        if (!level_is_done)
            return FROST_COURSE_PENDING;
        if (self->level == highest_level(self))
            return rest(self, FROST_COURSE_FROZEN);
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

FrostCourseNews
frost_course_stop_waiting(FrostCourse *self)
{
    return rest(self, self->culprit >= 0 ? FROST_COURSE_FAILED : FROST_COURSE_THAWED);
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
