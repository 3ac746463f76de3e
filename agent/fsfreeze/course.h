/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * course.h - what the freezer's first thread decides: which filesystem next
 *
 * The crew writes states into the ledger and rings; this looks at the states and posts the next
 * jobs. It never blocks. Levels go up for a freeze and down for a thaw; everything within one
 * level is at work at the same time (K13).
 *
 *   REST -> SYNC -> REST
 *   REST -> FREEZE -> REST (all held) | -> THAW (one failed) -> REST
 *   any  -> THAW -> REST
 */

#include <stdbool.h>
#include <stdint.h>

#include "crew.h"

typedef enum {
    FROST_AIM_REST,
    FROST_AIM_SYNC,
    FROST_AIM_FREEZE,
    FROST_AIM_THAW,
} FrostAim;

typedef enum {
    FROST_COURSE_PENDING,
    FROST_COURSE_SYNCED,
    FROST_COURSE_FROZEN,
    FROST_COURSE_THAWED,
    FROST_COURSE_FAILED, /* sync or freeze; nothing is held any more */
} FrostCourseNews;

typedef struct {
    FrostCrew *crew;
    FrostAim aim;
    unsigned level;      /* at work; thawing counts down */
    uint32_t rounds;     /* of syncfs that were asked for, ever */
    unsigned round;      /* of this sync; from 1 */
    bool gently;         /* this sync lets what would make writers wait go one at a time */
    uint32_t turn;       /* whose turn it is */
    int32_t turn_posted; /* who was given it last, -1: nobody in this round */
    int64_t sync_begun_us;
    int64_t round_begun_us;
    int32_t culprit; /* index of the filesystem that failed, -1: none */
    int32_t error;   /* its errno, positive */
    /* In a call when we began: of a freezer that has died, and nothing of ours to wait for. */
    bool others[FROST_LEDGER_FILESYSTEMS];
} FrostCourse;

/* The crew has its ledger by now. */
void frost_course_init(FrostCourse *self, FrostCrew *crew);
/* Again while that pays, like the pre-copy rounds of a live migration. All at once, but for ext4 in
 * the first sync. */
void frost_course_sync(FrostCourse *self);
/* With expedited grace periods, for just as long as this lasts. */
void frost_course_freeze(FrostCourse *self);
/* What is in FIFREEZE is abandoned: its thread thaws it as soon as that returns. */
void frost_course_thaw(FrostCourse *self);

/* Looks at the ledger and goes on. News come once; afterwards the course rests. */
FrostCourseNews frost_course_advance(FrostCourse *self);

/* Something is still inside FIFREEZE, to be thawed when it returns. */
bool frost_course_has_abandoned(const FrostCourse *self);
/* Something is inside FITHAW. Ask after the question above: that is the way things go. */
bool frost_course_is_thawing(const FrostCourse *self);
/* Everything planned is held, and waits for its thaw. */
bool frost_course_holds(const FrostCourse *self);

/* When the present part of the course must be over, CLOCK_BOOTTIME; 0: never. */
int64_t frost_course_deadline(const FrostCourse *self);
/* It was not: a sync or a freeze fails, a hold is thawed. */
FrostCourseNews frost_course_expire(FrostCourse *self);
