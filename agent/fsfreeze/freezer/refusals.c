/* SPDX-License-Identifier: MIT */
#include "refusals.h"

#include <sys/param.h>

#define TRIES_WITH_ONE_KEPT 3
#define KEEP_US (10ll * 1000 * 1000)

void
frost_refusals_init(FrostRefusals *self, FrostLedgerData *ledger)
{
    *self = (FrostRefusals){.ledger = ledger};
    for (uint32_t i = 0; i < atomic_load(&ledger->count); i++)
        self->is_open[i] = ledger->filesystems[i].fd >= 0;
}

void
frost_refusals_begin(FrostRefusals *self)
{
    atomic_store(&self->first_us, 0);
    if (frost_refusals_any(self))
        atomic_store(&self->any_ever, true);
    for (uint32_t i = 0; i < atomic_load(&self->ledger->count); i++) {
        atomic_store(&self->count[i], 0);
        if (self->is_open[i])
            frost_ledger_step(&self->ledger->filesystems[i], FROST_FS_STUCK, FROST_FS_FROZEN);
    }
}

void
frost_refusals_note(FrostRefusals *self, const FrostLedgerFs *fs, int64_t now_us)
{
    int64_t none = 0;

    if (!self->is_open[fs - self->ledger->filesystems])
        return;
    atomic_store(&self->any_ever, true);
    atomic_compare_exchange_strong(&self->first_us, &none, now_us);
    atomic_fetch_add(&self->count[fs - self->ledger->filesystems], 1);
}

static bool
is_refused(const FrostRefusals *self, uint32_t i)
{
    return self->is_open[i] && frost_ledger_is_refused(&self->ledger->filesystems[i]);
}

static bool
is_stuck(const FrostRefusals *self, uint32_t i, bool is_open)
{
    return self->is_open[i] == is_open &&
           atomic_load(&self->ledger->filesystems[i].state) == FROST_FS_STUCK;
}

bool
frost_refusals_any(const FrostRefusals *self)
{
    for (uint32_t i = 0; i < atomic_load(&self->ledger->count); i++) {
        if (is_refused(self, i))
            return true;
    }
    return false;
}

bool
frost_refusals_any_out_of_reach(const FrostRefusals *self)
{
    for (uint32_t i = 0; i < atomic_load(&self->ledger->count); i++) {
        if (is_stuck(self, i, false))
            return true;
    }
    return false;
}

uint32_t
frost_refusals_least(const FrostRefusals *self)
{
    uint32_t least = 0;

    for (uint32_t i = 0; i < atomic_load(&self->ledger->count); i++) {
        if (!is_stuck(self, i, true))
            continue;
        uint32_t count = MAX(atomic_load(&self->count[i]), 1); /* noted before it became STUCK */
        least = least == 0 ? count : MIN(least, count);
    }
    return least;
}

static int
level_of(const FrostRefusals *self, uint32_t i)
{
    return (int)frost_ledger_level_of(self->ledger, i);
}

int
frost_refusals_kept_level(const FrostRefusals *self, int64_t now_us)
{
    int64_t first_us = atomic_load(&self->first_us);
    int highest = -1;

    if (!atomic_load(&self->any_ever) || (first_us != 0 && now_us - first_us >= KEEP_US))
        return -1;
    for (uint32_t i = 0; i < atomic_load(&self->ledger->count); i++) {
        if (is_refused(self, i) && atomic_load(&self->count[i]) < TRIES_WITH_ONE_KEPT)
            highest = MAX(highest, level_of(self, i));
    }
    return highest;
}

bool
frost_refusals_are_waited_for(const FrostRefusals *self, uint32_t index, int level)
{
    return level_of(self, index) + is_refused(self, index) <= level;
}

/* Puts @i behind all of @out that are thawed before it. */
static void
insert(const FrostRefusals *self, uint16_t *out, unsigned count, uint32_t i)
{
    while (count > 0 && level_of(self, out[count - 1]) < level_of(self, i)) {
        out[count] = out[count - 1];
        count--;
    }
    out[count] = (uint16_t)i;
}

unsigned
frost_refusals_list_stuck(const FrostRefusals *self, uint16_t *out)
{
    unsigned count = 0;

    for (uint32_t i = atomic_load(&self->ledger->count); i-- > 0;) {
        if (is_stuck(self, i, true))
            insert(self, out, count++, i);
    }
    return count;
}
