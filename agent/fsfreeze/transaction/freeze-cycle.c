/* SPDX-License-Identifier: MIT */
#include "freeze-cycle.h"

#include "degraded.h"
#include "freeze-attempt.h"
#include "freeze-return.h"
#include "owed-error.h"
#include "predecessor.h"
#include "record-ledger.h"
#include "transaction-error.h"
#include "unmapped-ledger.h"

struct FrostFreezeCycle {
    FrostFreeze freeze;
    FrostFreezeAttempt attempt; /* the way there, and back: of that freeze */
    FrostFreezeReturn back;
    FrostPredecessor *earlier; /* ELSEWHERE */
    bool is_unread;            /* the ledger: an earlier agent may have left something */
    bool has_forgiven; /* what the ledger that could not be read owes: it was told, or a freeze
                          came since */
};

/* (nullable): of this agent's freeze, or of the earlier agent that still has it. */
static FrostLedger *
ledger_of(const FrostFreezeCycle *self)
{
    return self->earlier ? frost_predecessor_ledger(self->earlier) : self->freeze.resources.ledger;
}

const FrostLedgerData *
frost_freeze_cycle_ledger(const FrostFreezeCycle *self)
{
    const FrostLedger *ledger = ledger_of(self);

    return ledger ? ledger->data : NULL;
}

const char *
frost_freeze_cycle_id(const FrostFreezeCycle *self)
{
    const FrostLedger *ledger = ledger_of(self);

    return ledger ? ledger->data->id : self->freeze.last_id;
}

FrostRecord *
frost_freeze_cycle_record(const FrostFreezeCycle *self)
{
    const FrostFreeze *freeze = &self->freeze;

    return frost_record_of_unfinished(frost_freeze_cycle_ledger(self), freeze->resources.plan,
                                      frost_sys_now_us(freeze->parts->sys));
}

GError *
frost_freeze_cycle_unserved(void *user, FrostRequestKind kind)
{
    FrostFreezeCycle *self = user;
    FrostFreeze *freeze = &self->freeze;
    FrostLedger *ledger = ledger_of(self);

    if (freeze->state == FROST_STATE_FROZEN)
        return frost_transaction_error_frozen();
    if (freeze->told_frozen) {
        GError *left = ledger ? NULL : frost_unmapped_ledger_find_left(freeze->parts->statedir, 0);

        return left ? left : frost_transaction_error_held(ledger);
    }
    if (kind == FROST_FREEZE_REQUEST_FREEZE)
        return frost_transaction_error_released(freeze->desk->release_reason);
    frost_freeze_settle_told(freeze, ledger);
    if (self->is_unread && !self->has_forgiven)
        frost_owed_error_read(&freeze->owed_error, freeze->parts->statedir);
    GError *owed = frost_freeze_tell_owed(freeze, ledger);
    self->has_forgiven |= self->is_unread && owed;
    return owed;
}

/* Requests ------------------------------------------------------------------------------------- */

/* A ledger that cannot be used calls something frozen. */
static bool
is_left(const GError *error)
{
    return g_error_matches(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_LEFT);
}

/* What may be left can only be known if it could. */
static void
note_whether_read(FrostFreezeCycle *self, const FrostLedger *ledger)
{
    self->is_unread = !ledger || ledger->in_memory;
    if (self->is_unread || !self->has_forgiven)
        return;
    self->has_forgiven = false;
    atomic_store(&ledger->data->owed, FROST_RELEASE_NONE);
}

/* A new freeze is not told what an earlier one owes. It waits until hooks are undone that an
 * earlier agent owes, and that could not be known at the start. */
static void
begin_freeze(FrostFreezeCycle *self)
{
    FrostFreeze *freeze = &self->freeze;
    FrostRequestDesk *desk = freeze->desk;
    const FrostTransactionParts *parts = freeze->parts;
    bool is_open = parts->mode != FROST_PLAN_OFF &&
                   frost_resources_open(&freeze->resources, parts->statedir, &desk->outcome);

    if (parts->mode != FROST_PLAN_OFF)
        note_whether_read(self, freeze->resources.ledger);
    if (is_open && frost_resources_owe_hooks(&freeze->resources)) {
        frost_freeze_return_undo(&self->back);
        return;
    }
    const FrostFreezeRequest *request = frost_request_desk_serve(desk);
    desk->count = 0;
    g_strlcpy(freeze->last_id, request->id ? request->id : "", sizeof freeze->last_id);
    frost_owed_error_settle(&freeze->owed_error, NULL, parts->statedir);
    self->has_forgiven |= self->is_unread;
    if (is_open) {
        frost_freeze_attempt_begin(&self->attempt, request->mount_points);
    } else if (freeze->resources.ledger) {
        frost_freeze_return_adopt(&self->back);
    } else {
        frost_freeze_tell_frozen(freeze, is_left(desk->outcome));
        frost_request_desk_take_turn(desk);
    }
}

/* A host that is answered may ask for the status at once, and the answer may show that another
 * process has the ledger by now: so the state is looked at again after each answer. */
static void
rest(void *user)
{
    FrostFreezeCycle *self = user;
    FrostFreeze *freeze = &self->freeze;
    FrostRequestDesk *desk = freeze->desk;

    frost_freeze_settle_told(freeze, ledger_of(self)); /* thaws pass while hooks are undone */
    if (freeze->state != FROST_STATE_THAWED && !frost_freeze_is_held(freeze))
        return;
    frost_request_desk_answer(desk);
    frost_freeze_settle_told(freeze, ledger_of(self));
    if (freeze->state == FROST_STATE_THAWED) {
        bool wants_freeze = frost_request_desk_wants_freeze(desk);

        frost_freeze_settle_told(freeze, ledger_of(self));
        if (wants_freeze && freeze->state == FROST_STATE_THAWED)
            begin_freeze(self);
    } else if (frost_freeze_is_held(freeze) && frost_request_desk_wants_thaw(desk)) {
        frost_freeze_return_thaw(&self->back);
    }
}

/* It may have been for a moment only that the ledger could not be used. A freeze that has failed
 * for that reason is answered first. */
static void
look_again(FrostFreezeCycle *self)
{
    FrostFreeze *freeze = &self->freeze;
    const FrostRequestDesk *desk = freeze->desk;
    g_autoptr(FrostLedger) ledger = NULL;
    g_autoptr(GError) left = NULL;

    if (!self->is_unread || freeze->state != FROST_STATE_THAWED || desk->served ||
        desk->release_reason)
        return;
    ledger = frost_ledger_open_beside(freeze->parts->statedir);
    if (ledger) {
        frost_freeze_cycle_start(self);
        return;
    }
    left = frost_unmapped_ledger_find_left(freeze->parts->statedir, 0);
    frost_freeze_tell_frozen(freeze, is_left(left));
}

void
frost_freeze_cycle_serve(void *user)
{
    look_again(user);
    rest(user);
}

void
frost_freeze_cycle_cut_off(FrostFreezeCycle *self, const GError *error)
{
    FrostFreeze *freeze = &self->freeze;

    if (!frost_freeze_attempt_is_under_way(&self->attempt) || freeze->desk->outcome)
        return;
    g_warning("%s", error->message);
    frost_freeze_fail(freeze, error);
    frost_freeze_attempt_turn_back(&self->attempt);
}

void
frost_freeze_cycle_release(FrostFreezeCycle *self, FrostRelease cause, const char *reason)
{
    FrostFreeze *freeze = &self->freeze;
    uint32_t none = FROST_RELEASE_NONE;

    if (freeze->resources.ledger)
        atomic_compare_exchange_strong(&freeze->resources.ledger->data->release, &none, cause);
    if (freeze->state == FROST_STATE_ELSEWHERE && cause != FROST_RELEASE_RESTORED) {
        /* Its holder thaws and undoes; what it leaves is for the next agent, or request. */
        if (ledger_of(self))
            freeze->owed_error = frost_owed_error_of_ledger(ledger_of(self)->data);
        g_clear_pointer(&self->earlier, frost_predecessor_free);
        self->is_unread = true;
        frost_request_desk_end_limit(freeze->desk);
        frost_freeze_enter(freeze, FROST_STATE_THAWED);
    } else if (frost_freeze_attempt_is_under_way(&self->attempt)) {
        g_autoptr(GError) error = frost_transaction_error_released(reason);

        frost_freeze_fail(freeze, error);
        frost_freeze_attempt_turn_back(&self->attempt);
    }
}

FrostTransactionState
frost_freeze_cycle_state(const FrostFreezeCycle *self)
{
    return self->freeze.state;
}

bool
frost_freeze_cycle_is_frozen(FrostFreezeCycle *self)
{
    FrostFreeze *freeze = &self->freeze;

    look_again(self);
    if (self->earlier)
        frost_freeze_tell_frozen(freeze, frost_predecessor_may_hold(self->earlier));
    return freeze->told_frozen;
}

/* Beginning and end ---------------------------------------------------------------------------- */

/* The ledger has nothing to undo. A freeze of this agent that it does not know may have come after
 * those that it does. */
static void
close_earlier(FrostFreeze *freeze)
{
    const FrostOwedError known = freeze->owed_error;

    frost_freeze_close(freeze);
    if (freeze->owed_error.cause == FROST_RELEASE_NONE)
        freeze->owed_error = known;
}

/* What an earlier agent left in a ledger that cannot be used, if anything, is undone when the host
 * asks for something and it can. Takes @ledger. */
static void
on_predecessor_gone(void *user, FrostLedger *ledger, const GError *error)
{
    FrostFreezeCycle *self = user;
    FrostFreeze *freeze = &self->freeze;

    g_clear_pointer(&self->earlier, frost_predecessor_free);
    frost_request_desk_end_limit(freeze->desk);
    frost_resources_take_over(&freeze->resources, ledger);
    note_whether_read(self, ledger);
    if (ledger && ledger->in_memory)
        frost_degraded_log(ledger->data, &freeze->degraded_logged);
    if (ledger && frost_ledger_is_active(ledger)) {
        freeze->parts->supervisor->restore(freeze->parts->supervisor, ledger);
        if (frost_ledger_holds(ledger))
            frost_freeze_return_adopt(&self->back);
        else
            frost_freeze_return_undo(&self->back);
        return;
    }
    if (ledger)
        close_earlier(freeze);
    else
        g_critical("%s", error->message);
    frost_freeze_tell_frozen(freeze, is_left(error));
    frost_freeze_enter(freeze, FROST_STATE_THAWED);
    rest(self);
}

static void
on_predecessor_thawed(void *user)
{
    FrostFreezeCycle *self = user;

    frost_freeze_tell_frozen(&self->freeze, false);
}

/* What an earlier agent has left held may stay so for ever. A freeze that comes later is refused
 * before it is in line, as everything is while frozen. */
static void
refuse_waiting_freezes(FrostFreezeCycle *self)
{
    FrostRequestDesk *desk = self->freeze.desk;

    if (!frost_request_desk_find_freeze(desk))
        return;
    g_autoptr(GError) held = frost_freeze_cycle_unserved(self, FROST_FREEZE_REQUEST_FREEZE);
    frost_request_desk_refuse_freezes(desk, held);
}

void
frost_freeze_cycle_start(FrostFreezeCycle *self)
{
    FrostFreeze *freeze = &self->freeze;
    const FrostPredecessorParts earlier = {.gone = on_predecessor_gone,
                                           .thawed = on_predecessor_thawed,
                                           .user = self,
                                           .context = freeze->parts->context};

    self->earlier = frost_predecessor_await(freeze->parts->statedir, &earlier);
    if (self->earlier) {
        frost_request_desk_limit_thaws(freeze->desk, freeze->parts->thaw_reply_s);
        frost_freeze_tell_frozen(freeze, frost_predecessor_may_hold(self->earlier));
        frost_freeze_enter(freeze, FROST_STATE_ELSEWHERE);
        if (freeze->told_frozen)
            refuse_waiting_freezes(self);
    }
}

FrostFreezeCycle *
frost_freeze_cycle_new(const FrostTransactionParts *parts, FrostRequestDesk *desk)
{
    FrostFreezeCycle *self = g_new0(FrostFreezeCycle, 1);

    frost_freeze_init(&self->freeze, parts, desk, rest, self);
    frost_freeze_return_init(&self->back, &self->freeze);
    self->attempt = (FrostFreezeAttempt){.freeze = &self->freeze, .back = &self->back};
    return self;
}

void
frost_freeze_cycle_free(FrostFreezeCycle *self)
{
    if (self->freeze.state == FROST_STATE_PLANNING)
        self->freeze.parts->planner->give_up(self->freeze.parts->planner);
    frost_freeze_return_clear(&self->back);
    frost_predecessor_free(self->earlier);
    frost_freeze_clear(&self->freeze);
    g_free(self);
}
