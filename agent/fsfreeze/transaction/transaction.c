/* SPDX-License-Identifier: MIT */
#include "transaction.h"

#include "degraded.h"
#include "freeze-cycle.h"
#include "log.h"
#include "source.h"

struct FrostTransaction {
    FrostTransactionParts parts;
    FrostRequestDesk desk;
    FrostFreezeCycle *cycle;
    GSource *budget; /* when the oldest freeze that is not answered has used it up */
};

/* One that waits in line is refused. */
static void
cut_off(FrostTransaction *self, const char *reason)
{
    g_autoptr(GError) error = frost_transaction_error_released(reason);

    frost_request_desk_refuse_freezes(&self->desk, error);
    frost_freeze_cycle_cut_off(self->cycle, error);
}

void
frost_transaction_give_up_freeze(FrostTransaction *self)
{
    cut_off(self, "the host has asked for the thaw before all was frozen");
}

void
frost_transaction_miss_host(FrostTransaction *self)
{
    if (frost_freeze_cycle_state(self->cycle) != FROST_STATE_FREEZING)
        cut_off(self, "its host has closed the port and has not come back");
}

static gboolean
on_budget_used_up(gpointer user)
{
    FrostTransaction *self = user;
    FrostTransactionState state = frost_freeze_cycle_state(self->cycle);
    g_autofree char *reason =
        g_strdup_printf("it has taken longer than its budget of %u seconds, and was %s",
                        self->parts.budget_s, frost_transaction_state_doing(state));

    frost_source_drop(&self->budget);
    if (frost_request_desk_find_freeze(&self->desk))
        cut_off(self, reason);
    return G_SOURCE_REMOVE;
}

void
frost_transaction_freeze(FrostTransaction *self, const char *const *mount_points, const char *id,
                         FrostTransactionDone done, void *user)
{
    if (self->parts.budget_s > 0 && !frost_request_desk_find_freeze(&self->desk)) {
        frost_source_drop(&self->budget);
        self->budget = frost_source_attach(g_timeout_source_new_seconds(self->parts.budget_s),
                                           self->parts.context, on_budget_used_up, self);
    }
    frost_request_desk_ask(&self->desk, FROST_FREEZE_REQUEST_FREEZE, mount_points, id, done, user);
}

void
frost_transaction_thaw(FrostTransaction *self, FrostTransactionDone done, void *user)
{
    frost_request_desk_ask(&self->desk, FROST_FREEZE_REQUEST_THAW, NULL, NULL, done, user);
}

void
frost_transaction_release(FrostTransaction *self, FrostRelease cause, const char *reason,
                          FrostTransactionDone done, void *user)
{
    frost_request_desk_ask_release(&self->desk, reason, done, user);
    frost_freeze_cycle_release(self->cycle, cause, reason);
}

bool
frost_transaction_is_frozen(FrostTransaction *self)
{
    return frost_freeze_cycle_is_frozen(self->cycle);
}

bool
frost_transaction_is_called(const FrostTransaction *self, const char *id)
{
    const FrostFreezeRequest *freeze = frost_request_desk_find_freeze(&self->desk);

    return g_strcmp0(freeze ? freeze->id : frost_freeze_cycle_id(self->cycle), id) == 0;
}

const FrostLedgerData *
frost_transaction_ledger(const FrostTransaction *self)
{
    return frost_freeze_cycle_ledger(self->cycle);
}

FrostRecord *
frost_transaction_record(const FrostTransaction *self)
{
    return frost_freeze_cycle_record(self->cycle);
}

FrostTransaction *
frost_transaction_new(const FrostTransactionParts *parts)
{
    FrostTransaction *self = g_new0(FrostTransaction, 1);

    self->parts = *parts;
    self->cycle = frost_freeze_cycle_new(&self->parts, &self->desk);
    const FrostRequestDeskParts desk = {.turn = frost_freeze_cycle_serve,
                                        .unserved = frost_freeze_cycle_unserved,
                                        .user = self->cycle,
                                        .context = parts->context};
    frost_request_desk_init(&self->desk, &desk);
    if (!frost_may_freeze(parts->sys))
        frost_notice("this process may not freeze: it lacks CAP_SYS_ADMIN, and every freeze will "
                     "fail");
    frost_freeze_cycle_start(self->cycle);
    return self;
}

void
frost_transaction_free(FrostTransaction *self)
{
    if (!self)
        return;
    frost_source_drop(&self->budget);
    frost_freeze_cycle_free(self->cycle);
    frost_request_desk_clear(&self->desk);
    g_free(self);
}
