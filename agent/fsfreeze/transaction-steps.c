/* SPDX-License-Identifier: MIT */
#include "transaction-private.h"

#include "lacks.h"
#include "source.h"

/* Forward -------------------------------------------------------------------------------------- */

static void
mark(FrostTransaction *self, FrostStep step)
{
    FrostSys *sys = self->parts.sys;

    frost_ledger_mark(self->books.ledger, step, sys->boottime_us(sys));
}

static void
sync_first(FrostTransaction *self)
{
    frost_transaction_set_state(self, STATE_SYNCING);
    self->parts.freezer->sync(self->parts.freezer);
}

/* A required holder that had ended: the host's snapshot is not what it believes. */
static void
fail_for_broken_hook(FrostTransaction *self)
{
    g_autoptr(GError) error = frost_hooks_find_broken(self->books.ledger->data);

    if (error)
        frost_transaction_fail(self, error);
}

static void
on_hooks_up(void *user, const GError *error)
{
    FrostTransaction *self = user;

    mark(self, FROST_STEP_HOOKS_UP);
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
    self->mount_watch = frost_mount_watch_new(self->parts.sys);
    frost_transaction_tell_frozen(self, true);
    frost_transaction_set_state(self, STATE_FREEZING);
    self->parts.freezer->freeze(self->parts.freezer);
}

/* Backward ------------------------------------------------------------------------------------- */

/* For the history: while nothing is frozen. NULL where nobody asks, or something still is. */
static FrostRecord *
make_record(const FrostTransaction *self)
{
    FrostSys *sys = self->parts.sys;
    const FrostLedger *ledger = self->books.ledger;

    if (!self->parts.finished || frost_ledger_held(ledger) > 0)
        return NULL;
    return frost_record_of_ledger(ledger->data, self->books.plan, sys->boottime_us(sys));
}

/* The host does not wait for the history: of many filesystems it takes longer than their thaw. */
static void
close_books(FrostTransaction *self)
{
    const FrostTransactionParts parts = self->parts;
    g_autoptr(FrostRecord) record = make_record(self);

    self->debt = frost_debt_of_ledger(self->books.ledger->data);
    frost_books_close(&self->books);
    frost_transaction_set_state(self, STATE_THAWED);
    frost_transaction_rest(self);
    if (record)
        parts.finished(parts.user, record);
}

/* The freezer stays, and is asked again with the next thaw. */
static bool
is_stuck(const FrostTransaction *self)
{
    return frost_ledger_count(self->books.ledger, FROST_FS_STUCK) > 0;
}

static void
remain_stuck(FrostTransaction *self)
{
    g_autoptr(GError) error =
        g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE,
                    "%s could not be thawed and is still frozen; the next thaw tries again",
                    frost_ledger_find_held(self->books.ledger)->mount_point);

    frost_transaction_remain_frozen(self, error);
}

static void
on_hooks_down(void *user, const GError *error)
{
    FrostTransaction *self = user;

    frost_source_drop(&self->reply_limit);
    self->undoes_beside = false;
    mark(self, FROST_STEP_HOOKS_DOWN);
    if (error)
        g_warning("the thaw hook failed: %s", error->message);
    if (is_stuck(self)) {
        remain_stuck(self);
        return;
    }
    if (!self->freezer_runs) {
        close_books(self);
        return;
    }
    frost_transaction_set_state(self, STATE_CLOSING);
    self->freezer_runs = false;
    self->parts.freezer->finish(self->parts.freezer);
}

static gboolean
on_reply_limit(gpointer user)
{
    FrostTransaction *self = user;

    frost_source_drop(&self->reply_limit);
    g_warning("the thaw hooks still run: a thaw waits for them no longer, the next freeze does");
    self->undoes_beside = true;
    frost_transaction_answer_thaws(self);
    return G_SOURCE_REMOVE;
}

void
frost_transaction_end_hooks(FrostTransaction *self)
{
    unsigned limit_s = self->parts.thaw_reply_s;

    mark(self, FROST_STEP_THAWED);
    if (frost_mount_watch_end(g_steal_pointer(&self->mount_watch)))
        atomic_store(&self->books.ledger->data->mounts_changed, 1);
    if (!is_stuck(self)) /* the log may be on what is */
        frost_transaction_tell_frozen(self, false);
    frost_transaction_set_state(self, STATE_UNDOING);
    if (limit_s > 0)
        self->reply_limit = frost_source_attach(g_timeout_source_new(limit_s * 1000u),
                                                self->parts.context, on_reply_limit, self);
    self->parts.hooks->down(self->parts.hooks, self->books.ledger, on_hooks_down, self);
    fail_for_broken_hook(self);
}

void
frost_transaction_thaw_now(FrostTransaction *self)
{
    uint32_t none = FROST_RELEASE_NONE;

    /* Before the freezer can be told by a signal: the host was first. */
    atomic_compare_exchange_strong(&self->books.ledger->data->release, &none, FROST_RELEASE_HOST);
    frost_transaction_set_state(self, STATE_THAWING);
    self->parts.freezer->thaw(self->parts.freezer);
}

/* What the freezer says ------------------------------------------------------------------------ */

static void
on_synced(FrostTransaction *self)
{
    if (self->state == STATE_SYNCING) {
        mark(self, FROST_STEP_SYNCED);
        run_hooks(self);
    } else if (self->state == STATE_RESYNCING) {
        mark(self, FROST_STEP_RESYNCED);
        fail_for_broken_hook(self);
        if (self->outcome)
            frost_transaction_end_hooks(self);
        else
            freeze_now(self);
    }
}

static void
on_ready(FrostTransaction *self)
{
    if (self->state == STATE_STARTING) {
        frost_lacks_tell(self->books.ledger->data, &self->lacks_told);
        sync_first(self);
    } else if (self->state == STATE_ADOPTING) {
        frost_transaction_set_state(self, STATE_FROZEN);
        frost_transaction_rest(self);
        if (self->state == STATE_FROZEN && frost_books_are_incomplete(&self->books))
            frost_transaction_thaw_now(self);
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

/* Somebody else thawed what was ours: the host must learn that its snapshot is not what it
 * believes (design 2, promise 4). */
static void
fail_for_foreign_thaw(FrostTransaction *self, const GError *reason)
{
    const FrostLedgerData *data = self->books.ledger->data;
    g_autoptr(GError) error = g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD,
                                          "fsfreeze is limited to %u seconds: %s",
                                          atomic_load(&data->owed_limit_s), reason->message);

    frost_transaction_fail(self, error);
}

/* The host's thaw met one that was under way already: it is the one that is owed the error. */
static void
pay_at_once(FrostTransaction *self)
{
    FrostLedgerData *data = self->books.ledger->data;
    FrostDebt debt = frost_debt_of_ledger(data);

    if (self->state != STATE_THAWING || !self->request || debt.cause == FROST_RELEASE_NONE)
        return;
    g_autoptr(GError) error =
        frost_debt_error(&debt, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD);
    atomic_store(&data->owed, FROST_RELEASE_NONE);
    frost_transaction_fail(self, error);
}

static void
note_early_thaw(FrostTransaction *self, unsigned count)
{
    FrostRelease cause = (FrostRelease)atomic_load(&self->books.ledger->data->release);
    const char *reason = frost_debt_reason(cause);

    if (self->state == STATE_FROZEN)
        g_warning("%u filesystems are thawed before the host's thaw: %s", count, reason);
    else if (self->state != STATE_THAWING && !self->outcome)
        self->outcome = g_error_new(
            FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED, "the freeze was ended: %s",
            cause == FROST_RELEASE_OPERATOR ? reason : "the freezer was told by a signal to thaw");
}

/* Nothing is held. Asked for, or because a limit has passed or the freezer was told by a signal. */
static void
on_thawed(FrostTransaction *self, const FrostFreezerEvent *event)
{
    if (self->state == STATE_UNDOING || self->state == STATE_CLOSING)
        return;
    note_early_thaw(self, event->count);
    pay_at_once(self);
    if (event->error && event->error->code == FROST_FREEZER_ERROR_NOT_HELD)
        fail_for_foreign_thaw(self, event->error);
    else if (event->error)
        frost_transaction_fail(self, event->error);
    self->count = event->count;
    if (self->state == STATE_HOOKS)
        self->parts.hooks->cancel(self->parts.hooks);
    else
        frost_transaction_end_hooks(self);
}

/* What was left frozen stays so. Nobody waits for the next try. */
static void
on_failed_adoption(FrostTransaction *self, const GError *error)
{
    const FrostLedgerFs *held = frost_ledger_find_held(self->books.ledger);
    g_autoptr(GError) why = g_error_new(error->domain, error->code,
                                        "%s; %s stays frozen, and the next thaw tries again",
                                        error->message, held ? held->mount_point : "what was left");

    self->freezer_runs = false;
    frost_transaction_remain_frozen(self, why);
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
    if (frost_ledger_held(self->books.ledger) > 0) {
        frost_transaction_remain_frozen(self, error);
        return;
    }
    g_warning("%s", error->message);
    if (self->request && self->state != STATE_THAWING)
        frost_transaction_fail(self, error);
    self->count = frost_ledger_count(self->books.ledger, FROST_FS_THAWED);
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

    g_strlcpy(self->books.ledger->data->statedir, self->parts.statedir,
              sizeof self->books.ledger->data->statedir);
    frost_books_set_terms(&self->books, &self->parts.limits, self->parts.expedite);
    mark(self, FROST_STEP_PLANNED);
    frost_transaction_set_state(self, STATE_STARTING);
    self->freezer_runs = true;
    freezer->start(freezer, self->books.plan, self->books.ledger, on_freezer, self);
}

void
frost_transaction_adopt(FrostTransaction *self)
{
    frost_source_drop(&self->retry);
    if (!self->books.plan)
        g_warning("an earlier freeze was cut off and has left filesystems frozen; they wait for a "
                  "thaw");
    frost_transaction_tell_frozen(self, true);
    frost_books_inherit(&self->books);
    frost_transaction_set_state(self, STATE_ADOPTING);
    self->freezer_runs = true;
    self->parts.freezer->adopt(self->parts.freezer, self->books.ledger, on_freezer, self);
}
