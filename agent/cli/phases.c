/* SPDX-License-Identifier: MIT */
#include "phases.h"

#define WAY_UP 5 /* plan to freeze: the phases in which a freeze can fail */
#define HOOK 2
#define FAILED_FILL 'x'

typedef struct {
    FrostPhase *out;
    unsigned count;
    int64_t cursor_us;
} Row;

/* Adds a phase, unless its end was not reached. If the end is before the last one, the length is 0.
 */
static void
add(Row *row, const char *name, char fill, int64_t end_us)
{
    if (end_us < 0)
        return;

    FrostPhase *phase = &row->out[row->count++];
    *phase = (FrostPhase){name, fill, false, row->cursor_us, MAX(end_us, row->cursor_us)};
    row->cursor_us = phase->end_us;
}

static const FrostRecordHook *
first_hook(const FrostRecord *record, const char *phase)
{
    for (guint i = 0; i < record->hooks->len; i++) {
        const FrostRecordHook *hook = g_ptr_array_index(record->hooks, i);

        if (g_strcmp0(hook->phase, phase) == 0)
            return hook;
    }
    return NULL;
}

/* The first known time at which undoing began, or the end of all. */
static int64_t
first_undo_us(const FrostRecord *record)
{
    const FrostRecordHook *hook = first_hook(record, "thaw");
    const int64_t times[] = {record->thaw_begun_us, record->thawed_us, hook ? hook->begun_us : -1,
                             record->hooks_down_us, record->ended_us};

    for (unsigned i = 0; i < G_N_ELEMENTS(times); i++) {
        if (times[i] >= 0)
            return times[i];
    }
    return -1;
}

/* The phase after the last one that was completed. */
static unsigned
failed_step(const FrostRecord *record, const int64_t ends[WAY_UP])
{
    unsigned step = 0;

    for (unsigned i = 0; i < WAY_UP; i++) {
        if (ends[i] >= 0)
            step = i + 1;
    }
    if (record->freeze_begun_us >= 0)
        return WAY_UP - 1;
    return step == HOOK && !first_hook(record, "freeze") ? HOOK + 1 : step;
}

static void
add_way_up(Row *row, const FrostRecord *record)
{
    static const char *const names[WAY_UP] = {"plan", "sync", "hook", "sync", "freeze"};
    static const char fills[] = ".~+~>";
    const int64_t ends[WAY_UP] = {record->planned_us, record->synced_us, record->hooks_up_us,
                                  record->resynced_us, record->frozen_us};
    bool failed = record->frozen_us < 0 && record->end != FROST_END_NOTHING_FROZEN;
    unsigned last = failed ? failed_step(record, ends) : WAY_UP;

    for (unsigned i = 0; i < MIN(last, WAY_UP); i++) {
        if (i == WAY_UP - 1)
            row->cursor_us = MAX(row->cursor_us, record->freeze_begun_us);
        if (i == HOOK && !first_hook(record, "freeze"))
            row->cursor_us = MAX(row->cursor_us, ends[i]);
        else if (ends[i] != row->cursor_us)
            add(row, names[i], fills[i], ends[i]);
    }
    if (last < WAY_UP && first_undo_us(record) >= 0) {
        add(row, names[last], FAILED_FILL, first_undo_us(record));
        row->out[row->count - 1].failed = true;
    }
}

unsigned
frost_phases_of(const FrostRecord *record, FrostPhase out[FROST_PHASES_MAX])
{
    Row row = {out, 0, 0};
    bool was_frozen = record->frozen_us >= 0 && record->count > 0;

    add_way_up(&row, record);
    if (was_frozen)
        add(&row, "frozen", '#', first_undo_us(record));
    add(&row, "thaw", '<', record->thawed_us);
    if (first_hook(record, "thaw"))
        add(&row, "hook", '+', record->hooks_down_us);
    return row.count;
}
