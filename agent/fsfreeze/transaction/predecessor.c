/* SPDX-License-Identifier: MIT */
#include "predecessor.h"

#include "backoff.h"
#include "ledger-wait.h"
#include "stopped-freezer.h"

/* From one look at the ledger and its process to the next: neither a store into shared memory nor
 * a SIGSTOP wakes anybody. A request for the status looks as well. */
#define LOOK_FIRST_MS 20u
#define LOOK_LAST_MS 1280u

struct FrostPredecessor {
    FrostPredecessorParts parts;
    char *statedir;
    FrostLedgerWait *wait;
    FrostLedger *beside; /* (nullable) */
    bool has_thawed;     /* and that was told, or has been so from the beginning */
    FrostBackoff look;
    FrostStoppedFreezer stopped;
};

FrostLedger *
frost_predecessor_ledger(const FrostPredecessor *self)
{
    return self->beside;
}

/* From the moment in which its agent asks for the freeze until somebody notes that all is thawed: a
 * freezer that is told to freeze may not have begun. */
bool
frost_predecessor_may_hold(FrostPredecessor *self)
{
    if (!self->beside) /* it could not be read until now */
        self->beside = frost_ledger_open_beside(self->statedir);
    if (!self->beside)
        return true;
    const FrostLedgerData *data = self->beside->data;
    if (atomic_load(&data->active) == FROST_LEDGER_ELSEWHERE)
        return true;
    bool is_between = atomic_load(&data->step_us[FROST_STEP_RESYNCED]) != 0 &&
                      atomic_load(&data->step_us[FROST_STEP_THAWED]) == 0;
    return frost_ledger_is_active(self->beside) && (is_between || frost_ledger_holds(self->beside));
}

/* A freezer that is stopped is ended, and so is a recovery: what it holds is thawed, and its hooks
 * are undone, by the process that gets the lock. */
static void
look(void *user)
{
    FrostPredecessor *self = user;
    const FrostLedgerData *data = self->beside ? self->beside->data : NULL;

    if (data)
        frost_stopped_freezer_look(&self->stopped, atomic_load(&data->freezer_pid),
                                   atomic_load(&data->freezer_start), self->look.wait_ms);
    frost_backoff_wait(&self->look);
    if (self->has_thawed || frost_predecessor_may_hold(self))
        return;
    self->has_thawed = true;
    self->parts.thawed(self->parts.user);
}

FrostPredecessor *
frost_predecessor_await(const char *statedir, const FrostPredecessorParts *parts)
{
    g_autoptr(GError) error = NULL;
    FrostLedger *ledger = frost_ledger_open(statedir, &error);

    if (!g_error_matches(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD)) {
        parts->gone(parts->user, ledger, error);
        return NULL;
    }
    FrostPredecessor *self = g_new0(FrostPredecessor, 1);
    self->parts = *parts;
    self->look = (FrostBackoff){.context = parts->context,
                                .first_ms = LOOK_FIRST_MS,
                                .last_ms = LOOK_LAST_MS,
                                .due = look,
                                .user = self};
    self->statedir = g_strdup(statedir);
    self->wait = frost_ledger_wait_new(statedir, parts->context, parts->gone, parts->user);
    self->has_thawed = !frost_predecessor_may_hold(self);
    frost_backoff_wait(&self->look);
    g_warning("%s; %s until that is done", error->message,
              self->has_thawed ? "a new freeze waits" : "frozen");
    return self;
}

void
frost_predecessor_free(FrostPredecessor *self)
{
    if (!self)
        return;
    frost_backoff_stop(&self->look);
    frost_ledger_wait_free(self->wait);
    frost_ledger_free(self->beside);
    g_free(self->statedir);
    g_free(self);
}
