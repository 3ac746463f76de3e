/* SPDX-License-Identifier: MIT */
#include "freeze.h"

#include "stop.h"

void
frost_freeze_init(FrostFreeze *self, const FrostTransactionParts *parts, FrostRequestDesk *desk,
                  void (*rest)(void *user), void *user)
{
    *self = (FrostFreeze){.parts = parts, .desk = desk, .rest = rest, .user = user};
    frost_resources_init(&self->resources, parts->sys);
}

void
frost_freeze_clear(FrostFreeze *self)
{
    frost_resources_clear(&self->resources);
    frost_mount_watch_end(self->mounts);
}

void
frost_freeze_close(FrostFreeze *self)
{
    const FrostLedgerData *data = self->resources.ledger->data;

    self->owed_error = frost_owed_error_of_ledger(data);
    g_strlcpy(self->last_id, data->id, sizeof self->last_id);
    self->parts->supervisor->restore(self->parts->supervisor, self->resources.ledger);
    frost_resources_close(&self->resources);
}

bool
frost_freeze_is_held(const FrostFreeze *self)
{
    return self->state == FROST_STATE_FROZEN || self->state == FROST_STATE_REMAINING;
}

void
frost_freeze_enter(FrostFreeze *self, FrostTransactionState state)
{
    const char *from = frost_transaction_state_name(self->state);
    const char *to = frost_transaction_state_name(state);

    if (state == self->state)
        return;
    if (!frost_transaction_state_leads(self->state, state))
        g_critical("the freeze went from '%s' to '%s', as it never should", from, to);
    g_debug("freeze: %s -> %s", from, to);
    self->state = state;
    frost_stop_point("agent", to);
}

void
frost_freeze_rest(FrostFreeze *self)
{
    self->rest(self->user);
}

void
frost_freeze_thaw(FrostFreeze *self)
{
    uint32_t none = FROST_RELEASE_NONE;

    /* Before the freezer can be told by a signal: the host was first. */
    atomic_compare_exchange_strong(&self->resources.ledger->data->release, &none,
                                   FROST_RELEASE_HOST);
    frost_freeze_enter(self, FROST_STATE_THAWING);
    self->parts->supervisor->thaw(self->parts->supervisor);
}

void
frost_freeze_fail(FrostFreeze *self, const GError *error)
{
    FrostLedger *ledger = self->resources.ledger;

    if (error && frost_request_desk_fail(self->desk, error) && ledger)
        g_strlcpy(ledger->data->failure, error->message, sizeof ledger->data->failure);
}

GError *
frost_freeze_tell_owed(FrostFreeze *self, const FrostLedger *ledger)
{
    if (ledger)
        self->owed_error = frost_owed_error_of_ledger(ledger->data);
    self->is_telling_owed = self->owed_error.cause != FROST_RELEASE_NONE;
    return frost_owed_error_make(&self->owed_error);
}

void
frost_freeze_settle_told(FrostFreeze *self, FrostLedger *ledger)
{
    if (!self->is_telling_owed || self->desk->served)
        return;
    self->is_telling_owed = false;
    frost_owed_error_settle(&self->owed_error, ledger, self->parts->statedir);
}

void
frost_freeze_tell_frozen(FrostFreeze *self, bool frozen)
{
    if (self->told_frozen == frozen)
        return;
    self->told_frozen = frozen;
    self->parts->frozen_changed(self->parts->user, frozen);
}
