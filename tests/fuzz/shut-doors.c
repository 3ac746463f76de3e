/* SPDX-License-Identifier: MIT */
#include "shut-doors.h"

#include <glib.h>

#include "blocking-jobs.h"
#include "launch.h"
#include "source.h"
#include "transaction.h"

/* The program is this one test; what it counts is the only thing that it keeps. */
static unsigned knocks;

unsigned
shut_doors_knocks(void)
{
    return knocks;
}

static GError *
refusal(void)
{
    return g_error_new_literal(FROST_BLOCKING_ERROR, FROST_BLOCKING_ERROR_START,
                               "the door is shut");
}

/* Blocking jobs ------------------------------------------------------------------------------ */

G_DEFINE_QUARK(frost_blocking_error, frost_blocking_error)

typedef struct {
    FrostBlockingDone done;
    void *user;
} Job;

static gboolean
on_refused(gpointer data)
{
    g_autofree Job *refused = data;
    g_autoptr(GError) error = refusal();

    refused->done(refused->user, NULL, error);
    return G_SOURCE_REMOVE;
}

void
frost_blocking_jobs_run(FrostBlockingJobs *self, const FrostBlockingJob *job)
{
    Job *refused = g_new0(Job, 1);

    knocks++;
    *refused = (Job){.done = job->done, .user = job->user};
    if (job->input_free)
        job->input_free(job->input);
    g_source_unref(frost_source_now(NULL, on_refused, refused));
}

/* Programs ----------------------------------------------------------------------------------- */

FrostLaunch *
frost_launch_new(const FrostLaunchOrder *order, GMainContext *context, FrostPipeBudget *budget,
                 const FrostLaunchEvents *events, void *user, GError **error)
{
    knocks++;
    g_propagate_error(error, refusal());
    return NULL;
}

/* There is none, so that none of these is ever called with one. */
void
frost_launch_free(FrostLaunch *self)
{
    g_assert(!self);
}

void
frost_launch_kill(FrostLaunch *self)
{
    g_assert_not_reached();
}

pid_t
frost_launch_pid(const FrostLaunch *self)
{
    g_assert_not_reached();
}

int
frost_launch_wait_status(const FrostLaunch *self)
{
    g_assert_not_reached();
}

const FrostPipeReader *
frost_launch_out(const FrostLaunch *self)
{
    g_assert_not_reached();
}

const FrostPipeReader *
frost_launch_err(const FrostLaunch *self)
{
    g_assert_not_reached();
}

/* Freezes ------------------------------------------------------------------------------------ */

typedef struct {
    FrostTransactionDone done;
    void *user;
} Freeze;

static gboolean
on_freeze(gpointer data)
{
    g_autofree Freeze *freeze = data;
    g_autoptr(GError) error = refusal();

    freeze->done(freeze->user, 0, error);
    return G_SOURCE_REMOVE;
}

static void
refuse_later(FrostTransactionDone done, void *user)
{
    Freeze *freeze = g_new0(Freeze, 1);

    knocks++;
    *freeze = (Freeze){.done = done, .user = user};
    g_source_unref(frost_source_now(NULL, on_freeze, freeze));
}

bool
frost_transaction_is_frozen(FrostTransaction *self)
{
    return false;
}

bool
frost_transaction_is_called(const FrostTransaction *self, const char *id)
{
    return true;
}

const FrostLedgerData *
frost_transaction_ledger(const FrostTransaction *self)
{
    return NULL;
}

FrostRecord *
frost_transaction_record(const FrostTransaction *self)
{
    return NULL;
}

void
frost_transaction_freeze(FrostTransaction *self, const char *const *mount_points, const char *id,
                         FrostTransactionDone done, void *user)
{
    refuse_later(done, user);
}

void
frost_transaction_give_up_freeze(FrostTransaction *self)
{
}

void
frost_transaction_thaw(FrostTransaction *self, FrostTransactionDone done, void *user)
{
    refuse_later(done, user);
}
