/* SPDX-License-Identifier: MIT */
#include "transaction.h"

#include <unistd.h>

#include "ledger-wait.h"
#include "log.h"

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

typedef struct {
    FrostTransactionDone done; /* NULL: nobody waits */
    void *user;
} Waiter;

struct FrostTransaction {
    FrostTransactionParts parts;
    State state;
    FrostLedger *ledger; /* locked; NULL when thawed */
    FrostPlan *plan;     /* of a freeze of our own */
    FrostLedgerWait *wait;
    GArray *adopted; /* of int: descriptors opened for a freezer that adopts */
    bool told_frozen;
    bool freezer_runs;
    Waiter request;     /* the freeze or thaw under way */
    Waiter freeze_next; /* a freeze or thaw that came while an earlier course goes on */
    char **freeze_next_list;
    Waiter thaw_next;
    Waiter release;
    char *release_reason;
    unsigned count; /* what the request will be answered with */
    GError *outcome;
    GSource *answer_source;
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
call(Waiter *waiter, unsigned count, const GError *error)
{
    Waiter due = *waiter;

    *waiter = (Waiter){0};
    if (due.done)
        due.done(due.user, count, error);
}

static void
answer(FrostTransaction *self)
{
    g_autoptr(GError) error = g_steal_pointer(&self->outcome);

    call(&self->request, error ? 0 : self->count, error);
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

static gboolean
on_answer_due(gpointer user)
{
    FrostTransaction *self = user;

    g_clear_pointer(&self->answer_source, g_source_unref);
    rest(self);
    return G_SOURCE_REMOVE;
}

static void
rest_later(FrostTransaction *self)
{
    if (self->answer_source)
        return;
    self->answer_source = g_idle_source_new();
    g_source_set_priority(self->answer_source, G_PRIORITY_DEFAULT);
    g_source_set_callback(self->answer_source, on_answer_due, self, NULL);
    g_source_attach(self->answer_source, self->parts.context);
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
    if (self->release_reason && !self->outcome)
        self->outcome = g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                                    "the freeze was ended: %s", self->release_reason);
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
    self->parts.hooks->up(self->parts.hooks, self->ledger, on_hooks_up, self);
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
close_adopted(FrostTransaction *self)
{
    for (guint i = 0; i < self->adopted->len; i++)
        self->parts.sys->close(self->parts.sys, g_array_index(self->adopted, int, i));
    g_array_set_size(self->adopted, 0);
}

static void
close_books(FrostTransaction *self)
{
    frost_ledger_end(self->ledger);
    g_clear_pointer(&self->ledger, frost_ledger_free);
    g_clear_pointer(&self->plan, frost_plan_free);
    close_adopted(self);
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
    self->parts.hooks->down(self->parts.hooks, self->ledger, on_hooks_down, self);
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
    answer(self);
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

static void
on_failed(FrostTransaction *self, const GError *error)
{
    if (self->state == STATE_THAWING)
        return; /* the answer to the thaw follows */
    if (self->state == STATE_STARTING || self->state == STATE_ADOPTING)
        self->freezer_runs = false;
    if (self->state == STATE_ADOPTING) {
        g_critical("%s; what an earlier agent left frozen stays so", error->message);
        set_state(self, STATE_FROZEN);
        call(&self->thaw_next, 0, error);
        call(&self->release, 0, error);
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
    if (self->request.done)
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

static void
rollback(FrostTransaction *self)
{
    g_set_error(&self->outcome, FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_RELEASED,
                "the freeze was ended: %s", self->release_reason);
    thaw_now(self);
}

/* A release takes the nearest way back from wherever the course is. */
static void
go_back(FrostTransaction *self)
{
    switch (self->state) {
    case STATE_STARTING:
    case STATE_SYNCING:
    case STATE_RESYNCING:
    case STATE_FREEZING:
        rollback(self);
        break;
    case STATE_HOOKS:
        self->parts.hooks->cancel(self->parts.hooks);
        break;
    case STATE_FROZEN:
        thaw_now(self);
        break;
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

static bool
open_books(FrostTransaction *self, const char *const *mount_points, GError **error)
{
    const FrostTransactionParts *parts = &self->parts;
    FrostPlanFilter filter = {
        .include = parts->include, .exclude = parts->exclude, .mount_points = mount_points};

    self->ledger = frost_ledger_open(parts->statedir, error);
    if (!self->ledger)
        return false;
    self->plan = frost_plan_new(parts->sys, &filter, error);
    return self->plan && frost_ledger_begin(self->ledger, self->plan, error);
}

static void
begin_freeze(FrostTransaction *self, const char *const *mount_points, Waiter waiter)
{
    self->request = waiter;
    self->count = 0;
    if (open_books(self, mount_points, &self->outcome)) {
        set_state(self, STATE_STARTING);
        self->freezer_runs = true;
        self->parts.freezer->start(self->parts.freezer, self->plan, self->ledger, on_freezer, self);
        return;
    }
    g_clear_pointer(&self->plan, frost_plan_free);
    g_clear_pointer(&self->ledger, frost_ledger_free);
    rest_later(self);
}

static void
freeze_waiting(FrostTransaction *self)
{
    g_auto(GStrv) mount_points = g_steal_pointer(&self->freeze_next_list);
    Waiter waiter = self->freeze_next;

    self->freeze_next = (Waiter){0};
    begin_freeze(self, (const char *const *)mount_points, waiter);
}

/* At rest, thawed or frozen: what was put off is done now. */
static void
rest(FrostTransaction *self)
{
    if (self->state == STATE_FROZEN && (self->thaw_next.done || self->release.done)) {
        if (!self->freezer_runs) {
            adopt(self);
            return;
        }
        self->request = self->thaw_next;
        self->thaw_next = (Waiter){0};
        thaw_now(self);
        return;
    }
    if (self->state != STATE_THAWED)
        return;
    answer(self);
    call(&self->thaw_next, 0, NULL);
    if (self->release.done)
        call(&self->release, self->count, NULL);
    else if (self->freeze_next.done)
        freeze_waiting(self);
}

void
frost_transaction_freeze(FrostTransaction *self, const char *const *mount_points,
                         FrostTransactionDone done, void *user)
{
    Waiter waiter = {done, user};

    if (self->state == STATE_THAWED) {
        begin_freeze(self, mount_points, waiter);
        return;
    }
    if (self->state == STATE_FROZEN || self->freeze_next.done) {
        g_autoptr(GError) error =
            g_error_new(FROST_TRANSACTION_ERROR, FROST_TRANSACTION_ERROR_STATE, "already frozen");

        done(user, 0, error);
        return;
    }
    self->freeze_next = waiter;
    self->freeze_next_list = g_strdupv((char **)mount_points);
}

void
frost_transaction_thaw(FrostTransaction *self, FrostTransactionDone done, void *user)
{
    self->thaw_next = (Waiter){done, user};
    if (self->state == STATE_THAWED || self->state == STATE_FROZEN)
        rest_later(self);
}

void
frost_transaction_release(FrostTransaction *self, const char *reason, FrostTransactionDone done,
                          void *user)
{
    self->release = (Waiter){done, user};
    g_free(self->release_reason);
    self->release_reason = g_strdup(reason);
    go_back(self);
}

/* What an earlier agent left ------------------------------------------------------------------- */

/* Opens what the ledger calls held. One that nothing shows any more is named and left. */
static void
reopen(FrostTransaction *self)
{
    FrostLedgerData *data = self->ledger->data;

    close_adopted(self);
    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        FrostLedgerFs *fs = &data->filesystems[i];

        fs->fd = -1;
        frost_ledger_step(fs, FROST_FS_STUCK, FROST_FS_FROZEN);
        if (!frost_fs_state_is_held((FrostFsState)atomic_load(&fs->state)))
            continue;
        fs->fd = frost_plan_reopen(self->parts.sys, (dev_t)fs->mount_dev, (dev_t)fs->device);
        if (fs->fd >= 0)
            g_array_append_val(self->adopted, fs->fd);
        else
            g_critical(
                "%s was left frozen by an earlier agent and cannot be reached: %s; mount its "
                "device once more and run fsfreeze --unfreeze there",
                fs->mount_point, g_strerror(-fs->fd));
    }
}

static void
adopt(FrostTransaction *self)
{
    g_warning("an earlier agent was killed and left filesystems frozen; they wait for a thaw");
    tell_frozen(self, true);
    reopen(self);
    set_state(self, STATE_ADOPTING);
    self->freezer_runs = true;
    self->parts.freezer->adopt(self->parts.freezer, self->ledger, on_freezer, self);
}

/* Takes @ledger. */
static void
take_over(FrostTransaction *self, FrostLedger *ledger)
{
    self->ledger = ledger;
    if (!frost_ledger_is_active(ledger)) {
        g_clear_pointer(&self->ledger, frost_ledger_free);
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
    self->adopted = g_array_new(FALSE, FALSE, sizeof(int));
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
    if (self->answer_source) {
        g_source_destroy(self->answer_source);
        g_source_unref(self->answer_source);
    }
    frost_ledger_wait_free(self->wait);
    frost_ledger_free(self->ledger);
    g_clear_pointer(&self->plan, frost_plan_free);
    close_adopted(self);
    g_array_unref(self->adopted);
    g_strfreev(self->freeze_next_list);
    g_clear_error(&self->outcome);
    g_free(self->release_reason);
    g_free(self);
}
