/* SPDX-License-Identifier: MIT */
#include "books.h"

void
frost_books_init(FrostBooks *self, FrostSys *sys)
{
    *self = (FrostBooks){.sys = sys, .inherited = g_array_new(FALSE, FALSE, sizeof(int))};
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

static const FrostLedgerFs *
find_held(const FrostLedger *ledger)
{
    for (uint32_t i = 0; i < atomic_load(&ledger->data->count); i++) {
        const FrostLedgerFs *fs = &ledger->data->filesystems[i];

        if (frost_fs_state_is_held((FrostFsState)atomic_load(&fs->state)))
            return fs;
    }
    return NULL;
}

/* A new freeze must not write over what still has to be thawed. */
static bool
is_free(const FrostLedger *ledger, GError **error)
{
    const FrostLedgerFs *held = frost_ledger_is_active(ledger) ? find_held(ledger) : NULL;

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

    close_inherited(self);
    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        FrostLedgerFs *fs = &data->filesystems[i];

        fs->fd = -1;
        frost_ledger_step(fs, FROST_FS_STUCK, FROST_FS_FROZEN);
        if (frost_fs_state_is_held((FrostFsState)atomic_load(&fs->state)))
            inherit(self, fs);
    }
}
