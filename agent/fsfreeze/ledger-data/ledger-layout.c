/* SPDX-License-Identifier: MIT */
/*
 * The offset of each field of the ledger, in bytes. An agent that is replaced while the guest is
 * frozen may have been built for another mode of the processor (i386, amd64), and both must agree.
 * If a number here changes, FROST_LEDGER_VERSION has to change, too.
 */
#include <stddef.h>

#include "ledger-data.h"

#define FIELD(type, name, at) _Static_assert(offsetof(type, name) == (at), #type "." #name)
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), "the size of " #type)

FIELD(FrostLedgerFs, state, 0);
FIELD(FrostLedgerFs, synced, 4);
FIELD(FrostLedgerFs, fd, 8);
FIELD(FrostLedgerFs, worker, 12);
FIELD(FrostLedgerFs, worker_start, 16);
FIELD(FrostLedgerFs, error, 24);
FIELD(FrostLedgerFs, level, 28);
FIELD(FrostLedgerFs, turn, 32);
FIELD(FrostLedgerFs, sync_only, 36);
FIELD(FrostLedgerFs, is_cut, 40);
FIELD(FrostLedgerFs, mount_dev, 48);
FIELD(FrostLedgerFs, device, 56);
FIELD(FrostLedgerFs, sync_us, 64);
FIELD(FrostLedgerFs, freeze_begun_us, 72);
FIELD(FrostLedgerFs, frozen_us, 80);
FIELD(FrostLedgerFs, thaw_begun_us, 88);
FIELD(FrostLedgerFs, thawed_us, 96);
FIELD(FrostLedgerFs, mount_point, 104);
FIELD(FrostLedgerFs, source, 360);
FIELD(FrostLedgerFs, serials, 488);
FIELD(FrostLedgerFs, fs_type, 616);
SIZE(FrostLedgerFs, 632);

FIELD(FrostLedgerDisk, device, 0);
FIELD(FrostLedgerDisk, turned_by, 8);
FIELD(FrostLedgerDisk, old, 12);
FIELD(FrostLedgerDisk, used, 20);
SIZE(FrostLedgerDisk, 32);

FIELD(FrostLedgerGentle, found, 0);
FIELD(FrostLedgerGentle, expected_us, 8);
FIELD(FrostLedgerGentle, paced_us, 16);
FIELD(FrostLedgerGentle, rounds, 24);
FIELD(FrostLedgerGentle, end, 28);
SIZE(FrostLedgerGentle, 32);

FIELD(FrostHookSide, result, 0);
FIELD(FrostHookSide, status, 4);
FIELD(FrostHookSide, begun_us, 8);
FIELD(FrostHookSide, ended_us, 16);
FIELD(FrostHookSide, note, 24);
SIZE(FrostHookSide, 152);

FIELD(FrostLedgerHook, state, 0);
FIELD(FrostLedgerHook, pid, 4);
FIELD(FrostLedgerHook, start, 8);
FIELD(FrostLedgerHook, is_hold, 16);
FIELD(FrostLedgerHook, is_required, 20);
FIELD(FrostLedgerHook, sides, 24);
FIELD(FrostLedgerHook, name, 328);
SIZE(FrostLedgerHook, 584);

FIELD(FrostLedgerSetting, umask, 0);
FIELD(FrostLedgerSetting, oom_score_adj, 4);
FIELD(FrostLedgerSetting, open_files, 8);
SIZE(FrostLedgerSetting, 16);

FIELD(FrostLedgerData, magic, 0);
FIELD(FrostLedgerData, version, 4);
FIELD(FrostLedgerData, boot_id, 8);
FIELD(FrostLedgerData, active, 48);
FIELD(FrostLedgerData, count, 52);
FIELD(FrostLedgerData, began_real_us, 56);
FIELD(FrostLedgerData, began_us, 64);
FIELD(FrostLedgerData, id, 72);
FIELD(FrostLedgerData, clock_source, 137);
FIELD(FrostLedgerData, clock_synchronized, 172);
FIELD(FrostLedgerData, clock_error_us, 176);
FIELD(FrostLedgerData, step_us, 184);
FIELD(FrostLedgerData, mounts_changed, 232);
FIELD(FrostLedgerData, degraded, 236);
FIELD(FrostLedgerData, is_sealed, 276);
FIELD(FrostLedgerData, mounts_of, 280);
FIELD(FrostLedgerData, failure, 284);
FIELD(FrostLedgerData, sync_limit_us, 800);
FIELD(FrostLedgerData, freeze_limit_us, 808);
FIELD(FrostLedgerData, hold_limit_us, 816);
FIELD(FrostLedgerData, window_limit_us, 824);
FIELD(FrostLedgerData, stall_target_us, 832);
FIELD(FrostLedgerData, freeze_begun_us, 840);
FIELD(FrostLedgerData, frozen_us, 848);
FIELD(FrostLedgerData, repeated_us, 856);
FIELD(FrostLedgerData, repeated_for, 864);
FIELD(FrostLedgerData, release, 868);
FIELD(FrostLedgerData, owed, 872);
FIELD(FrostLedgerData, owed_limit_s, 876);
FIELD(FrostLedgerData, losses_settled, 880);
FIELD(FrostLedgerData, owner, 884);
FIELD(FrostLedgerData, freezer_start, 888);
FIELD(FrostLedgerData, freezer_pid, 896);
FIELD(FrostLedgerData, expedite_fd, 900);
FIELD(FrostLedgerData, expedited, 904);
FIELD(FrostLedgerData, is_paced, 908);
FIELD(FrostLedgerData, hook_setting, 912);
FIELD(FrostLedgerData, hook_timeout_s, 928);
FIELD(FrostLedgerData, hook_trust, 932);
FIELD(FrostLedgerData, hook_count, 936);
FIELD(FrostLedgerData, hook_log, 940);
FIELD(FrostLedgerData, hook_source, 1964);
FIELD(FrostLedgerData, statedir, 6060);
FIELD(FrostLedgerData, gentle, 10160);
FIELD(FrostLedgerData, disks, 10192);
FIELD(FrostLedgerData, hooks, 12240);
FIELD(FrostLedgerData, filesystems, 49616);
SIZE(FrostLedgerData, 696784);
