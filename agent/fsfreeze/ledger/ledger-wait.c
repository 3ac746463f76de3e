/* SPDX-License-Identifier: MIT */
#include "ledger-wait.h"

/* Counted by g_atomic_rc_box. Owned by the thread, then by the idle source that it attaches; and by
 * the caller. */
#define RETRY_S 1

struct FrostLedgerWait {
    char *statedir;
    GMainContext *context;
    FrostLedger *ledger;
    GError *error;
    GSource *retry; /* no thread could be started; NULL: one was */
    bool cancelled; /* only touched by the thread that runs @context */
    FrostLedgerCame came;
    void *user;
};

static void
wait_clear(gpointer user)
{
    FrostLedgerWait *self = user;

    frost_ledger_free(self->ledger);
    g_clear_error(&self->error);
    g_free(self->statedir);
}

static void
unref(gpointer user)
{
    g_atomic_rc_box_release_full(user, wait_clear);
}

static gboolean
deliver(gpointer user)
{
    FrostLedgerWait *self = user;

    if (!self->cancelled)
        self->came(self->user, g_steal_pointer(&self->ledger), self->error);
    return G_SOURCE_REMOVE;
}

static gpointer
wait_for_lock(gpointer user)
{
    FrostLedgerWait *self = user;

    self->ledger = frost_ledger_open_wait(self->statedir, &self->error);

    /* g_main_context_invoke() would call from this thread while no thread runs the main loop. */
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, deliver, self, unref);
    g_source_attach(source, self->context);
    g_source_unref(source);
    return NULL;
}

static void start(FrostLedgerWait *self);

static void
end_retry(FrostLedgerWait *self)
{
    if (self->retry) {
        g_source_destroy(self->retry);
        g_clear_pointer(&self->retry, g_source_unref);
    }
}

static gboolean
on_retry(gpointer user)
{
    end_retry(user);
    start(user);
    return G_SOURCE_REMOVE;
}

static void
start(FrostLedgerWait *self)
{
    g_autoptr(GError) error = NULL;
    GThread *thread =
        g_thread_try_new("ledger-wait", wait_for_lock, g_atomic_rc_box_acquire(self), &error);

    if (thread) {
        g_thread_unref(thread);
        return;
    }
    unref(self); /* the thread's */
    g_debug("what another process has frozen cannot be waited for yet: %s", error->message);
    self->retry = g_timeout_source_new_seconds(RETRY_S);
    g_source_set_callback(self->retry, on_retry, self, NULL);
    g_source_attach(self->retry, self->context);
}

FrostLedgerWait *
frost_ledger_wait_new(const char *statedir, GMainContext *context, FrostLedgerCame came, void *user)
{
    FrostLedgerWait *self = g_atomic_rc_box_new0(FrostLedgerWait);

    self->statedir = g_strdup(statedir);
    self->context = context;
    self->came = came;
    self->user = user;
    start(self);
    return self;
}

void
frost_ledger_wait_free(FrostLedgerWait *self)
{
    if (!self)
        return;
    self->cancelled = true;
    end_retry(self);
    unref(self);
}
