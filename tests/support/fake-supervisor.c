/* SPDX-License-Identifier: MIT */
#include "fake-supervisor.h"

#include <string.h>

#include "freezer-errors.h"
#include "test-support.h"

#define FAKE_SUPERVISOR_FDS 16u

struct FakeSupervisor {
    FrostSupervisor base;
    FrostLedger *ledger;
    FrostFreezerNotify notify;
    void *user;
    GString *journal;
    GString *violations;
    const char *last;
    const char *awaits;
    bool runs;
    bool ready;
    int known_fds[FAKE_SUPERVISOR_FDS]; /* the descriptors in the ledger when it was started */
};

static void
note(FakeSupervisor *self, const char *request)
{
    g_string_append_printf(self->journal, "%s%s", self->journal->len ? " " : "", request);
    self->last = self->awaits = request;
}

static void
forbid(FakeSupervisor *self, bool wrong, const char *what)
{
    if (wrong)
        g_string_append_printf(self->violations, "%s (after: %s)\n", what, self->journal->str);
}

/* The numbers are of the table that the freezer has got; of one that came later it would not know.
 */
static bool
knows_all_fds(const FakeSupervisor *self)
{
    const FrostLedgerData *data = self->ledger->data;

    for (uint32_t i = 0; i < atomic_load(&data->count) && i < FAKE_SUPERVISOR_FDS; i++) {
        if (data->filesystems[i].fd != self->known_fds[i])
            return false;
    }
    return true;
}

static void
begin(FakeSupervisor *self, FrostLedger *ledger, FrostFreezerNotify notify, void *user)
{
    self->ledger = ledger;
    self->notify = notify;
    self->user = user;
    self->runs = true;
    self->ready = false;
    for (uint32_t i = 0; i < atomic_load(&ledger->data->count) && i < FAKE_SUPERVISOR_FDS; i++)
        self->known_fds[i] = ledger->data->filesystems[i].fd;
}

static void
fake_start(FrostSupervisor *base, FrostLedger *ledger, FrostFreezerNotify notify, void *user)
{
    FakeSupervisor *self = (FakeSupervisor *)base;

    forbid(self, self->runs, "started while it runs");
    begin(self, ledger, notify, user);
    note(self, "start");
}

static void
fake_retire(FrostSupervisor *base)
{
    FakeSupervisor *self = (FakeSupervisor *)base;

    forbid(self, self->runs && !knows_all_fds(self), "a descriptor came while it runs");
    self->runs = false;
    self->awaits = "";
}

static void
fake_adopt(FrostSupervisor *base, FrostLedger *ledger, FrostFreezerNotify notify, void *user)
{
    FakeSupervisor *self = (FakeSupervisor *)base;

    forbid(self, self->runs, "adopts while another one runs");
    begin(self, ledger, notify, user);
    note(self, "adopt");
}

static void
fake_sync(FrostSupervisor *base)
{
    FakeSupervisor *self = (FakeSupervisor *)base;

    forbid(self, !self->runs || !self->ready, "sync, but it is not ready");
    note(self, "sync");
}

static void
fake_freeze(FrostSupervisor *base)
{
    FakeSupervisor *self = (FakeSupervisor *)base;

    forbid(self, !self->runs || !self->ready, "freeze, but it is not ready");
    note(self, "freeze");
}

static void
fake_thaw(FrostSupervisor *base)
{
    FakeSupervisor *self = (FakeSupervisor *)base;

    forbid(self, !self->runs, "thaw, but it does not run");
    frost_ledger_step(&self->ledger->data->filesystems[0], FROST_FS_STUCK, FROST_FS_FROZEN);
    note(self, "thaw");
}

static void
fake_finish(FrostSupervisor *base)
{
    FakeSupervisor *self = (FakeSupervisor *)base;

    forbid(self, !self->runs, "finish, but it does not run");
    forbid(self, frost_ledger_holds(self->ledger), "finish while something is held");
    self->runs = false;
    note(self, "finish");
}

static void
fake_restore(FrostSupervisor *base, const FrostLedger *ledger)
{
}

static void
fake_free(FrostSupervisor *base)
{
}

FakeSupervisor *
fake_supervisor_new(void)
{
    FakeSupervisor *self = g_new0(FakeSupervisor, 1);

    self->base = (FrostSupervisor){.start = fake_start,
                                   .retire = fake_retire,
                                   .adopt = fake_adopt,
                                   .sync = fake_sync,
                                   .freeze = fake_freeze,
                                   .thaw = fake_thaw,
                                   .finish = fake_finish,
                                   .restore = fake_restore,
                                   .free = fake_free};
    self->journal = g_string_new(NULL);
    self->violations = g_string_new(NULL);
    self->last = self->awaits = "";
    return self;
}

void
fake_supervisor_free(FakeSupervisor *self)
{
    bool bad = self->violations->len > 0;

    if (bad)
        print_error("what must never be asked was asked:\n%s", self->violations->str);
    g_string_free(self->journal, TRUE);
    g_string_free(self->violations, TRUE);
    g_free(self);
    if (bad)
        fail();
}

FrostSupervisor *
fake_supervisor_get(FakeSupervisor *self)
{
    return &self->base;
}

const char *
fake_supervisor_journal(const FakeSupervisor *self)
{
    return self->journal->str;
}

const char *
fake_supervisor_last(const FakeSupervisor *self)
{
    return self->last;
}

const char *
fake_supervisor_awaits(const FakeSupervisor *self)
{
    return self->awaits;
}

bool
fake_supervisor_is_ready(const FakeSupervisor *self)
{
    return self->runs && self->ready;
}

void
fake_supervisor_stick(FakeSupervisor *self)
{
    atomic_store(&self->ledger->data->filesystems[0].state, FROST_FS_STUCK);
}

void
fake_supervisor_keep_freezing(FakeSupervisor *self)
{
    atomic_store(&self->ledger->data->filesystems[0].state, FROST_FS_ABANDONED);
}

FrostLedger *
fake_supervisor_ledger(const FakeSupervisor *self)
{
    return self->ledger;
}

bool
fake_supervisor_runs(const FakeSupervisor *self)
{
    return self->runs;
}

static void
freeze_some(FakeSupervisor *self, unsigned count)
{
    FrostLedgerData *data = self->ledger->data;

    for (uint32_t i = 0; i < atomic_load(&data->count) && count > 0; i++) {
        if (data->filesystems[i].sync_only)
            continue;
        atomic_store(&data->filesystems[i].state, FROST_FS_FROZEN);
        atomic_store(&data->frozen_us, 1);
        count--;
    }
    forbid(self, count > 0, "the test freezes more than there is");
}

static void
thaw_all(FakeSupervisor *self)
{
    FrostLedgerData *data = self->ledger->data;

    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        frost_ledger_step(&data->filesystems[i], FROST_FS_FROZEN, FROST_FS_THAWING);
        frost_ledger_step(&data->filesystems[i], FROST_FS_THAWING, FROST_FS_THAWED);
    }
}

/* An event that crosses a later request does not answer it. */
static bool
is_answer(const char *request, FrostFreezerEventKind kind)
{
    bool ending = strcmp(request, "thaw") == 0 || strcmp(request, "finish") == 0;

    switch (kind) {
    case FROST_FREEZER_READY:
    case FROST_FREEZER_SYNCED:
    case FROST_FREEZER_FROZEN:
    case FROST_FREEZER_FAILED:
        return !ending;
    case FROST_FREEZER_THAWED:
    case FROST_FREEZER_REPLACED:
        return strcmp(request, "finish") != 0;
    case FROST_FREEZER_SETTLED:
        return false;
    case FROST_FREEZER_LOST:
    case FROST_FREEZER_FINISHED:
        break;
    }
    return true;
}

void
fake_supervisor_lose_frozen(FakeSupervisor *self, const char *message)
{
    g_autoptr(GError) error =
        g_error_new_literal(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST, message);
    FrostFreezerEvent event = {.kind = FROST_FREEZER_LOST, .error = error};

    self->runs = false;
    self->awaits = "";
    self->notify(self->user, &event);
}

void
fake_supervisor_say(FakeSupervisor *self, FrostFreezerEventKind kind, unsigned count,
                    const char *message)
{
    g_autoptr(GError) error =
        message ? g_error_new_literal(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST, message)
                : NULL;
    FrostFreezerEvent event = {.kind = kind, .count = count, .error = error};

    switch (kind) {
    case FROST_FREEZER_READY:
        self->ready = true;
        break;
    case FROST_FREEZER_FROZEN:
        freeze_some(self, count);
        break;
    case FROST_FREEZER_FAILED:
        /* One that could not be started is gone. */
        self->runs = self->ready;
        if (self->ready)
            thaw_all(self);
        break;
    case FROST_FREEZER_LOST:
        self->runs = false;
        thaw_all(self);
        break;
    case FROST_FREEZER_SETTLED:
        frost_ledger_step(&self->ledger->data->filesystems[0], FROST_FS_ABANDONED,
                          FROST_FS_THAWING);
        thaw_all(self);
        break;
    case FROST_FREEZER_THAWED:
    case FROST_FREEZER_REPLACED:
        thaw_all(self);
        break;
    case FROST_FREEZER_SYNCED:
    case FROST_FREEZER_FINISHED:
        break;
    }
    if (is_answer(self->awaits, kind))
        self->awaits = "";
    self->notify(self->user, &event);
}
