/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * record-form.h - the names and bounds in the JSON of a record, for the code that writes and reads
 * it
 */

#include <stddef.h>
#include <stdint.h>

#include "record.h"

#define FROST_FORM_TEXT_MAX 4096
#define FROST_FORM_LIST_MAX (1024 * 1024)

/* Thirty years. No freeze takes longer, and sums of such times cannot overflow. */
#define FROST_FORM_TIME_MAX_US ((int64_t)1000 * 1000 * 1000 * 1000 * 1000)
/* The year 2200: with the longest freeze added, the nanoseconds still fit into 64 bits. */
#define FROST_FORM_UTC_MAX_US ((int64_t)7258118400 * 1000 * 1000)
/* The last second of the year 9999, the last that GDateTime can represent. */
#define FROST_FORM_REAL_MAX_US ((int64_t)253402300799 * 1000 * 1000)

#define FROST_FORM_OUTCOMES (FROST_OUTCOME_STUCK + 1)
#define FROST_FORM_ENDS (FROST_END_NONE + 1)
#define FROST_FORM_WRITE_OUT_ENDS (FROST_WRITE_OUT_NONE + 1)
#define FROST_FORM_RECORD_TIMES 10
#define FROST_FORM_WRITE_OUT_TIMES 2
#define FROST_FORM_FS_TIMES 5
#define FROST_FORM_HOOK_TIMES 2

/* A member that is a time, and the offset of its field. */
typedef struct {
    const char *name;
    size_t offset;
} FrostFormTime;

/* The names in the file are part of its format. Those of frost_outcome_name() are for people, and
 * may change. The names of FROST_END_NONE and of FROST_WRITE_OUT_NONE are NULL: null. */
extern const char *const frost_form_outcomes[FROST_FORM_OUTCOMES];
extern const char *const frost_form_ends[FROST_FORM_ENDS];
extern const FrostFormTime frost_form_record_times[FROST_FORM_RECORD_TIMES];
extern const char *const frost_form_write_out_ends[FROST_FORM_WRITE_OUT_ENDS];
extern const FrostFormTime frost_form_write_out_times[FROST_FORM_WRITE_OUT_TIMES];
extern const FrostFormTime frost_form_fs_times[FROST_FORM_FS_TIMES];
extern const FrostFormTime frost_form_hook_times[FROST_FORM_HOOK_TIMES];

/* Makes the text valid UTF-8, and then cuts it between two characters, so that it stays the same
 * when it is read and written again. */
char *frost_form_cut_off(const char *text);
