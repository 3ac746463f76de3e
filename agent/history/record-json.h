/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * record-json.h - a record of a freeze as JSON, and back: version 1 of the history's form
 *
 *   {"format": "frost-ga history", "version": 1, "freezes": [FREEZE...]}        newest first
 *
 * FREEZE      began          "2026-11-22T10:11:12.000001Z": when the host asked, the guest's clock
 *             began_us       the same, in microseconds since 1970
 *             planned_us, synced_us, hooks_up_us, resynced_us, freeze_begun_us, frozen_us,
 *             thaw_begun_us, thawed_us, hooks_down_us, ended_us
 *                            when each step was reached, in their order
 *             window_us      from the first FIFREEZE until the last FITHAW has returned
 *             count          filesystems that were held
 *             end            host, nothing-frozen, failed, deadline, signal, agent-lost,
 *                            freezer-lost, port-lost, foreign-thaw, operator
 *             error          what the host was told instead of a number
 *             mounts_changed something was mounted or unmounted inside the window
 *             mounts_of      the process whose mounts they are; null: the agent's own
 *             filesystems, hooks                  lists of FILESYSTEM and HOOK
 *             filesystems_omitted, hooks_omitted  how many the lists had no room for
 * FILESYSTEM  mount_point, type, source, level
 *             device         "MAJOR:MINOR"
 *             outcome        frozen, not-held, synced, read-only, foreign, left-out, unreachable,
 *                            failed, not-tried, stuck
 *             reason         why it was left out, or what failed
 *             sync_us, freeze_us, thaw_us         how long each took
 *             freeze_begun_us, frozen_us, thaw_begun_us, thawed_us
 * HOOK        name, phase ("freeze" or "thaw"), result, failed, begun_us, ended_us
 *
 * Times are whole microseconds since the freeze began (CLOCK_BOOTTIME). What was not reached, or
 * is not there, is null. Members may be added within a version: a reader passes over what it does
 * not know.
 *
 * A text is cut off at 4096 bytes, and a list at a megabyte, so that one record always fits into
 * the file. A byte that is no UTF-8 becomes U+FFFD.
 */

#include "json.h"
#include "record.h"

QgaValue *frost_record_to_value(const FrostRecord *record);
/* NULL: this is not such a record. A time that makes no sense counts as not reached; began,
 * window_us and the times that are differences of others are not read. */
FrostRecord *frost_record_from_value(const QgaValue *value);
