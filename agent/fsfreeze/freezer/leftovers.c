/* SPDX-License-Identifier: MIT */
#include "leftovers.h"

#include <errno.h>
#include <sys/param.h>

/* How long to wait between two checks. The time doubles after each check. */
#define FIRST_WAIT_US (20 * 1000)
#define LAST_WAIT_US (1280 * 1000)

static bool
is_between(const FrostLedgerFs *fs)
{
    FrostFsState state = (FrostFsState)atomic_load(&fs->state);

    return state == FROST_FS_FREEZING || state == FROST_FS_ABANDONED || state == FROST_FS_THAWING;
}

static bool
has_thread(FrostKernel *kernel, const FrostLedgerFs *fs)
{
    const FrostThreadName worker = {.id = atomic_load(&fs->worker),
                                    .start = atomic_load(&fs->worker_start)};

    return kernel->thread_lives(kernel, worker);
}

static bool
become(FrostLedgerFs *fs, FrostFsState to)
{
    return frost_ledger_step(fs, FROST_FS_FREEZING, to) ||
           frost_ledger_step(fs, FROST_FS_ABANDONED, to);
}

/* Takes the filesystem out of the state in which its dead thread left it. False for a thaw on a
 * device that has been suspended since: it stays undecided. */
static bool
decide(FrostKernel *kernel, FrostLedgerFs *fs)
{
    if (kernel->is_suspended(kernel, fs->device))
        return become(fs, FROST_FS_FOREIGN);
    if (become(fs, FROST_FS_FROZEN))
        return true;
    atomic_store(&fs->error, EOWNERDEAD);
    return frost_ledger_step(fs, FROST_FS_THAWING, FROST_FS_FROZEN);
}

void
frost_leftovers_init(FrostLeftovers *self, FrostKernel *kernel, FrostLedgerData *ledger)
{
    *self = (FrostLeftovers){.wait_us = FIRST_WAIT_US / 2};
    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++) {
        self->is_left[i] = is_between(&ledger->filesystems[i]);
        self->count += self->is_left[i];
    }
    frost_leftovers_look(self, kernel, ledger);
}

bool
frost_leftovers_look(FrostLeftovers *self, FrostKernel *kernel, FrostLedgerData *ledger)
{
    bool any_frozen = false;

    for (uint32_t i = 0; self->count > 0 && i < atomic_load(&ledger->count); i++) {
        FrostLedgerFs *fs = &ledger->filesystems[i];

        if (!self->is_left[i] || has_thread(kernel, fs) || !decide(kernel, fs))
            continue;
        self->is_left[i] = false;
        self->count--;
        any_frozen = any_frozen || atomic_load(&fs->state) == FROST_FS_FROZEN;
        self->wait_us = FIRST_WAIT_US / 2; /* others may follow soon */
    }
    self->wait_us = MIN(self->wait_us * 2, LAST_WAIT_US);
    self->look_us = frost_kernel_now_us(kernel) + self->wait_us;
    return any_frozen;
}
