/* SPDX-License-Identifier: MIT */
#include "thaw-answer.h"

#include "freezer-protocol.h"

void
frost_thaw_answer_begin(FrostThawAnswer *self, int64_t now_us)
{
    *self = (FrostThawAnswer){.state = FROST_THAW_ANSWER_DUE,
                              .until_us = now_us + (int64_t)FROST_THAW_WAIT_MS * 1000};
}

bool
frost_thaw_answer_expire(FrostThawAnswer *self, int64_t now_us)
{
    if (self->state != FROST_THAW_ANSWER_DUE || now_us < self->until_us)
        return false;
    self->state = FROST_THAW_ANSWER_EARLY;
    return true;
}

bool
frost_thaw_answer_end(FrostThawAnswer *self)
{
    bool was_early = self->state == FROST_THAW_ANSWER_EARLY;

    self->state = FROST_THAW_ANSWER_NOT_DUE;
    return was_early;
}
