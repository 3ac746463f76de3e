/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * record-json.h - a record of a freeze as JSON, and back: version 1 of the history's form
 *
 *   {"format": "frost-ga history", "version": 1, "freezes": [FREEZE...]}        newest first
 *
 * FREEZE      id             the word that names it, the host's or made here: FROST_GA_ID of hooks
 *             began          "2026-11-22T10:11:12.000001Z": when the host asked, the guest's clock
 *             began_us       the same, in microseconds since 1970
 *             utc_ns         the same as asked, and freeze_begun, frozen, thaw_begun, thawed: as
 *                            below, but in nanoseconds since 1970, for who compares guests
 *             clock          source: the kernel's clocksource; synchronized, max_error_us: what the
 *                            kernel was told of it when the freeze began, by NTP or PTP; shift_us:
 *                            how far it was set or moved from then until the end of the record
 *             planned_us, synced_us, hooks_up_us, resynced_us, freeze_begun_us, frozen_us,
 *             thaw_begun_us, thawed_us, hooks_down_us, ended_us
 *                            when each step was reached, in order
 *             window_us      from the call of the first FIFREEZE to the return of the last FITHAW
 *             count          how many filesystems were held
 *             end            host, nothing-frozen, failed, deadline, signal, agent-lost,
 *                            freezer-lost, port-lost, foreign-thaw, operator, restored; null:
 *                            it holds
 *             error          the error that the host got instead of a number
 *             write_out      how dirty memory was written out before: dirty_bytes, what the sync
 *                            that found most had to write; expected_us, how long the disks need
 *                            for that; paced_us, how long their queues were kept short; rounds of
 *                            syncing; end, of the last sync with short queues: done, outrun (the
 *                            same, but programs wrote so much meanwhile that queues were less
 *                            short), cut (it failed, or the freeze was given up or cut off); or
 *                            why there was none: little, no-queues, off; null: there was no sync
 *             mounts_changed whether a filesystem was mounted or unmounted inside the window
 *             mounts_of      the pid whose mount table was frozen; null: the agent's own
 *             repeated_us    when everything was thawed, to be frozen again one at a time
 *             repeated_for   the mount point of the filesystem that had not come back by then
 *             filesystems, hooks                  lists of FILESYSTEM and HOOK
 *             filesystems_omitted, hooks_omitted  how many entries the lists had no room for
 * FILESYSTEM  mount_point, type, source, level
 *             device         "MAJOR:MINOR"
 *             serials        of the disks it is on
 *             outcome        frozen, not-held, synced, read-only, foreign, left-out, unreachable,
 *                            failed, not-tried, stuck
 *             left_out_as    excluded, not-listed, untouched (network, overlay, tmpfs...), gone,
 *                            in-memory, elsewhere (only other mount namespaces show it),
 *                            read-only, unreachable; null: it was not left out
 *             reason         why it was left out, or what failed
 *             sync_us, freeze_us, thaw_us         how long each took
 *             freeze_begun_us, frozen_us, thaw_begun_us, thawed_us
 * HOOK        name, phase ("freeze" or "thaw"), result, failed, required (its failure is that of
 *             the freeze), begun_us, ended_us
 *
 * Times are whole microseconds since the host asked for the freeze (CLOCK_BOOTTIME). A time that
 * was not reached, and a value that there is not, is null. A later frost-ga may add members within
 * a version; a reader ignores those that it does not know.
 *
 * A text is cut off at 4096 bytes, and a list at a megabyte, so that one record always fits into
 * the file. A byte that is not UTF-8 becomes U+FFFD.
 */

#include "json.h"
#include "record.h"

QgaValue *frost_record_to_value(const FrostRecord *record);
/* The same as text, on one line. */
char *frost_record_print(const FrostRecord *record);
/* NULL: @value is not such a record. A time that makes no sense counts as not reached. Members that
 * can be computed from others (began, window_us, freeze_us, thaw_us) are not read. */
FrostRecord *frost_record_from_value(const QgaValue *value);
