/* SPDX-License-Identifier: MIT */
#include "knob-restorer.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "disk-knobs.h"
#include "stop.h"

/* After fork: only what is safe there. */
static _Noreturn void
restore_all(FrostKernel *kernel, FrostLedgerData *data)
{
    syscall(SYS_close_range, 0u, ~0u, 0u);
    frost_stop_point("restorer", "starting");
    for (uint32_t i = 0; i < FROST_LEDGER_DISKS; i++) {
        FrostLedgerDisk *disk = &data->disks[i];

        frost_disk_knobs_recover(kernel, disk->device, disk->old, &disk->turned_by);
    }
    _exit(0);
}

pid_t
frost_knob_restorer_start(FrostSys *sys, const FrostLedger *ledger)
{
    if (!frost_ledger_owes_knobs(ledger->data))
        return 0;
    pid_t pid = fork();

    if (pid == 0)
        restore_all(&sys->kernel, ledger->data);
    return pid < 0 ? -errno : pid;
}
