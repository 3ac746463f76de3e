/* SPDX-License-Identifier: MIT */
#include "freeze-return.h"

#include "freezer-errors.h"
#include "log.h"
#include "record-ledger.h"
#include "transaction-error.h"

/* How long until what nobody can thaw is tried again. */
#define RETRY_FIRST_MS 10000u
#define RETRY_LAST_MS 320000u

/* The freeze is over, but for what the kernel had not given back. */
static bool
is_over(const FrostFreeze *freeze)
{
    return freeze->state == FROST_STATE_UNDOING || freeze->state == FROST_STATE_REMAINING ||
           freeze->state == FROST_STATE_CLOSING;
}

/* Still frozen --------------------------------------------------------------------------------- */

/* Nobody can thaw all that is held: there is no freezer, or it lacks a filesystem that was out of
 * reach when it was started. */
static bool
needs_adoption(const FrostFreezeReturn *self)
{
    return !self->freeze->has_freezer ||
           (!self->has_looked && frost_resources_miss_some(&self->freeze->resources));
}

/* The freezer before, if there is one, has served until now. */
static void
on_inherited(void *user)
{
    FrostFreezeReturn *self = user;
    FrostFreeze *freeze = self->freeze;
    FrostSupervisor *supervisor = freeze->parts->supervisor;

    freeze->has_freezer = true;
    self->has_looked = true;
    supervisor->retire(supervisor);
    frost_resources_hand_over(&freeze->resources);
    supervisor->adopt(supervisor, freeze->resources.ledger, frost_freeze_return_heed, self);
}

void
frost_freeze_return_adopt(FrostFreezeReturn *self)
{
    FrostFreeze *freeze = self->freeze;

    frost_backoff_stop(&self->retry);
    if (!freeze->resources.plan)
        g_warning("an earlier freeze was cut off and has left filesystems frozen; they wait for a "
                  "thaw");
    frost_freeze_tell_frozen(freeze, true);
    frost_freeze_enter(freeze, FROST_STATE_ADOPTING);
    frost_resources_inherit(&freeze->resources, freeze->parts->planner, on_inherited, self);
}

static void
on_retry(void *user)
{
    FrostFreezeReturn *self = user;

    if (frost_freeze_is_held(self->freeze) && needs_adoption(self))
        frost_freeze_return_adopt(self);
}

/* The freeze still has its hooks to undo; or it is over, and the kernel has not given all back. */
static void
enter_held(FrostFreeze *freeze)
{
    const FrostLedgerData *data = freeze->resources.ledger->data;
    bool is_undone = atomic_load(&data->step_us[FROST_STEP_HOOKS_DOWN]) != 0;

    frost_freeze_enter(freeze, is_undone ? FROST_STATE_REMAINING : FROST_STATE_FROZEN);
}

/* Something could not be thawed for @why: the host is told, and its next thaw tries again. What
 * nobody can thaw is also tried from time to time. Without a freezer, whoever waits is refused what
 * would only be tried again at once. */
static void
remain_held(FrostFreezeReturn *self, const GError *why)
{
    FrostFreeze *freeze = self->freeze;
    FrostRequestDesk *desk = freeze->desk;

    g_critical("%s", why->message);
    if (desk->served || freeze->has_freezer)
        frost_freeze_fail(freeze, why);
    enter_held(freeze);
    frost_request_desk_answer(desk);
    frost_freeze_settle_told(freeze, freeze->resources.ledger);
    if (desk->release_reason || !freeze->has_freezer)
        frost_request_desk_refuse_all(desk, why);
    self->has_looked = false;
    if (freeze->has_freezer)
        frost_freeze_rest(self->freeze);
    if (frost_freeze_is_held(freeze) && needs_adoption(self))
        frost_backoff_wait(&self->retry);
}

/* Back ----------------------------------------------------------------------------------------- */

/* The host does not wait for the history: of many filesystems it takes longer than their thaw. */
static void
close_all(FrostFreezeReturn *self)
{
    FrostFreeze *freeze = self->freeze;
    const FrostTransactionParts parts = *freeze->parts;
    const FrostLedger *ledger = freeze->resources.ledger;
    g_autoptr(FrostRecord) record = NULL;

    if (parts.finished && !frost_ledger_holds(ledger))
        record = frost_record_of_ledger(ledger->data, freeze->resources.plan,
                                        frost_sys_now_us(parts.sys));
    frost_freeze_close(freeze);
    frost_freeze_enter(freeze, FROST_STATE_THAWED);
    frost_freeze_rest(self->freeze);
    if (record)
        parts.finished(parts.user, record);
}

/* What another program has thawed is owed until a thaw has been answered, also to the one that is
 * served: this agent may be killed before. A freeze that is served has not succeeded yet. */
static void
owe_lost(FrostFreezeReturn *self)
{
    FrostFreeze *freeze = self->freeze;
    FrostLedger *ledger = freeze->resources.ledger;
    const FrostFreezeRequest *served = freeze->desk->served;

    if (served && served->kind == FROST_FREEZE_REQUEST_FREEZE) {
        frost_ledger_forgive_lost(ledger);
        return;
    }
    frost_ledger_owe_lost(ledger);
    if (served) {
        g_autoptr(GError) owed = frost_freeze_tell_owed(freeze, ledger);

        frost_freeze_fail(freeze, owed);
    }
}

/* All is undone. What the kernel has given back late may turn out to be another program's thaw. */
static void
let_go(FrostFreezeReturn *self)
{
    FrostFreeze *freeze = self->freeze;

    owe_lost(self);
    frost_freeze_tell_frozen(freeze, false);
    if (!freeze->has_freezer) {
        close_all(self);
        return;
    }
    frost_freeze_enter(freeze, FROST_STATE_CLOSING);
    freeze->has_freezer = false;
    freeze->parts->supervisor->finish(freeze->parts->supervisor);
}

static void
on_hooks_down(void *user, const GError *error)
{
    FrostFreezeReturn *self = user;
    FrostFreeze *freeze = self->freeze;
    const FrostLedger *ledger = freeze->resources.ledger;

    frost_request_desk_end_limit(freeze->desk);
    frost_resources_mark(&freeze->resources, FROST_STEP_HOOKS_DOWN);
    if (error)
        g_warning("the thaw hook failed: %s", error->message);
    if (frost_ledger_holds(ledger)) {
        g_autoptr(GError) why = frost_transaction_error_held(ledger);

        remain_held(self, why);
    } else {
        let_go(self);
    }
}

void
frost_freeze_return_undo(FrostFreezeReturn *self)
{
    FrostFreeze *freeze = self->freeze;
    FrostLedger *ledger = freeze->resources.ledger;

    frost_resources_mark(&freeze->resources, FROST_STEP_THAWED);
    owe_lost(self);
    if (frost_mount_watch_end(g_steal_pointer(&freeze->mounts)))
        atomic_store(&ledger->data->mounts_changed, 1);
    if (!frost_ledger_holds(ledger)) /* the log may be on what is */
        frost_freeze_tell_frozen(freeze, false);
    frost_freeze_enter(freeze, FROST_STATE_UNDOING);
    frost_request_desk_limit_thaws(freeze->desk, freeze->parts->thaw_reply_s);
    freeze->parts->hooks->down(freeze->parts->hooks, ledger, on_hooks_down, self);

    g_autoptr(GError) broken = frost_hooks_find_broken(ledger->data);
    frost_freeze_fail(freeze, broken);
}

/* What ends it --------------------------------------------------------------------------------- */

/* The freeze is over; perhaps the kernel has now given back what it had not. */
static void
settle(FrostFreezeReturn *self)
{
    FrostFreeze *freeze = self->freeze;

    if (frost_ledger_holds(freeze->resources.ledger))
        return;
    frost_freeze_tell_frozen(freeze, false);
    if (freeze->state != FROST_STATE_REMAINING)
        return;
    let_go(self);
}

/* The freeze has ended, for @why (nullable). */
static void
break_off(FrostFreezeReturn *self, const GError *why, unsigned count)
{
    FrostFreeze *freeze = self->freeze;

    frost_freeze_fail(freeze, why);
    freeze->desk->count = count;
    if (freeze->state == FROST_STATE_HOOKS)
        freeze->parts->hooks->cancel(freeze->parts->hooks);
    else
        frost_freeze_return_undo(self);
}

/* Nothing is held. Asked for, or because a limit has passed or the freezer was told by a signal. */
static void
on_thawed(FrostFreezeReturn *self, const FrostFreezerEvent *event)
{
    FrostFreeze *freeze = self->freeze;
    const FrostLedgerData *data = freeze->resources.ledger->data;
    g_autoptr(GError) told = NULL;
    g_autoptr(GError) why = frost_transaction_error_of_thaw(data, event->error);

    if (g_error_matches(event->error, FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_FALTERED))
        frost_notice("%s", event->error->message);
    if (freeze->state == FROST_STATE_FROZEN)
        g_warning("%u filesystems are thawed before the host's thaw: %s", event->count,
                  frost_release_reason((FrostRelease)atomic_load(&data->release)));
    else if (freeze->desk->served && freeze->state != FROST_STATE_THAWING)
        told = frost_transaction_error_freezer_told(data);
    else if (freeze->desk->served) /* it may have met a thaw that was under way */
        told = frost_freeze_tell_owed(freeze, freeze->resources.ledger);
    frost_freeze_fail(freeze, told);
    break_off(self, why, event->count);
}

static void
on_lost(FrostFreezeReturn *self, const FrostFreezerEvent *event)
{
    FrostFreeze *freeze = self->freeze;
    const FrostLedger *ledger = freeze->resources.ledger;

    freeze->has_freezer = false;
    if (freeze->state == FROST_STATE_UNDOING || freeze->state == FROST_STATE_CLOSING) {
        settle(self);
        return;
    }
    if (freeze->state != FROST_STATE_HOOKS && frost_ledger_holds(ledger)) {
        remain_held(self, event->error);
        return;
    }
    g_warning("%s", event->error->message);
    if (freeze->state == FROST_STATE_REMAINING)
        settle(self);
    else
        break_off(self,
                  freeze->desk->served && freeze->state != FROST_STATE_THAWING ? event->error
                                                                               : NULL,
                  frost_ledger_count(ledger, FROST_FS_THAWED));
}

static void
on_failed(FrostFreezeReturn *self, const FrostFreezerEvent *event)
{
    FrostFreeze *freeze = self->freeze;

    if (freeze->state == FROST_STATE_ADOPTING && !frost_ledger_holds(freeze->resources.ledger)) {
        on_lost(self, event); /* before it was ready, and a rescuer has thawed */
        return;
    }
    if (freeze->state == FROST_STATE_ADOPTING) {
        g_autoptr(GError) why =
            frost_transaction_error_not_adopted(freeze->resources.ledger, event->error);

        freeze->has_freezer = false;
        remain_held(self, why);
        return;
    }
    if (freeze->state < FROST_STATE_STARTING || freeze->state > FROST_STATE_FROZEN)
        return; /* the answer to the thaw follows */
    if (freeze->state == FROST_STATE_STARTING)
        freeze->has_freezer = false;
    frost_freezer_warn_of_repeat(freeze->resources.ledger->data);
    frost_freeze_fail(freeze, event->error);
    frost_freeze_return_undo(self);
}

void
frost_freeze_return_heed(void *user, const FrostFreezerEvent *event)
{
    FrostFreezeReturn *self = user;
    FrostFreeze *freeze = self->freeze;

    /* The one before: what it has done is in the ledger, which the next one takes over. */
    if (frost_resources_are_inheriting(&freeze->resources))
        return;
    switch (event->kind) {
    case FROST_FREEZER_READY:
        if (freeze->state != FROST_STATE_ADOPTING)
            return;
        enter_held(freeze);
        frost_freeze_rest(self->freeze);
        self->has_looked = false;
        if (frost_freeze_is_held(freeze) && frost_resources_are_incomplete(&freeze->resources))
            frost_freeze_thaw(freeze);
        return;
    case FROST_FREEZER_SYNCED:
    case FROST_FREEZER_FROZEN:
        return; /* a release overtook it: its thaw is under way */
    case FROST_FREEZER_THAWED:
        if (is_over(freeze))
            settle(self);
        else
            on_thawed(self, event);
        return;
    case FROST_FREEZER_REPLACED: /* like LOST, but there is one to ask for the next thaw */
        g_warning("%s", event->error->message);
        if (is_over(freeze))
            settle(self);
        else
            break_off(self, event->error, event->count);
        return;
    case FROST_FREEZER_SETTLED:
        if (is_over(freeze))
            settle(self);
        return;
    case FROST_FREEZER_FAILED:
        on_failed(self, event);
        return;
    case FROST_FREEZER_LOST:
        on_lost(self, event);
        return;
    case FROST_FREEZER_FINISHED:
        close_all(self);
        return;
    }
}

/* Beginning and end ---------------------------------------------------------------------------- */

void
frost_freeze_return_thaw(FrostFreezeReturn *self)
{
    if (needs_adoption(self)) {
        frost_freeze_return_adopt(self);
        return;
    }
    frost_request_desk_serve(self->freeze->desk);
    frost_freeze_thaw(self->freeze);
}

void
frost_freeze_return_init(FrostFreezeReturn *self, FrostFreeze *freeze)
{
    *self = (FrostFreezeReturn){.freeze = freeze};
    self->retry = (FrostBackoff){.context = freeze->parts->context,
                                 .first_ms = RETRY_FIRST_MS,
                                 .last_ms = RETRY_LAST_MS,
                                 .due = on_retry,
                                 .user = self};
}

void
frost_freeze_return_clear(FrostFreezeReturn *self)
{
    frost_backoff_stop(&self->retry);
}
