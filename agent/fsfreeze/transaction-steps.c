/* SPDX-License-Identifier: MIT */
#include "transaction-private.h"

/* Forward -------------------------------------------------------------------------------------- */

static void
sync_first(FrostTransaction *self)
{
    frost_transaction_set_state(self, STATE_SYNCING);
    self->parts.freezer->sync(self->parts.freezer);
}

static void
on_hooks_up(void *user, const GError *error)
{
    FrostTransaction *self = user;

    if (error)
        frost_transaction_fail(self, error);
    if (self->release_reason)
        frost_transaction_fail_for_release(self);
    if (self->outcome) {
        frost_transaction_end_hooks(self);
        return;
    }
    frost_transaction_set_state(self, STATE_RESYNCING);
    self->parts.freezer->sync(self->parts.freezer);
}

static void
run_hooks(FrostTransaction *self)
{
    frost_transaction_set_state(self, STATE_HOOKS);
    self->parts.hooks->up(self->parts.hooks, self->books.ledger, on_hooks_up, self);
}

static void
freeze_now(FrostTransaction *self)
{
    frost_transaction_tell_frozen(self, true);
    frost_transaction_set_state(self, STATE_FREEZING);
    self->parts.freezer->freeze(self->parts.freezer);
}

/* Backward ------------------------------------------------------------------------------------- */

static void
close_books(FrostTransaction *self)
{
    frost_books_close(&self->books);
    frost_transaction_set_state(self, STATE_THAWED);
    frost_transaction_rest(self);
}

static void
on_hooks_down(void *user, const GError *error)
{
    FrostTransaction *self = user;

    if (error)
        g_warning("the thaw hook failed: %s", error->message);
    if (!self->freezer_runs) {
        close_books(self);
        return;
    }
    frost_transaction_set_state(self, STATE_CLOSING);
    self->freezer_runs = false;
    self->parts.freezer->finish(self->parts.freezer);
}

void
frost_transaction_end_hooks(FrostTransaction *self)
{
    frost_transaction_tell_frozen(self, false);
    frost_transaction_set_state(self, STATE_UNDOING);
    self->parts.hooks->down(self->parts.hooks, self->books.ledger, on_hooks_down, self);
}

void
frost_transaction_thaw_now(FrostTransaction *self)
{
    frost_transaction_set_state(self, STATE_THAWING);
    self->parts.freezer->thaw(self->parts.freezer);
}

/* What the freezer says ------------------------------------------------------------------------ */

static void
on_synced(FrostTransaction *self)
{
    if (self->state == STATE_SYNCING)
        run_hooks(self);
    else if (self->state == STATE_RESYNCING)
        freeze_now(self);
}

static void
on_ready(FrostTransaction *self)
{
    if (self->state == STATE_STARTING) {
        sync_first(self);
    } else if (self->state == STATE_ADOPTING) {
        frost_transaction_set_state(self, STATE_FROZEN);
        frost_transaction_rest(self);
    }
}

static void
on_frozen(FrostTransaction *self, unsigned count)
{
    if (self->state != STATE_FREEZING)
        return; /* a release overtook it: its thaw is under way */
    self->count = count;
    if (count == 0) {
        frost_transaction_end_hooks(self);
        return;
    }
    frost_transaction_set_state(self, STATE_FROZEN);
    frost_transaction_rest(self);
}

/* Nothing is held. Asked for, or because somebody ended the freezer by SIGTERM. */
static void
on_thawed(FrostTransaction *self, const FrostFreezerEvent *event)
{
    if (self->state == STATE_UNDOING || self->state == STATE_CLOSING)
        return;
    if (self->state == STATE_FROZEN)
        g_warning("the freezer was told by a signal to thaw; %u filesystems are thawed",
                  event->count);
    else if (self->state != STATE_THAWING && !self->outcome)
        self->outcome = g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                                    "the freezer was told by a signal to thaw");
    if (event->error)
        frost_transaction_fail(self, event->error);
    self->count = event->count;
    if (self->state == STATE_HOOKS)
        self->parts.hooks->cancel(self->parts.hooks);
    else
        frost_transaction_end_hooks(self);
}

/* What an earlier agent left frozen stays so. Nobody waits for the next try. */
static void
on_failed_adoption(FrostTransaction *self, const GError *error)
{
    g_critical("%s; what an earlier agent left frozen stays so", error->message);
    self->freezer_runs = false;
    frost_transaction_set_state(self, STATE_FROZEN);
    frost_transaction_answer(self);
    frost_transaction_refuse_all(self, error);
}

static void
on_failed(FrostTransaction *self, const GError *error)
{
    switch (self->state) {
    case STATE_ADOPTING:
        on_failed_adoption(self, error);
        return;
    case STATE_STARTING:
        self->freezer_runs = false;
        break;
    case STATE_SYNCING:
    case STATE_HOOKS:
    case STATE_RESYNCING:
    case STATE_FREEZING:
    case STATE_FROZEN:
        break;
    case STATE_THAWING: /* the answer to the thaw follows */
    case STATE_UNDOING:
    case STATE_CLOSING:
    case STATE_THAWED:
    case STATE_ELSEWHERE:
        return;
    }
    frost_transaction_fail(self, error);
    frost_transaction_end_hooks(self);
}

static void
on_lost(FrostTransaction *self, const GError *error)
{
    self->freezer_runs = false;
    if (self->state == STATE_HOOKS) {
        frost_transaction_fail(self, error);
        self->parts.hooks->cancel(self->parts.hooks);
        return;
    }
    if (self->state == STATE_UNDOING || self->state == STATE_CLOSING)
        return;
    g_warning("%s", error->message);
    if (self->request)
        frost_transaction_fail(self, error);
    frost_transaction_end_hooks(self);
}

static void
on_freezer(void *user, const FrostFreezerEvent *event)
{
    FrostTransaction *self = user;

    switch (event->kind) {
    case FROST_FREEZER_READY:
        on_ready(self);
        break;
    case FROST_FREEZER_SYNCED:
        on_synced(self);
        break;
    case FROST_FREEZER_FROZEN:
        on_frozen(self, event->count);
        break;
    case FROST_FREEZER_THAWED:
        on_thawed(self, event);
        break;
    case FROST_FREEZER_FAILED:
        on_failed(self, event->error);
        break;
    case FROST_FREEZER_LOST:
        on_lost(self, event->error);
        break;
    case FROST_FREEZER_FINISHED:
        close_books(self);
        break;
    }
}

/* Beginning ---------------------------------------------------------------------------------- */

void
frost_transaction_start(FrostTransaction *self)
{
    FrostFreezer *freezer = self->parts.freezer;

    frost_transaction_set_state(self, STATE_STARTING);
    self->freezer_runs = true;
    freezer->start(freezer, self->books.plan, self->books.ledger, on_freezer, self);
}

void
frost_transaction_adopt(FrostTransaction *self)
{
    g_warning("an earlier freeze was cut off and has left filesystems frozen; they wait for a "
              "thaw");
    frost_transaction_tell_frozen(self, true);
    frost_books_inherit(&self->books);
    frost_transaction_set_state(self, STATE_ADOPTING);
    self->freezer_runs = true;
    self->parts.freezer->adopt(self->parts.freezer, self->books.ledger, on_freezer, self);
}
