/* SPDX-License-Identifier: MIT */
#include "transaction-private.h"

#include "expedite.h"
#include "lacks.h"
#include "log.h"
#include "source.h"
#include "stop.h"

/* How long an agent without a freezer waits until it tries to start one, doubled each time. */
#define RETRY_FIRST_S 10u
#define RETRY_LAST_S 320u

G_DEFINE_QUARK(frost_transaction_error, frost_transaction_error)

static const char *
state_name(State state)
{
    static const char *const names[] = {"thawed",  "elsewhere", "adopting",  "starting",
                                        "syncing", "hooks",     "resyncing", "freezing",
                                        "frozen",  "thawing",   "undoing",   "closing"};

    return names[state];
}

void
frost_transaction_set_state(FrostTransaction *self, State state)
{
    g_debug("freeze: %s -> %s", state_name(self->state), state_name(state));
    self->state = state;
    frost_stop_point("agent", state_name(state));
}

void
frost_transaction_tell_frozen(FrostTransaction *self, bool frozen)
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

void
frost_transaction_answer(FrostTransaction *self)
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

void
frost_transaction_fail(FrostTransaction *self, const GError *error)
{
    if (self->outcome) {
        g_info("then: %s", error->message);
        return;
    }
    self->outcome = g_error_copy(error);
    if (self->books.ledger)
        g_strlcpy(self->books.ledger->data->failure, error->message,
                  sizeof self->books.ledger->data->failure);
}

void
frost_transaction_refuse_all(FrostTransaction *self, const GError *error)
{
    FrostRequest *waiting;

    while ((waiting = g_queue_pop_head(&self->waiting)))
        frost_request_answer(waiting, 0, error);
    end_release(self, error);
}

static GError *
release_error(const FrostTransaction *self)
{
    return g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                       "the freeze was ended: %s", self->release_reason);
}

void
frost_transaction_fail_for_release(FrostTransaction *self)
{
    g_autoptr(GError) error = release_error(self);

    frost_transaction_fail(self, error);
}

static gboolean
on_rest_due(gpointer user)
{
    FrostTransaction *self = user;

    g_clear_pointer(&self->rest_source, g_source_unref);
    frost_transaction_rest(self);
    return G_SOURCE_REMOVE;
}

static void
rest_later(FrostTransaction *self)
{
    if (self->rest_source)
        return;
    self->rest_source = frost_source_now(self->parts.context, on_rest_due, self);
}

/* No freezer ----------------------------------------------------------------------------------- */

static gboolean
on_retry(gpointer user)
{
    FrostTransaction *self = user;

    frost_source_drop(&self->retry);
    if (self->state == STATE_FROZEN && !self->freezer_runs)
        frost_transaction_adopt(self);
    return G_SOURCE_REMOVE;
}

/* Nobody keeps its deadline until there is a freezer again: not left to the host alone. */
static void
retry_later(FrostTransaction *self)
{
    self->retry_s = CLAMP(self->retry_s * 2, RETRY_FIRST_S, RETRY_LAST_S);
    frost_source_drop(&self->retry);
    self->retry = frost_source_attach(g_timeout_source_new_seconds(self->retry_s),
                                      self->parts.context, on_retry, self);
}

/* Whoever waits is refused where it would only be tried again at once. */
void
frost_transaction_remain_frozen(FrostTransaction *self, const GError *why)
{
    g_critical("%s", why->message);
    if (self->request || self->freezer_runs)
        frost_transaction_fail(self, why);
    frost_transaction_set_state(self, STATE_FROZEN);
    frost_transaction_answer(self);
    g_clear_error(&self->outcome);
    if (self->release_reason || !self->freezer_runs)
        frost_transaction_refuse_all(self, why);
    if (self->freezer_runs)
        frost_transaction_rest(self);
    else
        retry_later(self);
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
        frost_transaction_fail_for_release(self);
        frost_transaction_thaw_now(self);
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
        frost_transaction_set_state(self, STATE_THAWED);
        rest_later(self);
        break;
    case STATE_ADOPTING:
    case STATE_THAWING:
    case STATE_UNDOING:
    case STATE_CLOSING:
        break;
    }
}

/* A new freeze request clears what an earlier freeze owes, and so does its payment. */
static void
forgive(FrostTransaction *self)
{
    if (self->debt.cause != FROST_RELEASE_NONE)
        frost_debt_settle(&self->debt, self->parts.statedir);
}

/* Takes @request. */
static void
begin_freeze(FrostTransaction *self, FrostRequest *request)
{
    const FrostTransactionParts *parts = &self->parts;
    FrostPlanFilter filter = {.include = parts->include,
                              .exclude = parts->exclude,
                              .mount_points = (const char *const *)request->mount_points,
                              .mode = parts->mode};

    self->request = request;
    self->count = 0;
    forgive(self);
    if (parts->mode == FROST_PLAN_OFF)
        rest_later(self);
    else if (frost_books_open(&self->books, parts->statedir, &filter, &self->outcome))
        frost_transaction_start(self);
    else if (self->books.ledger)
        frost_transaction_adopt(self);
    else
        rest_later(self);
}

/* (nullable): the one error that a thaw gets when the freeze did not hold until it. */
static GError *
pay_debt(FrostTransaction *self)
{
    GError *error =
        frost_debt_error(&self->debt, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_NOT_HELD);

    forgive(self);
    return error;
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
        g_autoptr(GError) error =
            next->kind == FROST_REQUEST_FREEZE ? release_error(self) : pay_debt(self);

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
        frost_transaction_adopt(self);
    } else if (next || self->release_reason) {
        self->request = g_queue_pop_head(&self->waiting);
        frost_transaction_thaw_now(self);
    }
}

/* Its hooks may hang for as long as they like: the host gives up after 10 to 20 s. */
void
frost_transaction_answer_thaws(FrostTransaction *self)
{
    FrostRequest *next;

    if (self->request && self->request->kind == FROST_REQUEST_THAW)
        frost_transaction_answer(self);
    if (self->request || self->told_frozen)
        return; /* a freeze that failed waits for its hooks; what is still held, for its turn */
    self->debt = frost_debt_of_ledger(self->books.ledger->data);
    while ((next = g_queue_peek_head(&self->waiting)) && next->kind == FROST_REQUEST_THAW) {
        g_autoptr(GError) error = pay_debt(self);

        frost_request_answer(g_queue_pop_head(&self->waiting), 0, error);
    }
}

void
frost_transaction_rest(FrostTransaction *self)
{
    if (self->state == STATE_UNDOING && self->undoes_beside)
        frost_transaction_answer_thaws(self);
    if (self->state != STATE_THAWED && self->state != STATE_FROZEN)
        return;
    frost_transaction_answer(self);
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
frost_transaction_release(FrostTransaction *self, FrostRelease cause, const char *reason,
                          FrostTransactionDone done, void *user)
{
    uint32_t none = FROST_RELEASE_NONE;

    if (self->books.ledger)
        atomic_compare_exchange_strong(&self->books.ledger->data->release, &none, cause);
    g_queue_push_tail(&self->releases, frost_request_new(FROST_REQUEST_THAW, NULL, done, user));
    g_free(self->release_reason);
    self->release_reason = g_strdup(reason);
    go_back(self);
}

/* What an earlier agent left ------------------------------------------------------------------- */

/* Takes @ledger. */
static void
take_over(FrostTransaction *self, FrostLedger *ledger)
{
    self->books.ledger = ledger;
    if (ledger->in_memory)
        frost_lacks_tell(ledger->data, &self->lacks_told);
    frost_expedite_recover(self->parts.sys, ledger->data);
    if (!frost_ledger_is_active(ledger)) {
        self->debt = frost_debt_of_ledger(ledger->data);
        frost_books_close(&self->books);
        frost_transaction_tell_frozen(self, false);
        frost_transaction_set_state(self, STATE_THAWED);
        frost_transaction_rest(self);
    } else if (frost_ledger_held(ledger) > 0) {
        frost_transaction_adopt(self);
    } else {
        frost_transaction_end_hooks(self);
    }
}

/* What an earlier agent left, if anything, is found by the next freeze that can open it. */
static void
do_without_ledger(FrostTransaction *self, const GError *error)
{
    g_critical("%s; what an earlier freeze may have left is not known", error->message);
    frost_transaction_tell_frozen(self, false);
    frost_transaction_set_state(self, STATE_THAWED);
    frost_transaction_rest(self);
}

static void
on_ledger_came(void *user, FrostLedger *ledger, const GError *error)
{
    FrostTransaction *self = user;

    g_clear_pointer(&self->wait, frost_ledger_wait_free);
    if (ledger)
        take_over(self, ledger);
    else
        do_without_ledger(self, error);
}

static void
wait_for_holder(FrostTransaction *self, const GError *error)
{
    g_warning("%s; frozen until that is done", error->message);
    frost_transaction_tell_frozen(self, true);
    frost_transaction_set_state(self, STATE_ELSEWHERE);
    self->wait =
        frost_ledger_wait_new(self->parts.statedir, self->parts.context, on_ledger_came, self);
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
    if (!frost_may_freeze(parts->sys))
        frost_notice("this process may not freeze: it lacks CAP_SYS_ADMIN, and every freeze will "
                     "fail");
    FrostLedger *ledger = frost_ledger_open(parts->statedir, &error);
    if (ledger)
        take_over(self, ledger);
    else if (g_error_matches(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD))
        wait_for_holder(self, error);
    else
        do_without_ledger(self, error);
    return self;
}

void
frost_transaction_free(FrostTransaction *self)
{
    if (!self)
        return;
    frost_source_drop(&self->rest_source);
    frost_source_drop(&self->retry);
    frost_source_drop(&self->reply_limit);
    frost_ledger_wait_free(self->wait);
    frost_books_clear(&self->books);
    frost_mount_watch_end(self->mount_watch);
    frost_request_free(self->request);
    g_queue_clear_full(&self->releases, (GDestroyNotify)frost_request_free);
    g_queue_clear_full(&self->waiting, (GDestroyNotify)frost_request_free);
    g_clear_error(&self->outcome);
    g_free(self->release_reason);
    g_free(self);
}
