/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezes.h - records of freezes that went this way and that
 */

#include "record.h"

/* Three filesystems, an ESP, a hook, and what a machine has besides. */
FrostRecord *freeze_normal(void);
/* Without a hook; the second of three fails. */
FrostRecord *freeze_failed(void);
/* The hook fails: nothing was touched. */
FrostRecord *freeze_failed_hook(void);
/* Nobody thawed it, for five minutes; one was thawed by another, one cannot be thawed. */
FrostRecord *freeze_deadline(void);
/* One of two stands on the other, and nobody had seen it: frozen one at a time. */
FrostRecord *freeze_repeated(void);
/* All that is there is read-only. */
FrostRecord *freeze_nothing(void);
FrostRecord *freeze_sixty(void);
/* Some microseconds each. */
FrostRecord *freeze_short(void);
/* Hours of syncing, days of being frozen. */
FrostRecord *freeze_long(void);
/* Names that are too wide, steer terminals or are no text; words without an end. */
FrostRecord *freeze_hostile(void);
/* Only when it began: every time is missing. */
FrostRecord *freeze_empty(void);
/* Times that go backwards and as far as the history lets them. */
FrostRecord *freeze_senseless(void);
