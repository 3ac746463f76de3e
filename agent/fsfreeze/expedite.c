/* SPDX-License-Identifier: MIT */
#include "expedite.h"

int
frost_expedite_open(FrostSys *sys, FrostLedgerData *ledger)
{
    bool on = false;
    int fd = sys->expedite_open(sys, &on);

    if (fd >= 0 && !on)
        return fd;
    if (fd >= 0) {
        g_debug("grace periods are expedited already");
        sys->close(sys, fd);
    } else {
        atomic_store(&ledger->lacks[FROST_LACK_EXPEDITED], -fd);
    }
    return -1;
}

/* First the note, then the deed: a death between the two costs a write of what is there already. */
void
frost_expedite_begin(FrostSys *sys, FrostLedgerData *ledger)
{
    if (ledger->expedite_fd <= 0)
        return;
    atomic_store(&ledger->expedited, 1);
    if (sys->expedite(sys, ledger->expedite_fd, true) < 0)
        atomic_store(&ledger->expedited, 0);
}

void
frost_expedite_end(FrostSys *sys, FrostLedgerData *ledger)
{
    if (ledger->expedite_fd <= 0 || !atomic_load(&ledger->expedited))
        return;
    if (sys->expedite(sys, ledger->expedite_fd, false) == 0)
        atomic_store(&ledger->expedited, 0);
}

void
frost_expedite_recover(FrostSys *sys, FrostLedgerData *ledger)
{
    bool on;
    int fd = atomic_load(&ledger->expedited) ? sys->expedite_open(sys, &on) : -1;

    if (fd < 0)
        return;
    if (sys->expedite(sys, fd, false) == 0)
        atomic_store(&ledger->expedited, 0);
    sys->close(sys, fd);
}
