/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * thaw-answer.h - when the agent is answered about a thaw: at its end, or before
 *
 * The kernel may keep a thaw from ending for as long as it likes, so the answer is due after
 * FROST_THAW_WAIT_MS in any case. The states:
 *
 *   NOT_DUE -> DUE       a thaw begins
 *   DUE     -> NOT_DUE   it has ended, and is answered
 *           -> EARLY     its time has passed: it is answered, and goes on
 *   EARLY   -> NOT_DUE   it has ended: SETTLED
 *           -> DUE       another thaw begins
 */

#include <stdbool.h>
#include <stdint.h>

typedef enum {
    FROST_THAW_ANSWER_NOT_DUE,
    FROST_THAW_ANSWER_DUE,
    FROST_THAW_ANSWER_EARLY,
} FrostThawAnswerState;

typedef struct {
    FrostThawAnswerState state;
    int64_t until_us; /* of DUE: when its time has passed, CLOCK_BOOTTIME */
} FrostThawAnswer;

/* A thaw begins. */
void frost_thaw_answer_begin(FrostThawAnswer *self, int64_t now_us);
/* True, once, if an answer is due and its time has passed: it is EARLY from then on. */
bool frost_thaw_answer_expire(FrostThawAnswer *self, int64_t now_us);
/* A thaw, or what was asked before it, has ended. True: it had been answered early. */
bool frost_thaw_answer_end(FrostThawAnswer *self);
