/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * record-journal.h - writes one entry about each freeze to the system's log
 *
 * The journal gets it with fields, by which programs can find it (journalctl
 * FROST_GA_END=deadline):
 *
 *   MESSAGE_ID             FROST_RECORD_MESSAGE_ID
 *   PRIORITY               info; warning if the freeze failed, or the host did not end it
 *   FROST_GA_ID            the name of the freeze
 *   FROST_GA_END           as in record-json.h
 *   FROST_GA_ERROR         the error that the host got instead of a number; "": it got a number
 *   FROST_GA_COUNT         how many filesystems were held
 *   FROST_GA_LEFT_OUT      how many filesystems on a disk were not held
 *   FROST_GA_NOT_HELD      how many another program thawed, or are stuck
 *   FROST_GA_HOOKS_FAILED  how many calls of hooks failed
 *   FROST_GA_WINDOW_US     the length of the window
 *   FROST_GA_SYNC_US       the length of both syncs
 *   FROST_GA_STALL_US      the longest time from the FIFREEZE to the FITHAW of one filesystem
 *
 * If there is no journal, syslog gets the message alone.
 */

#include "record.h"

#define FROST_RECORD_MESSAGE_ID "6f1c4be0a4d94b0f9a6f0f3f1d2c7e55"

/* To be called when nothing is frozen. Never waits. */
void frost_record_journal(const FrostRecord *record);

/* "freeze 1234 held 2 filesystems for 12.3 ms: thawed by the host"; g_free() it. */
char *frost_record_sentence(const FrostRecord *record);
