/* SPDX-License-Identifier: MIT */
#include "ledger-entries.h"

#include "clock-note.h"

/* The plan knows no ledger, and the ledger no plan. */
G_STATIC_ASSERT(FROST_PLAN_FILESYSTEMS_MAX == FROST_LEDGER_FILESYSTEMS);

static FrostLedgerEntry
entry_of(const FrostFilesystem *fs)
{
    return (FrostLedgerEntry){.fd = fs->fd,
                              .level = fs->level,
                              .turn = fs->turn,
                              .sync_only = fs->decision == FROST_DECISION_SYNC,
                              .mount_dev = fs->mount_dev,
                              .device = fs->device,
                              .mount_point = fs->mount_point,
                              .fs_type = fs->fs_type,
                              .source = fs->source,
                              .serials = fs->serials};
}

static void
enter_disks(FrostLedgerData *data, const FrostFilesystem *fs)
{
    for (guint i = 0; fs->disks && i < fs->disks->len; i++)
        frost_ledger_add_disk(data, g_array_index(fs->disks, dev_t, i));
}

static bool
is_entered(const FrostFilesystem *fs)
{
    return fs->decision == FROST_DECISION_FREEZE || fs->decision == FROST_DECISION_SYNC;
}

bool
frost_ledger_begin_plan(FrostLedger *ledger, const FrostPlan *plan, GError **error)
{
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(FrostLedgerEntry));

    for (guint i = 0; i < plan->filesystems->len; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(plan->filesystems, i);
        FrostLedgerEntry entry = entry_of(fs);

        if (is_entered(fs))
            g_array_append_val(entries, entry);
    }
    if (!frost_ledger_begin(ledger, entries, frost_sys_now_us(plan->sys), error))
        return false;
    for (guint i = 0; i < plan->filesystems->len; i++) {
        const FrostFilesystem *fs = g_ptr_array_index(plan->filesystems, i);

        if (is_entered(fs))
            enter_disks(ledger->data, fs);
    }
    ledger->data->mounts_of = (int32_t)plan->sys->mounts_of;
    frost_clock_note(plan->sys, ledger->data);
    return true;
}
