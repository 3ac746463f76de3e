/* SPDX-License-Identifier: MIT */
#include "executions.h"

#include "source.h"

typedef struct {
    FrostExecutions *owner;
    FrostLaunch *launch;
    char *path;
    FrostExecutionStarted started;
    void *user;
    bool failed; /* it could not be started; dropped when its process has ended */
    bool ended;
    int64_t ended_us;
} Record;

struct FrostExecutions {
    GMainContext *context;
    GQueue records; /* of Record, oldest first */
    unsigned running;
    FrostPipeBudget *budget;
    GSource *expiry;
};

G_DEFINE_QUARK(frost_executions_error, frost_executions_error)

static void
record_free(Record *record)
{
    frost_launch_free(record->launch);
    g_free(record->path);
    g_free(record);
}

static void
forget(FrostExecutions *self, Record *record)
{
    g_queue_remove(&self->records, record);
    record_free(record);
}

/* Expiry ------------------------------------------------------------------------------------- */

static const Record *
oldest_ended(const FrostExecutions *self)
{
    const Record *oldest = NULL;

    for (const GList *link = self->records.head; link; link = link->next) {
        const Record *record = link->data;

        if (record->ended && (!oldest || record->ended_us < oldest->ended_us))
            oldest = record;
    }
    return oldest;
}

static gboolean
on_expiry(gpointer user)
{
    FrostExecutions *self = user;

    frost_executions_expire(self, g_get_monotonic_time());
    return G_SOURCE_REMOVE;
}

static void
set_expiry(FrostExecutions *self, int64_t now_us)
{
    const Record *oldest = oldest_ended(self);

    frost_source_drop(&self->expiry);
    if (!oldest)
        return;
    int64_t left_us = oldest->ended_us + FROST_EXECUTIONS_KEPT_S * G_USEC_PER_SEC - now_us;
    self->expiry = frost_source_attach(
        g_timeout_source_new_seconds((guint)(MAX(left_us, 0) / G_USEC_PER_SEC) + 1), self->context,
        on_expiry, self);
}

void
frost_executions_expire(FrostExecutions *self, int64_t now_us)
{
    const Record *oldest;

    while ((oldest = oldest_ended(self)) &&
           oldest->ended_us + FROST_EXECUTIONS_KEPT_S * G_USEC_PER_SEC <= now_us) {
        g_info("the result of process %d is dropped: the host has not asked for it",
               (int)frost_launch_pid(oldest->launch));
        forget(self, (Record *)oldest);
    }
    set_expiry(self, now_us);
}

static void
keep_bounded(FrostExecutions *self)
{
    while (self->records.length - self->running > FROST_EXECUTIONS_ENDED_MAX)
        forget(self, (Record *)oldest_ended(self));
}

/* Start and end ------------------------------------------------------------------------------ */

static Record *
find(const FrostExecutions *self, int64_t pid, const Record *except)
{
    for (GList *link = self->records.head; link; link = link->next) {
        Record *record = link->data;

        if (record != except && !record->failed && frost_launch_pid(record->launch) == pid)
            return record;
    }
    return NULL;
}

static void
on_started(void *user, int why)
{
    Record *record = user;
    pid_t pid = frost_launch_pid(record->launch);

    if (why == 0) {
        /* The kernel has reused the pid of an earlier program. It now means this one. */
        Record *earlier = find(record->owner, pid, record);

        if (earlier)
            forget(record->owner, earlier);
        record->started(record->user, pid, NULL);
        return;
    }
    record->failed = true;
    g_autoptr(GError) error = g_error_new(FROST_EXECUTIONS_ERROR, FROST_EXECUTIONS_ERROR_START,
                                          "Failed to execute child process \u201c%s\u201d (%s)",
                                          record->path, g_strerror(why));
    record->started(record->user, -1, error);
}

static void
on_ended(void *user)
{
    Record *record = user;
    FrostExecutions *self = record->owner;

    self->running--;
    if (record->failed) {
        forget(self, record);
        return;
    }
    record->ended = true;
    record->ended_us = g_get_monotonic_time();
    keep_bounded(self);
    if (!self->expiry)
        set_expiry(self, record->ended_us);
}

static const FrostLaunchEvents events = {.started = on_started, .ended = on_ended};

bool
frost_executions_start(FrostExecutions *self, const FrostLaunchOrder *order,
                       FrostExecutionStarted started, void *user, GError **error)
{
    if (self->running >= FROST_EXECUTIONS_RUNNING_MAX) {
        g_set_error(error, FROST_EXECUTIONS_ERROR, FROST_EXECUTIONS_ERROR_TOO_MANY,
                    "%u programs run already", self->running);
        return false;
    }

    g_autoptr(GError) why = NULL;
    Record *record = g_new0(Record, 1);
    *record = (Record){.owner = self, .started = started, .user = user};
    record->launch = frost_launch_new(order, self->context, self->budget, &events, record, &why);
    if (!record->launch) {
        g_set_error(error, FROST_EXECUTIONS_ERROR, FROST_EXECUTIONS_ERROR_START,
                    "Failed to execute child process \u201c%s\u201d (%s)", order->path,
                    why->message);
        g_free(record);
        return false;
    }
    record->path = g_strdup(order->path);
    g_queue_push_tail(&self->records, record);
    self->running++;
    return true;
}

const FrostLaunch *
frost_executions_find(const FrostExecutions *self, int64_t pid, bool *out_ended, GError **error)
{
    const Record *record = find(self, pid, NULL);

    if (!record) {
        g_set_error(error, FROST_EXECUTIONS_ERROR, FROST_EXECUTIONS_ERROR_UNKNOWN,
                    "PID %" G_GINT64_FORMAT " does not exist", pid);
        return NULL;
    }
    *out_ended = record->ended;
    return record->launch;
}

void
frost_executions_forget(FrostExecutions *self, int64_t pid)
{
    Record *record = find(self, pid, NULL);

    g_return_if_fail(record && record->ended);
    forget(self, record);
    if (!oldest_ended(self))
        frost_source_drop(&self->expiry);
}

unsigned
frost_executions_count(const FrostExecutions *self)
{
    return self->records.length;
}

FrostExecutions *
frost_executions_new(GMainContext *context)
{
    FrostExecutions *self = g_new0(FrostExecutions, 1);

    self->context = context;
    g_queue_init(&self->records);
    self->budget = frost_pipe_budget_new(FROST_EXECUTIONS_OUTPUT_MAX);
    return self;
}

void
frost_executions_free(FrostExecutions *self)
{
    if (!self)
        return;
    frost_source_drop(&self->expiry);
    for (Record *record; (record = g_queue_pop_head(&self->records));)
        record_free(record);
    frost_pipe_budget_free(self->budget);
    g_free(self);
}
