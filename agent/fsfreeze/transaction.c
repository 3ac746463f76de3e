/* SPDX-License-Identifier: MIT */
#include "transaction.h"

#include "books.h"
#include "ledger-wait.h"
#include "request.h"

G_DEFINE_QUARK(frost_transaction_error, frost_transaction_error)

typedef enum {
    STATE_THAWED,
    STATE_ELSEWHERE, /* another process of an earlier agent holds the ledger */
    STATE_ADOPTING,  /* a new freezer takes over what both dead ones left */
    STATE_STARTING,
    STATE_SYNCING,
    STATE_HOOKS,
    STATE_RESYNCING,
    STATE_FREEZING,
    STATE_FROZEN,
    STATE_THAWING,
    STATE_UNDOING,
    STATE_CLOSING, /* the freezer lets go of the filesystems */
} State;

struct FrostTransaction {
    FrostTransactionParts parts;
    State state;
    FrostBooks books; /* open unless thawed or elsewhere */
    FrostLedgerWait *wait;
    bool told_frozen;
    bool freezer_runs;
    FrostRequest *request; /* under way; NULL: none, or answered */
    GQueue waiting;        /* of FrostRequest: for the time when we rest */
    GQueue releases;       /* of FrostRequest */
    char *release_reason;  /* set from a release until it is done */
    unsigned count;        /* what the request will be answered with */
    GError *outcome;
    GSource *rest_source;
};

static void end_hooks(FrostTransaction *self);
static void rest(FrostTransaction *self);
static void adopt(FrostTransaction *self);

static const char *
state_name(State state)
{
    static const char *const names[] = {"thawed",  "elsewhere", "adopting",  "starting",
                                        "syncing", "hooks",     "resyncing", "freezing",
                                        "frozen",  "thawing",   "undoing",   "closing"};

    return names[state];
}

static void
set_state(FrostTransaction *self, State state)
{
    g_debug("freeze: %s -> %s", state_name(self->state), state_name(state));
    self->state = state;
}

static void
tell_frozen(FrostTransaction *self, bool frozen)
{
    if (self->told_frozen == frozen)
        return;
    self->told_frozen = frozen;
    self->parts.frozen_changed(self->parts.user, frozen);
}

bool
frost_transaction_is_frozen(const FrostTransaction *self)
{
    return self->told_frozen;
}

/* Answers -------------------------------------------------------------------------------------- */

static void
answer(FrostTransaction *self)
{
    g_autoptr(GError) error = g_steal_pointer(&self->outcome);
    unsigned count = self->count;

    if (!self->request)
        return;
    self->count = 0;
    frost_request_answer(g_steal_pointer(&self->request), count, error);
}

static void
end_release(FrostTransaction *self, const GError *error)
{
    unsigned count = self->count;
    FrostRequest *release;

    self->count = 0;
    g_clear_pointer(&self->release_reason, g_free);
    while ((release = g_queue_pop_head(&self->releases)))
        frost_request_answer(release, count, error);
}

/* The first thing that went wrong is the answer; what follows from it is for the log. */
static void
fail(FrostTransaction *self, const GError *error)
{
    if (!self->outcome)
        self->outcome = g_error_copy(error);
    else
        g_info("then: %s", error->message);
}

static GError *
release_error(const FrostTransaction *self)
{
    return g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                       "the freeze was ended: %s", self->release_reason);
}

static void
fail_for_release(FrostTransaction *self)
{
    g_autoptr(GError) error = release_error(self);

    fail(self, error);
}

static gboolean
on_rest_due(gpointer user)
{
    FrostTransaction *self = user;

    g_clear_pointer(&self->rest_source, g_source_unref);
    rest(self);
    return G_SOURCE_REMOVE;
}

static void
rest_later(FrostTransaction *self)
{
    if (self->rest_source)
        return;
    self->rest_source = g_idle_source_new();
    g_source_set_priority(self->rest_source, G_PRIORITY_DEFAULT);
    g_source_set_callback(self->rest_source, on_rest_due, self, NULL);
    g_source_attach(self->rest_source, self->parts.context);
}

/* Forward -------------------------------------------------------------------------------------- */

static void
sync_first(FrostTransaction *self)
{
    set_state(self, STATE_SYNCING);
    self->parts.freezer->sync(self->parts.freezer);
}

static void
on_hooks_up(void *user, const GError *error)
{
    FrostTransaction *self = user;

    if (error)
        fail(self, error);
    if (self->release_reason)
        fail_for_release(self);
    if (self->outcome) {
        end_hooks(self);
        return;
    }
    set_state(self, STATE_RESYNCING);
    self->parts.freezer->sync(self->parts.freezer);
}

static void
run_hooks(FrostTransaction *self)
{
    set_state(self, STATE_HOOKS);
    self->parts.hooks->up(self->parts.hooks, self->books.ledger, on_hooks_up, self);
}

static void
freeze_now(FrostTransaction *self)
{
    tell_frozen(self, true);
    set_state(self, STATE_FREEZING);
    self->parts.freezer->freeze(self->parts.freezer);
}

/* Backward ------------------------------------------------------------------------------------- */

static void
close_books(FrostTransaction *self)
{
    frost_books_close(&self->books);
    set_state(self, STATE_THAWED);
    rest(self);
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
    set_state(self, STATE_CLOSING);
    self->freezer_runs = false;
    self->parts.freezer->finish(self->parts.freezer);
}

/* Nothing is held any more: undo the hooks, then answer. */
static void
end_hooks(FrostTransaction *self)
{
    tell_frozen(self, false);
    set_state(self, STATE_UNDOING);
    self->parts.hooks->down(self->parts.hooks, self->books.ledger, on_hooks_down, self);
}

static void
thaw_now(FrostTransaction *self)
{
    set_state(self, STATE_THAWING);
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
        set_state(self, STATE_FROZEN);
        rest(self);
    }
}

static void
on_frozen(FrostTransaction *self, unsigned count)
{
    if (self->state != STATE_FREEZING)
        return; /* a release overtook it: its thaw is under way */
    self->count = count;
    if (count == 0) {
        end_hooks(self);
        return;
    }
    set_state(self, STATE_FROZEN);
    rest(self);
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
        fail(self, event->error);
    self->count = event->count;
    if (self->state == STATE_HOOKS)
        self->parts.hooks->cancel(self->parts.hooks);
    else
        end_hooks(self);
}

/* What an earlier agent left frozen stays so. Nobody waits for the next try. */
static void
on_failed_adoption(FrostTransaction *self, const GError *error)
{
    FrostRequest *waiting;

    g_critical("%s; what an earlier agent left frozen stays so", error->message);
    self->freezer_runs = false;
    set_state(self, STATE_FROZEN);
    answer(self);
    while ((waiting = g_queue_pop_head(&self->waiting)))
        frost_request_answer(waiting, 0, error);
    end_release(self, error);
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
    fail(self, error);
    end_hooks(self);
}

static void
on_lost(FrostTransaction *self, const GError *error)
{
    self->freezer_runs = false;
    if (self->state == STATE_HOOKS) {
        fail(self, error);
        self->parts.hooks->cancel(self->parts.hooks);
        return;
    }
    if (self->state == STATE_UNDOING || self->state == STATE_CLOSING)
        return;
    g_warning("%s", error->message);
    if (self->request)
        fail(self, error);
    end_hooks(self);
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

/* Requests ------------------------------------------------------------------------------------- */

/* A release takes the nearest way back from wherever the course is. */
static void
go_back(FrostTransaction *self)
{
    switch (self->state) {
    case STATE_STARTING:
    case STATE_SYNCING:
    case STATE_RESYNCING:
    case STATE_FREEZING:
        fail_for_release(self);
        thaw_now(self);
        break;
    case STATE_HOOKS:
        self->parts.hooks->cancel(self->parts.hooks);
        break;
    case STATE_FROZEN:
    case STATE_THAWED:
        rest_later(self);
        break;
    case STATE_ELSEWHERE:
        /* Its holder thaws and undoes; what it leaves is for the next agent. */
        g_clear_pointer(&self->wait, frost_ledger_wait_free);
        set_state(self, STATE_THAWED);
        rest_later(self);
        break;
    case STATE_ADOPTING:
    case STATE_THAWING:
    case STATE_UNDOING:
    case STATE_CLOSING:
        break;
    }
}

/* Takes @request. */
static void
begin_freeze(FrostTransaction *self, FrostRequest *request)
{
    const FrostTransactionParts *parts = &self->parts;
    FrostPlanFilter filter = {.include = parts->include,
                              .exclude = parts->exclude,
                              .mount_points = (const char *const *)request->mount_points};

    self->request = request;
    self->count = 0;
    if (frost_books_open(&self->books, parts->statedir, &filter, &self->outcome)) {
        set_state(self, STATE_STARTING);
        self->freezer_runs = true;
        parts->freezer->start(parts->freezer, self->books.plan, self->books.ledger, on_freezer,
                              self);
    } else if (self->books.ledger) {
        adopt(self);
    } else {
        rest_later(self);
    }
}

/* Thawed: the next request, if any. */
static void
serve_thawed(FrostTransaction *self)
{
    FrostRequest *next = g_queue_pop_head(&self->waiting);

    if (!next) {
        end_release(self, NULL);
    } else if (next->kind == FROST_REQUEST_FREEZE && !self->release_reason) {
        begin_freeze(self, next);
    } else {
        g_autoptr(GError) error = next->kind == FROST_REQUEST_FREEZE ? release_error(self) : NULL;

        frost_request_answer(next, 0, error);
        rest_later(self);
    }
}

/* Frozen: only a thaw, or a release, goes on from here. */
static void
serve_frozen(FrostTransaction *self)
{
    const FrostRequest *next = g_queue_peek_head(&self->waiting);

    if (next && next->kind == FROST_REQUEST_FREEZE) {
        g_autoptr(GError) error =
            g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE, "already frozen");

        frost_request_answer(g_queue_pop_head(&self->waiting), 0, error);
        rest_later(self);
    } else if ((next || self->release_reason) && !self->freezer_runs) {
        adopt(self);
    } else if (next || self->release_reason) {
        self->request = g_queue_pop_head(&self->waiting);
        thaw_now(self);
    }
}

/* At rest, thawed or frozen: what was put off is done now, one at a time. */
static void
rest(FrostTransaction *self)
{
    if (self->state != STATE_THAWED && self->state != STATE_FROZEN)
        return;
    answer(self);
    if (self->state == STATE_THAWED)
        serve_thawed(self);
    else if (self->state == STATE_FROZEN)
        serve_frozen(self);
}

static void
ask(FrostTransaction *self, FrostRequest *request)
{
    g_queue_push_tail(&self->waiting, request);
    rest_later(self);
}

void
frost_transaction_freeze(FrostTransaction *self, const char *const *mount_points,
                         FrostTransactionDone done, void *user)
{
    ask(self, frost_request_new(FROST_REQUEST_FREEZE, mount_points, done, user));
}

void
frost_transaction_thaw(FrostTransaction *self, FrostTransactionDone done, void *user)
{
    ask(self, frost_request_new(FROST_REQUEST_THAW, NULL, done, user));
}

void
frost_transaction_release(FrostTransaction *self, const char *reason, FrostTransactionDone done,
                          void *user)
{
    g_queue_push_tail(&self->releases, frost_request_new(FROST_REQUEST_THAW, NULL, done, user));
    g_free(self->release_reason);
    self->release_reason = g_strdup(reason);
    go_back(self);
}

/* What an earlier agent left ------------------------------------------------------------------- */

static void
adopt(FrostTransaction *self)
{
    g_warning("an earlier freeze was cut off and has left filesystems frozen; they wait for a "
              "thaw");
    tell_frozen(self, true);
    frost_books_inherit(&self->books);
    set_state(self, STATE_ADOPTING);
    self->freezer_runs = true;
    self->parts.freezer->adopt(self->parts.freezer, self->books.ledger, on_freezer, self);
}

/* Takes @ledger. */
static void
take_over(FrostTransaction *self, FrostLedger *ledger)
{
    self->books.ledger = ledger;
    if (!frost_ledger_is_active(ledger)) {
        frost_books_close(&self->books);
        tell_frozen(self, false);
        set_state(self, STATE_THAWED);
        rest(self);
    } else if (frost_ledger_held(ledger) > 0) {
        adopt(self);
    } else {
        end_hooks(self);
    }
}

static void
on_ledger_came(void *user, FrostLedger *ledger)
{
    FrostTransaction *self = user;

    g_clear_pointer(&self->wait, frost_ledger_wait_free);
    take_over(self, ledger);
}

FrostTransaction *
frost_transaction_new(const FrostTransactionParts *parts)
{
    FrostTransaction *self = g_new0(FrostTransaction, 1);
    g_autoptr(GError) error = NULL;

    self->parts = *parts;
    g_queue_init(&self->waiting);
    g_queue_init(&self->releases);
    frost_books_init(&self->books, parts->sys);
    FrostLedger *ledger = frost_ledger_open(parts->statedir, &error);
    if (ledger) {
        take_over(self, ledger);
    } else {
        g_warning("%s; frozen until that is done", error->message);
        tell_frozen(self, true);
        set_state(self, STATE_ELSEWHERE);
        self->wait = frost_ledger_wait_new(parts->statedir, parts->context, on_ledger_came, self);
    }
    return self;
}

void
frost_transaction_free(FrostTransaction *self)
{
    if (!self)
        return;
    if (self->rest_source) {
        g_source_destroy(self->rest_source);
        g_source_unref(self->rest_source);
    }
    frost_ledger_wait_free(self->wait);
    frost_books_clear(&self->books);
    frost_request_free(self->request);
    g_queue_clear_full(&self->releases, (GDestroyNotify)frost_request_free);
    g_queue_clear_full(&self->waiting, (GDestroyNotify)frost_request_free);
    g_clear_error(&self->outcome);
    g_free(self->release_reason);
    g_free(self);
}
