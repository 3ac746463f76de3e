/* SPDX-License-Identifier: MIT */
#include "books.h"

#include <errno.h>

#include "expedite.h"

void
frost_books_init(FrostBooks *self, FrostSys *sys)
{
    *self = (FrostBooks){
        .sys = sys, .inherited = g_array_new(FALSE, FALSE, sizeof(int)), .expedite_fd = -1};
}

static void
close_inherited(FrostBooks *self)
{
    for (guint i = 0; i < self->inherited->len; i++)
        self->sys->close(self->sys, g_array_index(self->inherited, int, i));
    g_array_set_size(self->inherited, 0);
}

static void
put_away(FrostBooks *self)
{
    g_clear_pointer(&self->ledger, frost_ledger_free);
    g_clear_pointer(&self->plan, frost_plan_free);
    close_inherited(self);
    if (self->expedite_fd >= 0)
        self->sys->close(self->sys, self->expedite_fd);
    self->expedite_fd = -1;
}

void
frost_books_clear(FrostBooks *self)
{
    put_away(self);
    g_array_unref(self->inherited);
}

void
frost_books_close(FrostBooks *self)
{
    frost_ledger_end(self->ledger);
    put_away(self);
}

/* A new freeze must not write over what still has to be thawed. */
static bool
is_free(const FrostLedger *ledger, GError **error)
{
    const FrostLedgerFs *held =
        frost_ledger_is_active(ledger) ? frost_ledger_find_held(ledger) : NULL;

    if (held)
        g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD,
                    "%s is still frozen by an earlier freeze; it waits for a thaw",
                    held->mount_point);
    return !held;
}

bool
frost_books_open(FrostBooks *self, const char *statedir, const FrostPlanFilter *filter,
                 GError **error)
{
    self->ledger = frost_ledger_open(statedir, error);
    if (self->ledger && !is_free(self->ledger, error))
        return false;
    if (self->ledger)
        self->plan = frost_plan_new(self->sys, filter, error);
    if (self->plan && frost_ledger_begin(self->ledger, self->plan, error))
        return true;
    put_away(self);
    return false;
}

static void
inherit(FrostBooks *self, FrostLedgerFs *fs)
{
    int fd = frost_plan_reopen(self->sys, (dev_t)fs->mount_dev, (dev_t)fs->device);

    if (fd == -ENOENT) /* unmounted meanwhile, or hidden (K14) */
        fd = self->sys->open_unmounted(self->sys, (dev_t)fs->device, fs->fs_type);
    if (fd == -ESTALE) {
        g_warning("%s was left frozen by an earlier agent, and is gone: somebody has thawed and "
                  "unmounted it",
                  fs->mount_point);
        frost_ledger_step(fs, (FrostFsState)atomic_load(&fs->state), FROST_FS_LOST);
        return;
    }
    if (fd < 0) {
        g_critical("%s was left frozen by an earlier agent and cannot be reached: %s; mount its "
                   "device once more and run fsfreeze --unfreeze there",
                   fs->mount_point, g_strerror(-fd));
        return;
    }
    fs->fd = fd;
    g_array_append_val(self->inherited, fd);
}

void
frost_books_inherit(FrostBooks *self)
{
    FrostLedgerData *data = self->ledger->data;

    if (self->plan) /* our own freeze: the descriptors in the ledger are ours */
        return;
    data->expedite_fd = 0; /* a number of a process that is gone */
    close_inherited(self);
    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        FrostLedgerFs *fs = &data->filesystems[i];

        fs->fd = -1;
        frost_ledger_step(fs, FROST_FS_STUCK, FROST_FS_FROZEN);
        if (frost_fs_state_is_held((FrostFsState)atomic_load(&fs->state)))
            inherit(self, fs);
    }
}

void
frost_books_set_terms(FrostBooks *self, const FrostLimits *limits, bool expedite)
{
    FrostLedgerData *data = self->ledger->data;
    unsigned window_s = frost_limits_window_s(self->sys);

    data->sync_limit_us = (int64_t)limits->sync_s * 1000000;
    data->freeze_limit_us = (int64_t)limits->freeze_s * 1000000;
    data->hold_limit_us = (int64_t)limits->hold_s * 1000000;
    data->window_limit_us = (int64_t)window_s * 1000000;
    atomic_store(&data->owed_limit_s, frost_limits_told_s(limits, window_s));
    if (expedite)
        self->expedite_fd = frost_expedite_open(self->sys, data);
    data->expedite_fd = MAX(self->expedite_fd, 0);
}

bool
frost_books_are_incomplete(const FrostBooks *self)
{
    const FrostLedgerData *data = self->ledger->data;

    return atomic_load(&data->frozen_us) == 0 || atomic_load(&data->release) != FROST_RELEASE_NONE;
}
