/* SPDX-License-Identifier: MIT */
#include "seal.h"

static void
note(const FrostSeal *self, FrostDegraded lack, int r)
{
    if (r < 0)
        atomic_store(&self->ledger->degraded[lack], -r);
}

void
frost_seal_open(FrostSeal *out, FrostKernel *kernel, FrostLedgerData *ledger, bool is_wanted)
{
    *out = (FrostSeal){.kernel = kernel, .ledger = ledger, .is_wanted = is_wanted, .rules = -1};
    atomic_store(&ledger->degraded[FROST_DEGRADED_RIGHTS], 0);
    atomic_store(&ledger->degraded[FROST_DEGRADED_FILES], 0);
    atomic_store(&ledger->degraded[FROST_DEGRADED_CALLS], 0);
    if (!is_wanted)
        return;
    note(out, FROST_DEGRADED_RIGHTS, kernel->bar_new_rights(kernel));
    out->rules = kernel->open_rules(kernel);
    note(out, FROST_DEGRADED_FILES, out->rules);
}

void
frost_seal_note_all(const FrostSeal *self, int r)
{
    note(self, FROST_DEGRADED_RIGHTS, r);
    note(self, FROST_DEGRADED_FILES, r);
    note(self, FROST_DEGRADED_CALLS, r);
}

void
frost_seal_thread(const FrostSeal *self)
{
    if (!self->is_wanted)
        return;
    note(self, FROST_DEGRADED_RIGHTS, self->kernel->keep_right_to_freeze(self->kernel));
    if (self->rules >= 0)
        note(self, FROST_DEGRADED_FILES, self->kernel->shut_files(self->kernel, self->rules));
}

/* Those on which it may call FIFREEZE and FITHAW. */
static unsigned
list_filesystems(const FrostSeal *self, int out_fds[FROST_LEDGER_FILESYSTEMS])
{
    unsigned count = 0;

    for (uint32_t i = 0; i < atomic_load(&self->ledger->count); i++) {
        const FrostLedgerFs *fs = &self->ledger->filesystems[i];

        if (fs->fd >= 0 && !fs->sync_only)
            out_fds[count++] = fs->fd;
    }
    return count;
}

void
frost_seal_close(FrostSeal *self)
{
    int fds[FROST_LEDGER_FILESYSTEMS];

    if (!self->is_wanted || self->is_closed)
        return;
    self->is_closed = true;
    frost_seal_thread(self);
    if (self->rules >= 0)
        self->kernel->close(self->kernel, self->rules);
    note(self, FROST_DEGRADED_CALLS,
         self->kernel->shut_calls(self->kernel, fds, list_filesystems(self, fds)));
}
