/* SPDX-License-Identifier: MIT */
#include "freeze-attempt.h"

#include "degraded.h"
#include "freezer-errors.h"
#include "transaction-error.h"

static void
on_hooks_up(void *user, const GError *error)
{
    FrostFreezeAttempt *self = user;
    FrostFreeze *freeze = self->freeze;

    frost_resources_mark(&freeze->resources, FROST_STEP_HOOKS_UP);
    frost_freeze_fail(freeze, error);
    if (freeze->desk->outcome) {
        frost_freeze_return_undo(self->back);
        return;
    }
    frost_freeze_enter(freeze, FROST_STATE_RESYNCING);
    freeze->parts->supervisor->sync(freeze->parts->supervisor);
}

/* sandbox=require, and the freezer could not seal itself. */
static bool
must_not_go_on(FrostFreeze *freeze)
{
    g_autoptr(GError) error = freeze->parts->needs_seal
                                  ? frost_transaction_error_unsealed(freeze->resources.ledger->data)
                                  : NULL;

    frost_freeze_fail(freeze, error);
    return error != NULL;
}

/* Where the freezer has done what it was asked to do: the next step. */
static void
on_freezer(void *user, const FrostFreezerEvent *event)
{
    FrostFreezeAttempt *self = user;
    FrostFreeze *freeze = self->freeze;
    const FrostTransactionParts *parts = freeze->parts;
    FrostResources *resources = &freeze->resources;

    if (event->kind == FROST_FREEZER_READY && freeze->state == FROST_STATE_STARTING) {
        frost_degraded_log(resources->ledger->data, &freeze->degraded_logged);
        if (must_not_go_on(freeze)) {
            frost_freeze_return_undo(self->back);
            return;
        }
        frost_freeze_enter(freeze, FROST_STATE_SYNCING);
        parts->supervisor->sync(parts->supervisor);
    } else if (event->kind == FROST_FREEZER_SYNCED && freeze->state == FROST_STATE_SYNCING) {
        frost_resources_mark(resources, FROST_STEP_SYNCED);
        frost_freeze_enter(freeze, FROST_STATE_HOOKS);
        parts->hooks->up(parts->hooks, resources->ledger, on_hooks_up, self);
    } else if (event->kind == FROST_FREEZER_SYNCED && freeze->state == FROST_STATE_RESYNCING) {
        frost_resources_mark(resources, FROST_STEP_RESYNCED);
        g_autoptr(GError) broken = frost_hooks_find_broken(resources->ledger->data);
        frost_freeze_fail(freeze, broken);
        if (freeze->desk->outcome) {
            frost_freeze_return_undo(self->back);
            return;
        }
        freeze->mounts = frost_mount_watch_new(parts->sys);
        frost_freeze_tell_frozen(freeze, true); /* until here nothing is */
        frost_freeze_enter(freeze, FROST_STATE_FREEZING);
        parts->supervisor->freeze(parts->supervisor);
    } else if (event->kind == FROST_FREEZER_FROZEN && freeze->state == FROST_STATE_FREEZING) {
        frost_freezer_warn_of_repeat(resources->ledger->data);
        freeze->desk->count = event->count;
        if (event->count == 0) {
            frost_freeze_return_undo(self->back);
            return;
        }
        frost_freeze_enter(freeze, FROST_STATE_FROZEN);
        frost_freeze_rest(freeze);
    } else {
        frost_freeze_return_heed(self->back, event);
    }
}

/* Takes @plan, NULL on @error. */
static void
on_planned(void *user, FrostPlan *plan, const GError *error)
{
    FrostFreezeAttempt *self = user;
    FrostFreeze *freeze = self->freeze;
    const FrostTransactionParts *parts = freeze->parts;
    FrostResources *resources = &freeze->resources;
    g_autoptr(GError) why = error ? g_error_copy(error) : NULL;

    if (!plan || !frost_resources_begin(resources, plan, &why)) {
        frost_resources_drop(resources);
        frost_freeze_fail(freeze, why);
        frost_freeze_enter(freeze, FROST_STATE_THAWED);
        frost_freeze_rest(freeze);
        return;
    }
    g_strlcpy(resources->ledger->data->statedir, parts->statedir,
              sizeof resources->ledger->data->statedir);
    resources->ledger->data->is_sealed = parts->seals;
    resources->ledger->data->is_paced = parts->is_paced;
    const FrostFreezeRequest *request = freeze->desk->served;
    if (request && request->id)
        g_strlcpy(resources->ledger->data->id, request->id, sizeof resources->ledger->data->id);
    frost_resources_set_terms(resources, &parts->limits, parts->expedite);
    frost_resources_mark(resources, FROST_STEP_PLANNED);
    frost_freeze_enter(freeze, FROST_STATE_STARTING);
    freeze->has_freezer = true;
    parts->supervisor->start(parts->supervisor, resources->ledger, on_freezer, self);
}

void
frost_freeze_attempt_begin(FrostFreezeAttempt *self, char **mount_points)
{
    const FrostTransactionParts *parts = self->freeze->parts;
    const FrostPlanFilter filter = {.include = parts->include,
                                    .exclude = parts->exclude,
                                    .mount_points = (const char *const *)mount_points,
                                    .mode = parts->mode,
                                    .all_namespaces = parts->all_namespaces};

    frost_freeze_enter(self->freeze, FROST_STATE_PLANNING);
    parts->planner->plan(parts->planner, &filter, on_planned, self);
}

bool
frost_freeze_attempt_is_under_way(const FrostFreezeAttempt *self)
{
    FrostTransactionState state = self->freeze->state;

    return state >= FROST_STATE_PLANNING && state <= FROST_STATE_FREEZING;
}

void
frost_freeze_attempt_turn_back(FrostFreezeAttempt *self)
{
    FrostFreeze *freeze = self->freeze;
    const FrostTransactionParts *parts = freeze->parts;

    if (freeze->state == FROST_STATE_PLANNING) {
        parts->planner->give_up(parts->planner);
        frost_resources_drop(&freeze->resources);
        frost_freeze_enter(freeze, FROST_STATE_THAWED);
        frost_request_desk_take_turn(freeze->desk);
    } else if (freeze->state == FROST_STATE_HOOKS) {
        parts->hooks->cancel(parts->hooks);
    } else {
        frost_freeze_thaw(freeze);
    }
}
