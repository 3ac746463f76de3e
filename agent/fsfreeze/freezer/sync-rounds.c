/* SPDX-License-Identifier: MIT */
#include "sync-rounds.h"

#include <string.h>
#include <sys/param.h>

#include "deadline.h"

/* Syncing once more pays while a round has found much to do: what was written meanwhile is about
 * as much as was written in the round before. */
#define ANOTHER_ROUND_US (200 * 1000)
/* A writer as fast as the disk would have us sync for ever. */
#define ROUNDS_MAX 3
/* No further round begins this long after the first. */
#define NO_NEW_ROUND_US (30 * 1000 * 1000)
/* All rounds and what is left then take at most this part longer than the first round. */
#define SHARE 4
/* No hook has run between two syncs that are so close. */
#define NOTHING_BETWEEN_US (50 * 1000)

static uint32_t
count_of(const FrostSyncRounds *self)
{
    return atomic_load(&self->workers->ledger->count);
}

static FrostLedgerFs *
entry(const FrostSyncRounds *self, uint32_t i)
{
    return &self->workers->ledger->filesystems[i];
}

static int64_t
now_us(const FrostSyncRounds *self)
{
    return frost_kernel_now_us(self->workers->kernel);
}

/* While ext4 commits, a writer waits for the journal's blocks, and those wait in the device's queue
 * behind all the data that syncfs has put there. Several at once share the disk, and their writers
 * wait for all of that: measured 30 ms instead of 6, at worst 80 instead of 19. xfs has no such
 * wait. Once a hook holds a database, it is the end of the sync that counts, and little is dirty.
 */
static bool
waits_its_turn(const FrostSyncRounds *self, uint32_t i)
{
    return self->gently && strncmp(entry(self, i)->fs_type, "ext", 3) == 0;
}

static bool
is_synced(const FrostSyncRounds *self, uint32_t i)
{
    return atomic_load(&entry(self, i)->synced) >= self->rounds;
}

static void
post_all(FrostSyncRounds *self, FrostTask task, bool in_turn)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (waits_its_turn(self, i) == in_turn)
            frost_workers_post(self->workers, task, i);
    }
}

/* A turn that waits would keep back those that need not wait. */
static void
begin_round(FrostSyncRounds *self)
{
    self->round++;
    self->rounds++;
    atomic_store(&self->workers->ledger->gentle.rounds, self->rounds);
    self->round_begun_us = now_us(self);
    if (self->workers->backlog)
        frost_backlog_mark(self->workers->backlog);
    post_all(self, FROST_TASK_SYNC, false);
    post_all(self, FROST_TASK_SYNC_IN_TURN, true);
}

void
frost_sync_rounds_begin(FrostSyncRounds *self)
{
    self->gently = self->rounds == 0; /* the first of a freeze comes before the hooks */
    self->round = 0;
    self->begun_us = now_us(self);
    begin_round(self);
}

/* The first filesystem whose sync of this round has not ended; -1: none. */
static int32_t
find_unsynced(const FrostSyncRounds *self)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (!is_synced(self, i))
            return (int32_t)i;
    }
    return -1;
}

/* Of those that are synced all at once: their time has begun before any turn's. */
static int32_t
find_unsynced_beside(const FrostSyncRounds *self)
{
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (!waits_its_turn(self, i) && !is_synced(self, i))
            return (int32_t)i;
    }
    return -1;
}

/* @rest_us: how long the next round would take. What comes during that follows in proportion. */
static bool
is_worth_its_time(const FrostSyncRounds *self, int64_t now, int64_t rest_us)
{
    int64_t took_us = now - self->round_begun_us;
    int64_t after_us = took_us > 0 ? (int64_t)((double)rest_us * rest_us / took_us) : 0;

    return now - self->begun_us + rest_us + after_us <= self->first_us + self->first_us / SHARE;
}

static bool
another_round_pays(FrostSyncRounds *self)
{
    const FrostLedgerData *ledger = self->workers->ledger;
    int64_t now = now_us(self);
    int64_t took_us = now - self->round_begun_us;

    self->is_left = false;
    if (self->round == 1)
        self->first_us = took_us;
    if (took_us <= ANOTHER_ROUND_US)
        return false;
    int64_t rest_us =
        self->workers->backlog ? frost_backlog_rest_us(self->workers->backlog, took_us) : -1;
    if (rest_us >= 0 && rest_us <= ledger->stall_target_us)
        return false;
    self->is_left = rest_us >= 0 && !is_worth_its_time(self, now, rest_us);
    return !self->is_left && self->round < ROUNDS_MAX && now - self->begun_us < NO_NEW_ROUND_US;
}

bool
frost_sync_rounds_may_skip(const FrostSyncRounds *self)
{
    return self->is_left && now_us(self) - self->done_us < NOTHING_BETWEEN_US;
}

FrostSyncState
frost_sync_rounds_advance(FrostSyncRounds *self, int32_t *out_culprit)
{
    if (find_unsynced(self) >= 0)
        return FROST_SYNC_RUNS;
    for (uint32_t i = 0; i < count_of(self); i++) {
        if (atomic_load(&entry(self, i)->error) != 0) {
            *out_culprit = (int32_t)i;
            return FROST_SYNC_FAILED;
        }
    }
    if (!another_round_pays(self)) {
        self->done_us = now_us(self);
        return FROST_SYNC_DONE;
    }
    begin_round(self);
    return FROST_SYNC_RUNS;
}

int64_t
frost_sync_rounds_deadline(const FrostSyncRounds *self)
{
    int64_t begun_us = self->round_begun_us;

    if (find_unsynced_beside(self) < 0) {
        int64_t turn_begun_us;

        frost_workers_turn(self->workers, &turn_begun_us);
        begun_us = MAX(begun_us, turn_begun_us);
    }
    return frost_deadline_after(begun_us, self->workers->ledger->sync_limit_us);
}

int32_t
frost_sync_rounds_find_slow(const FrostSyncRounds *self)
{
    int64_t begun_us;
    int32_t slow = find_unsynced_beside(self);

    if (slow < 0)
        slow = frost_workers_turn(self->workers, &begun_us);
    return slow < 0 ? find_unsynced(self) : slow;
}
