/* SPDX-License-Identifier: MIT */
#include "ledger-data.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <unistd.h>

/* The mapping has room for the most filesystems there can be. Only the part that is reserved in
 * the file (ledger.h) is ever touched. */
int
frost_ledger_map(FrostLedger *out, int fd, int lock_fd)
{
    void *data = mmap(NULL, sizeof(FrostLedgerData), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (data == MAP_FAILED)
        return -errno;
    *out = (FrostLedger){.fd = fd, .lock_fd = lock_fd, .data = data};
    return 0;
}

bool
frost_ledger_is_active(const FrostLedger *self)
{
    return atomic_load(&self->data->active) != FROST_LEDGER_HISTORY;
}

/* Into the file, while the ledger is in memory. */
static void
write_number(const FrostLedger *self, uint32_t number, size_t where)
{
    ssize_t r;

    do {
        r = pwrite(self->lock_fd, &number, sizeof number, (off_t)where);
    } while (r < 0 && errno == EINTR);
}

/* Writes nothing if another program has frozen a filesystem, as the write might hang. What is owed
 * comes first: an agent that sees that all is thawed may answer a thaw at once. */
void
frost_ledger_note_thawed(const FrostLedger *self)
{
    const size_t where = offsetof(FrostLedgerData, active);
    uint32_t activity;

    if (self->lock_fd < 0 || frost_ledger_holds(self) ||
        frost_ledger_count(self, FROST_FS_FOREIGN) > 0 ||
        pread(self->lock_fd, &activity, sizeof activity, (off_t)where) != sizeof activity ||
        activity != FROST_LEDGER_ELSEWHERE)
        return;
    write_number(self, frost_ledger_owed_limit_s(self->data),
                 offsetof(FrostLedgerData, owed_limit_s));
    write_number(self, atomic_load(&self->data->owed), offsetof(FrostLedgerData, owed));
    write_number(self, FROST_LEDGER_HISTORY, where);
}

void
frost_ledger_end(FrostLedger *self)
{
    if (frost_ledger_holds(self))
        return;
    frost_ledger_owe_lost(self);
    atomic_store(&self->data->active, FROST_LEDGER_HISTORY);
    /* LOCK_UN acts on all copies of the descriptor, so the next freeze need not wait until the
     * freezer has exited. */
    if (self->lock_fd >= 0)
        flock(self->lock_fd, LOCK_UN);
}

uint32_t
frost_ledger_new_owner(FrostLedger *self)
{
    return atomic_fetch_add(&self->data->owner, 1) + 1;
}

void
frost_ledger_mark(FrostLedger *self, FrostStep step, int64_t now_us)
{
    int64_t never = 0;

    atomic_compare_exchange_strong(&self->data->step_us[step], &never, now_us);
}

const FrostLedgerFs *
frost_ledger_find_stuck(const FrostLedger *self)
{
    uint32_t count = atomic_load(&self->data->count);

    for (uint32_t i = 0; i < count; i++) {
        if (atomic_load(&self->data->filesystems[i].state) == FROST_FS_STUCK)
            return &self->data->filesystems[i];
    }
    return NULL;
}

const FrostLedgerFs *
frost_ledger_find_held(const FrostLedger *self)
{
    uint32_t count = atomic_load(&self->data->count);
    const FrostLedgerFs *stuck = frost_ledger_find_stuck(self);

    for (uint32_t i = 0; !stuck && i < count; i++) {
        const FrostLedgerFs *fs = &self->data->filesystems[i];

        if (frost_fs_state_is_held((FrostFsState)atomic_load(&fs->state)))
            return fs;
    }
    return stuck;
}

bool
frost_ledger_is_refused(const FrostLedgerFs *fs)
{
    FrostFsState state = (FrostFsState)atomic_load(&fs->state);

    return state == FROST_FS_STUCK ||
           (state == FROST_FS_FROZEN && atomic_load(&fs->thaw_begun_us) != 0);
}

unsigned
frost_ledger_level_of(const FrostLedgerData *data, uint32_t index)
{
    const FrostLedgerFs *fs = &data->filesystems[index];

    return atomic_load(&data->repeated_us) != 0 ? fs->turn : fs->level;
}

bool
frost_ledger_holds(const FrostLedger *self)
{
    return frost_ledger_find_held(self) != NULL;
}

unsigned
frost_ledger_count(const FrostLedger *self, FrostFsState state)
{
    uint32_t count = atomic_load(&self->data->count);
    unsigned found = 0;

    for (uint32_t i = 0; i < count; i++)
        found += atomic_load(&self->data->filesystems[i].state) == state;
    return found;
}

/* CLOCK_BOOTTIME; until this step is noted, the end of the last FITHAW. 0: there was none. */
static int64_t
thawed_us(const FrostLedgerData *data)
{
    int64_t last_us = atomic_load(&data->step_us[FROST_STEP_THAWED]);
    uint32_t count = last_us == 0 ? atomic_load(&data->count) : 0;

    for (uint32_t i = 0; i < count; i++)
        last_us = MAX(last_us, atomic_load(&data->filesystems[i].thawed_us));
    return last_us;
}

uint32_t
frost_ledger_owed_limit_s(const FrostLedgerData *data)
{
    uint32_t limit_s = atomic_load(&data->owed_limit_s);
    int64_t held_s = (thawed_us(data) - atomic_load(&data->frozen_us)) / 1000000;

    if (limit_s != 0)
        return limit_s;
    return held_s >= 1 && held_s < INT32_MAX ? (uint32_t)held_s : 1;
}

/* Settled last: a process that is killed in between leaves it to the next. */
void
frost_ledger_owe_lost(FrostLedger *self)
{
    FrostLedgerData *data = self->data;
    unsigned lost = frost_ledger_count(self, FROST_FS_LOST);
    uint32_t none = FROST_RELEASE_NONE;

    if (atomic_load(&data->frozen_us) == 0 || lost <= atomic_load(&data->losses_settled))
        return;
    atomic_compare_exchange_strong(&data->owed, &none, FROST_RELEASE_FOREIGN);
    atomic_store(&data->losses_settled, lost);
}

void
frost_ledger_forgive_lost(FrostLedger *self)
{
    atomic_store(&self->data->losses_settled, frost_ledger_count(self, FROST_FS_LOST));
}

bool
frost_ledger_has_faltered(const FrostLedgerFs *fs)
{
    return atomic_load(&fs->state) == FROST_FS_THAWED && atomic_load(&fs->error) != 0;
}

const FrostLedgerFs *
frost_ledger_find_amiss(const FrostLedger *self)
{
    const FrostLedgerFs *faltered = NULL;

    for (uint32_t i = atomic_load(&self->data->count); i-- > 0;) {
        const FrostLedgerFs *fs = &self->data->filesystems[i];

        if (atomic_load(&fs->state) == FROST_FS_LOST)
            return fs;
        if (frost_ledger_has_faltered(fs))
            faltered = fs;
    }
    return faltered;
}

bool
frost_ledger_step(FrostLedgerFs *fs, FrostFsState from, FrostFsState to)
{
    uint32_t expected = from;

    assert(frost_fs_state_may_become(from, to));
    return atomic_compare_exchange_strong(&fs->state, &expected, to);
}
