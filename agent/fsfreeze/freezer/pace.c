/* SPDX-License-Identifier: MIT */
#include "pace.h"

#include <sys/param.h>

#include "deadline.h"

#define SECOND_US (1000 * 1000)
/* So long a sync waits until the queues are turned: what was in them before has to be written. */
#define TURN_WAIT_US (2 * SECOND_US)
/* A queue of four requests is to take about this time. */
#define QUEUE_US 5000
#define QUEUE_REQUESTS 4
/* The least of a request, in KiB: of a disk that writes 60 MB a second. */
#define GENTLE_KIB 64
/* What is tried next is so many times as long: for each try the disks stand still for a moment. */
#define LONGER 4
/* More than any disk takes at once; its old value is the limit. */
#define LONGEST_KIB 4096
/* From one look to the next, at the least. */
#define WATCH_US (50 * 1000)
/* Looks become rarer: the next is after this part of the time that the sync has taken. So a sync
 * that hangs for minutes wakes nobody many times. */
#define WATCH_PART 16
/* If the disks have written less meanwhile, that tells nothing. */
#define TELLING_BYTES (1u << 20)
/* A longer request is better if the disks write so many times as much. */
#define GAIN 2
/* Programs that write more than this part of what the disks do are fast. */
#define SHARE 4

static int64_t
now_us(const FrostPace *self)
{
    return frost_kernel_now_us(self->workers->kernel);
}

static uint64_t
written_now(const FrostPace *self)
{
    return frost_stall_written(self->disks, self->workers->kernel, self->workers->ledger);
}

/* A disk that is gone has written nothing. */
static uint64_t
growth(uint64_t then, uint64_t now)
{
    return now > then ? now - then : 0;
}

/* What is dirty on the machine, less what is known to be other disks'. */
static uint64_t
dirty_now(const FrostPace *self)
{
    const FrostBacklog *backlog = self->workers->backlog;

    return backlog ? growth(self->elsewhere, frost_backlog_now(backlog)) : 0;
}

static void
want(FrostPace *self, uint32_t kib)
{
    FrostDiskQueues *queues = self->workers->queues;

    self->kib = kib;
    self->is_turning = true;
    atomic_store(&queues->wanted, kib);
    for (unsigned i = 0; i < FROST_LEDGER_DISKS; i++) {
        if (queues->is_open[i])
            frost_workers_post_first(self->workers, FROST_TASK_QUEUE, i);
    }
}

/* A worker is to see what programs have taken of the filesystems. */
static void
ask_for_space(FrostPace *self)
{
    if (frost_space_ask(&self->workers->space))
        frost_workers_post_first(self->workers, FROST_TASK_SPACE, 0);
}

static FrostLedgerGentle *
gentle_part(const FrostPace *self)
{
    return &self->workers->ledger->gentle;
}

/* Why the queues are left alone in this sync; FROST_GENTLE_NONE: they are not. The sync after the
 * hooks mostly finds little. */
static FrostGentleEnd
find_hindrance(const FrostPace *self)
{
    const FrostWorkers *workers = self->workers;

    if (!workers->ledger->is_paced)
        return FROST_GENTLE_OFF;
    if (workers->backlog && self->found < FROST_BACKLOG_MUCH)
        return FROST_GENTLE_LITTLE;
    if (!workers->queues || workers->queues->count == 0)
        return FROST_GENTLE_NO_QUEUES;
    return FROST_GENTLE_NONE;
}

static void
note_found(const FrostPace *self)
{
    FrostLedgerGentle *gentle = gentle_part(self);

    if (self->found <= atomic_load(&gentle->found))
        return;
    atomic_store(&gentle->found, self->found);
    atomic_store(&gentle->expected_us, 0);
}

/* An earlier sync whose queues were short tells more than this one. */
static void
note_hindrance(const FrostPace *self, FrostGentleEnd hindrance)
{
    FrostLedgerGentle *gentle = gentle_part(self);

    if (atomic_load(&gentle->end) < FROST_GENTLE_CUT)
        atomic_store(&gentle->end, hindrance);
}

void
frost_pace_begin(FrostPace *self)
{
    self->found = dirty_now(self);
    note_found(self);
    FrostGentleEnd hindrance = find_hindrance(self);
    if (hindrance != FROST_GENTLE_NONE) {
        note_hindrance(self, hindrance);
        return;
    }
    atomic_store(&gentle_part(self)->end, FROST_GENTLE_CUT);
    self->state = FROST_PACE_TURNING;
    self->until_us = now_us(self) + TURN_WAIT_US;
    self->written_then = written_now(self);
    self->is_settled = false;
    self->best_kib = 0;
    self->best_rate = 0;
    frost_space_begin(&self->workers->space, self->workers->ledger);
    ask_for_space(self);
    want(self, GENTLE_KIB);
}

static bool
is_short(const FrostPace *self)
{
    return self->state == FROST_PACE_GENTLE || self->state == FROST_PACE_OUTRUN;
}

/* The queues are to be as before. */
static void
let_go(FrostPace *self)
{
    if (is_short(self))
        atomic_fetch_add(&gentle_part(self)->paced_us, now_us(self) - self->begun_us);
    self->look_us = 0;
    want(self, FROST_QUEUE_NORMAL);
}

/* A sync has written all that was dirty on the disks of the freeze. So if they have written less
 * than was dirty on the machine, the rest was other disks'. What is still dirty may be that rest,
 * but for what programs have put into new files of ours meanwhile. Two cases tell nothing: a btrfs
 * may compress, or be on more disks than the one that is counted; and once programs are fast,
 * nobody looks at their files any more. */
static void
note_elsewhere(FrostPace *self)
{
    const FrostSpace *space = &self->workers->space;
    uint64_t written = growth(self->written_then, written_now(self));
    uint64_t left = growth(atomic_load(&space->taken), dirty_now(self));

    if (space->is_known && self->state != FROST_PACE_OUTRUN)
        self->elsewhere += MIN(growth(written, self->found), left);
}

void
frost_pace_end(FrostPace *self, bool is_written)
{
    if (!is_short(self))
        return;
    let_go(self);
    if (is_written) {
        note_elsewhere(self);
        atomic_store(&gentle_part(self)->end,
                     self->state == FROST_PACE_OUTRUN ? FROST_GENTLE_OUTRUN : FROST_GENTLE_DONE);
    }
    self->state = FROST_PACE_RETURNING;
    self->until_us = frost_deadline_after(now_us(self), self->workers->ledger->sync_limit_us);
}

void
frost_pace_break_off(FrostPace *self)
{
    if (self->state != FROST_PACE_NORMAL && self->state != FROST_PACE_RETURNING)
        let_go(self);
    self->state = FROST_PACE_NORMAL;
}

static void
watch(FrostPace *self)
{
    self->looked_us = now_us(self);
    self->written = written_now(self);
    int64_t wait_us = MAX(WATCH_US, (self->looked_us - self->begun_us) / WATCH_PART);
    self->look_us = self->found > 0 ? self->looked_us + wait_us : 0;
}

/* How long four requests take. */
static int64_t
queue_us(uint32_t kib, uint64_t rate)
{
    return (int64_t)((uint64_t)QUEUE_REQUESTS * kib * 1024 * SECOND_US / rate);
}

/* A power of two that fills the queue of such a disk for as long as it is to be filled. */
static uint32_t
find_length(uint64_t rate)
{
    uint32_t kib = GENTLE_KIB;

    while (kib < LONGEST_KIB && queue_us(kib * 2, rate) <= QUEUE_US)
        kib *= 2;
    return kib;
}

/* Of the sync that had most to write. */
static void
note_expected(const FrostPace *self)
{
    FrostLedgerGentle *gentle = gentle_part(self);
    double seconds = (double)self->found / (double)self->best_rate;

    if (self->found == atomic_load(&gentle->found))
        atomic_store(&gentle->expected_us, (int64_t)(seconds * SECOND_US));
}

/* A disk that takes about as long for any request, or whose machine is busy, writes much more in
 * longer ones; one that is slow itself does not. @rate: of the length of now. */
static void
try_length(FrostPace *self, uint64_t rate)
{
    uint32_t suits = find_length(MAX(rate, self->best_rate));
    uint32_t next = MAX(self->kib * LONGER, suits);

    if (self->best_kib != 0 && rate < self->best_rate * GAIN) {
        self->is_settled = true;
        want(self, MAX(self->best_kib, suits));
        return;
    }
    self->best_kib = self->kib;
    self->best_rate = rate;
    note_expected(self);
    self->is_settled = next > LONGEST_KIB;
    if (!self->is_settled)
        want(self, next);
}

/* What programs have written meanwhile is at most what the disks have, less what the dirty memory
 * has lost. But that is the whole machine's: much of it may belong to other disks. What belongs to
 * ours takes space on the filesystems; or, written over old data, it shows once the disks have
 * written more than was dirty anywhere. */
static uint64_t
written_anew(const FrostPace *self, uint64_t written)
{
    const FrostSpace *space = &self->workers->space;
    uint64_t lost = growth(dirty_now(self), self->found);
    uint64_t most = growth(lost, written);
    uint64_t least = MAX(atomic_load(&space->taken), growth(self->found, written));

    return space->is_known ? MIN(least, most) : most;
}

static bool
is_outrun(const FrostPace *self, uint64_t written_now)
{
    uint64_t written = growth(self->written_then, written_now);

    return written >= FROST_BACKLOG_MUCH && written_anew(self, written) > written / SHARE;
}

void
frost_pace_look(FrostPace *self)
{
    if (self->state != FROST_PACE_GENTLE || self->look_us == 0 || now_us(self) < self->look_us)
        return;
    uint64_t now = written_now(self);
    uint64_t meanwhile = growth(self->written, now);
    int64_t took_us = MAX(now_us(self) - self->looked_us, 1);

    if (is_outrun(self, now)) {
        want(self, LONGEST_KIB);
        self->state = FROST_PACE_OUTRUN;
        self->look_us = 0;
        return;
    }
    if (!self->is_turning && !self->is_settled && meanwhile >= TELLING_BYTES)
        try_length(self, meanwhile * SECOND_US / (uint64_t)took_us);
    ask_for_space(self);
    watch(self);
}

bool
frost_pace_is_waited_for(const FrostPace *self)
{
    return self->state == FROST_PACE_TURNING || self->state == FROST_PACE_RETURNING;
}

/* True once all disks have got what is wanted. */
static bool
has_followed(FrostPace *self)
{
    self->is_turning = self->is_turning && !frost_disk_queues_have_followed(self->workers->queues);
    return !self->is_turning;
}

/* What is written while a queue is turned tells nothing of a length. */
static void
watch_from_now(FrostPace *self)
{
    if (self->is_turning && has_followed(self))
        watch(self);
}

/* Of those that are waited for: none is inside the kernel when FIFREEZE is called. */
static bool
are_back(const FrostPace *self)
{
    return self->state == FROST_PACE_TURNING || frost_space_is_answered(&self->workers->space);
}

bool
frost_pace_advance(FrostPace *self)
{
    bool begins = self->state == FROST_PACE_TURNING;

    if (self->state == FROST_PACE_GENTLE)
        watch_from_now(self);
    if (!frost_pace_is_waited_for(self))
        return true;
    bool is_ready = has_followed(self) && are_back(self);
    if (!is_ready && !(begins && now_us(self) >= self->until_us))
        return false;
    self->state = begins ? FROST_PACE_GENTLE : FROST_PACE_NORMAL;
    if (begins) {
        self->begun_us = now_us(self);
        watch(self);
    }
    return true;
}
