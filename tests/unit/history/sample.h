/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * sample.h - records to keep
 */

#include "record.h"

/* Everything in it is set: two filesystems, two hooks. */
FrostRecord *sample_record(void);
/* One that says only when it began. */
FrostRecord *sample_began(int64_t real_us);
