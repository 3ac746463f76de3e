/* SPDX-License-Identifier: MIT */
#include "supervisor.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-watch.h"
#include "freezer-errors.h"
#include "freezer-loss.h"
#include "freezer-protocol.h"
#include "freezer-spawn.h"
#include "knob-restorers.h"
#include "rcu-expedite.h"
#include "reply.h"
#include "source.h"
#include "stop.h"

/* So many rescuers are lost one after the other, before the supervisor gives up. */
#define RESCUES_MAX 3

/* How long a freezer that has nothing more to do is waited for. */
#define FINISH_WAIT_MS 1000

typedef enum {
    AWAIT_NOTHING,
    AWAIT_READY,
    AWAIT_SYNC,
    AWAIT_FREEZE,
    AWAIT_THAW,
} Await;

/* Which process there is; see the drawing in supervisor.h. */
typedef enum {
    SERVED,
    RESCUED,
} Life;

typedef struct {
    FrostSupervisor base;
    FrostSys *sys;
    GMainContext *context;
    FrostLedger *ledger;
    FrostFreezerNotify notify;
    void *user;
    Await awaiting;
    pid_t pid; /* of the process behind the link */
    int link;  /* our end of the socket pair; -1: no process to talk to */
    GSource *link_source;
    FrostChildWatch *finishing; /* the process that was told to go */
    GSource *finish_limit;
    FrostFreezerWatchdog watchdog;
    GPtrArray *children; /* of FrostChildWatch: not reaped yet */
    FrostKnobRestorers restorers;
    Life life;
    bool ready;              /* the process behind the link has said so */
    bool has_left;           /* it has closed the filesystems */
    const char *loss;        /* how the last freezer was lost, in words */
    unsigned rescues;        /* that were started since one last answered */
    FrostReply failed_start; /* before the main loop ran */
} RealSupervisor;

static void finished(RealSupervisor *self);
static void lose_freezer(RealSupervisor *self, const char *how);
static void report_loss(RealSupervisor *self);

static void
enter(RealSupervisor *self, Life life)
{
    static const char *const names[] = {"served", "rescued"};

    self->life = life;
    frost_stop_point("life", names[life]);
}

static void
close_link(RealSupervisor *self)
{
    frost_source_drop(&self->link_source);
    frost_freezer_watchdog_rest(&self->watchdog);
    if (self->link >= 0)
        close(self->link);
    self->link = -1;
}

static void
send_message(RealSupervisor *self, FrostMessageKind kind)
{
    FrostMessage message = {.kind = kind, .culprit = -1};

    /* Where this fails the process is dead, and the end of the link is on its way. */
    if (self->link >= 0)
        frost_message_send(self->link, &message);
}

/* What answers no request. */
static void
mention(RealSupervisor *self, FrostFreezerEventKind kind, unsigned count, const GError *error)
{
    FrostFreezerEvent event = {.kind = kind, .count = count, .error = error};

    self->notify(self->user, &event);
}

static void
tell(RealSupervisor *self, FrostFreezerEventKind kind, unsigned count, const GError *error)
{
    self->awaiting = AWAIT_NOTHING;
    mention(self, kind, count, error);
}

/* First it has no say any more, then it is killed: should it wake in between, it does nothing. A
 * process that is not reaped yet keeps its number. */
static void
give_up(RealSupervisor *self, pid_t pid)
{
    frost_ledger_new_owner(self->ledger);
    kill(pid, SIGKILL);
}

/* Its death makes way for a freezer that thaws. The end of its link is not waited for: a thread
 * that the kernel does not let go of may keep it open (FROST_DEGRADED_OWN_DESCRIPTORS). */
static void
replace(RealSupervisor *self, const char *what, const char *loss)
{
    g_warning("the freezer, process %d, %s and is killed", (int)self->pid, what);
    give_up(self, self->pid);
    lose_freezer(self, loss);
}

/* Without a link its number may be another process's by then. */
static void
on_silence(void *user)
{
    RealSupervisor *self = user;

    if (self->link >= 0)
        replace(self, "does not answer", "the freezer process was lost");
}

static void
watch_hold(RealSupervisor *self)
{
    const FrostLedgerData *data = self->ledger->data;

    frost_freezer_watchdog_expect_by(&self->watchdog, data, frost_sys_now_us(self->sys),
                                     atomic_load(&data->frozen_us), data->hold_limit_us);
}

/* What the freezer says ------------------------------------------------------------------------ */

static void
heed_ready(RealSupervisor *self)
{
    self->ready = true;
    if (self->life == RESCUED)
        send_message(self, FROST_MESSAGE_THAW);
    if (self->life == RESCUED || self->awaiting == AWAIT_THAW) {
        frost_freezer_watchdog_expect(&self->watchdog, 0); /* to hear of the thaw */
        if (self->life != RESCUED)
            mention(self, FROST_FREEZER_READY, 0, NULL);
        return;
    }
    frost_freezer_watchdog_rest(&self->watchdog);
    if (frost_ledger_count(self->ledger, FROST_FS_FROZEN) > 0)
        watch_hold(self);
    tell(self, FROST_FREEZER_READY, 0, NULL);
}

/* Nothing is held any more; whose word for it is missing does not matter. */
static void
answer_thaw_after_loss(RealSupervisor *self)
{
    g_autoptr(GError) error = frost_freezer_error_of_ledger(self->ledger);

    g_warning("%s; what it held is thawed", self->loss);
    tell(self, FROST_FREEZER_THAWED, frost_ledger_count(self->ledger, FROST_FS_THAWED), error);
}

/* A rescuer has thawed what it could. What the kernel has not given back is why it stays; also
 * where a thaw is awaited: what it says is the answer then. */
static void
heed_rescue(RealSupervisor *self, const GError *error)
{
    unsigned thawed = frost_ledger_count(self->ledger, FROST_FS_THAWED);

    self->rescues = 0;
    if (frost_ledger_holds(self->ledger)) {
        g_autoptr(GError) why = g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST, "%s; %s",
                                            self->loss, error ? error->message : "");

        enter(self, SERVED);
        tell(self, FROST_FREEZER_REPLACED, thawed, why);
        return;
    }
    if (self->awaiting == AWAIT_THAW) {
        enter(self, SERVED);
        answer_thaw_after_loss(self);
        return;
    }
    send_message(self, FROST_MESSAGE_FINISH);
    close_link(self);
    report_loss(self);
}

/* The freezer has done what it was asked to do, or could not. While a thaw is awaited, that was
 * asked before it: this neither answers the thaw, nor shows that the freezer has heard of it. */
static void
heed_step(RealSupervisor *self, const FrostMessage *message, const GError *error)
{
    bool is_frozen = message->kind == FROST_MESSAGE_FROZEN;
    bool thaw_waits = self->awaiting == AWAIT_THAW;
    void (*report)(RealSupervisor *, FrostFreezerEventKind, unsigned, const GError *) =
        thaw_waits ? mention : tell;

    if (!thaw_waits)
        frost_freezer_watchdog_rest(&self->watchdog);
    if (!thaw_waits && is_frozen && message->count > 0) /* else it has no deadline to keep */
        watch_hold(self);
    if (message->kind == FROST_MESSAGE_SYNCED)
        report(self, FROST_FREEZER_SYNCED, 0, NULL);
    else if (is_frozen)
        report(self, FROST_FREEZER_FROZEN, message->count, NULL);
    else
        report(self, FROST_FREEZER_FAILED, 0, error);
}

static void
heed(RealSupervisor *self, const FrostMessage *message)
{
    g_autoptr(GError) error =
        frost_freezer_error_of(self->ledger, message, self->awaiting == AWAIT_SYNC);

    switch (message->kind) {
    case FROST_MESSAGE_READY:
        heed_ready(self);
        break;
    case FROST_MESSAGE_SYNCING:
        if (self->awaiting == AWAIT_SYNC)
            frost_freezer_watchdog_expect_synced(&self->watchdog, self->ledger->data);
        break;
    case FROST_MESSAGE_SYNCED:
    case FROST_MESSAGE_FROZEN:
    case FROST_MESSAGE_FAILED:
        heed_step(self, message, error);
        break;
    case FROST_MESSAGE_THAWED:
        frost_freezer_watchdog_rest(&self->watchdog);
        if (self->life == RESCUED)
            heed_rescue(self, error);
        else
            tell(self, FROST_FREEZER_THAWED, message->count, error);
        break;
    case FROST_MESSAGE_THAWING:
        /* its answer may have to wait for the kernel */
        frost_freezer_watchdog_expect(&self->watchdog, FROST_THAW_WAIT_MS);
        break;
    case FROST_MESSAGE_EXHAUSTED:
        /* What its threads are at is theirs until the kernel lets go of them. */
        replace(self, "has no thread left to thaw with", "the freezer had no thread left");
        break;
    case FROST_MESSAGE_SETTLED:
        mention(self, FROST_FREEZER_SETTLED, 0, NULL);
        break;
    case FROST_MESSAGE_LEFT:
        self->has_left = true;
        break;
    default:
        break;
    }
}

static void
note_loss(const RealSupervisor *self)
{
    if (self->awaiting == AWAIT_NOTHING || self->awaiting == AWAIT_READY)
        frost_freezer_loss_note(self->ledger);
}

/* From a freezer that was told to go. If its link ends without a word, its end is waited for. */
static void
heed_last(RealSupervisor *self, FrostReceived received, const FrostMessage *message)
{
    if (received == FROST_RECEIVED_END)
        close_link(self);
    else if (received == FROST_RECEIVED_MESSAGE && message->kind == FROST_MESSAGE_LEFT)
        finished(self);
}

static gboolean
on_link(gint fd, GIOCondition condition, gpointer user)
{
    RealSupervisor *self = user;
    FrostMessage message;
    FrostReceived received = frost_message_receive(fd, &message);

    if (self->finish_limit)
        heed_last(self, received, &message);
    else if (received == FROST_RECEIVED_MESSAGE)
        heed(self, &message);
    else if (received == FROST_RECEIVED_END)
        lose_freezer(self, "the freezer process was lost");
    return received == FROST_RECEIVED_END ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* Starting it ---------------------------------------------------------------------------------- */

/* The end of the link, by which the freezer ends, comes after whatever is done about FINISHED: that
 * may be an answer, or the start of the next freezer. */
static void
finished(RealSupervisor *self)
{
    int link = self->link;

    self->link = -1;
    close_link(self);
    self->finishing = NULL;
    frost_source_drop(&self->finish_limit);
    tell(self, FROST_FREEZER_FINISHED, 0, NULL);
    if (link >= 0)
        close(link);
}

/* One that still waits for the kernel is left to it. One that has nothing more to do and stays is
 * stopped: when it wakes, the ledger will be another freeze's. */
static gboolean
on_finish_limit(gpointer user)
{
    RealSupervisor *self = user;

    if (self->finishing && !frost_ledger_holds(self->ledger))
        give_up(self, frost_child_watch_pid(self->finishing));
    finished(self);
    return G_SOURCE_REMOVE;
}

static void
on_gone(void *user, FrostChildWatch *child)
{
    RealSupervisor *self = user;
    bool was_finishing = child == self->finishing;

    g_ptr_array_remove(self->children, child);
    if (was_finishing)
        finished(self);
}

static void
give_up_all(RealSupervisor *self)
{
    for (guint i = 0; i < self->children->len; i++)
        give_up(self, frost_child_watch_pid(g_ptr_array_index(self->children, i)));
}

/* Those before are lost, or have been told to go, and are given up. 0, or a negative errno. */
static int
launch(RealSupervisor *self)
{
    int link = -1;

    give_up_all(self);
    pid_t pid = frost_freezer_spawn(self->ledger, &link);
    if (pid < 0)
        return (int)pid;

    FrostChildWatch *child = frost_child_watch_new(pid, self->context, on_gone, self);
    if (!child) {
        int why = errno;

        give_up(self, pid);
        waitpid(pid, NULL, 0);
        close(link);
        return -why;
    }
    g_ptr_array_add(self->children, child);
    self->pid = pid;
    self->ready = false;
    self->has_left = false;
    self->link = link;
    self->link_source = frost_source_attach(g_unix_fd_source_new(self->link, G_IO_IN | G_IO_HUP),
                                            self->context, G_SOURCE_FUNC(on_link), self);
    frost_freezer_watchdog_expect_ready(&self->watchdog);
    return 0;
}

static void
on_failed_start(void *user, const GError *error)
{
    RealSupervisor *self = user;
    bool thaw_waits = self->awaiting == AWAIT_THAW;

    tell(self, FROST_FREEZER_FAILED, 0, error);
    if (thaw_waits)
        tell(self, FROST_FREEZER_THAWED, 0, NULL);
}

static void
real_start(FrostSupervisor *base, FrostLedger *ledger, FrostFreezerNotify notify, void *user)
{
    RealSupervisor *self = (RealSupervisor *)base;

    self->ledger = ledger;
    self->notify = notify;
    self->user = user;
    enter(self, SERVED);
    self->rescues = 0;
    self->awaiting = AWAIT_READY;

    int r = launch(self);
    if (r < 0) {
        self->failed_start.error =
            g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START,
                        "cannot start the freezer process: %s", g_strerror(-r));
        frost_reply_send(&self->failed_start, self->context);
    }
}

/* When it dies --------------------------------------------------------------------------------- */

static void
report_loss(RealSupervisor *self)
{
    unsigned thawed = frost_ledger_count(self->ledger, FROST_FS_THAWED);
    /* What was taken over, and has been thawed by a rescuer, was lost. */
    bool starting = self->awaiting == AWAIT_READY && thawed == 0;
    g_autoptr(GError) error =
        frost_freezer_error_of_loss(self->ledger, self->loss, starting, thawed);

    if (frost_ledger_count(self->ledger, FROST_FS_FROZEN) > 0)
        frost_freezer_loss_take_back(self->ledger);
    enter(self, SERVED);
    tell(self, starting ? FROST_FREEZER_FAILED : FROST_FREEZER_LOST, thawed, error);
}

static void
real_restore(FrostSupervisor *base, const FrostLedger *ledger)
{
    frost_knob_restorers_start(&((RealSupervisor *)base)->restorers, ledger);
}

/* Whatever is held, or may become so, gets another freezer, which also waits for what threads of
 * the lost one are still at. */
static void
look_after_loss(RealSupervisor *self)
{
    frost_rcu_expedite_recover(&self->sys->kernel, &self->ledger->data->expedited);
    real_restore(&self->base, self->ledger);
    if (frost_ledger_holds(self->ledger) && self->rescues < RESCUES_MAX && launch(self) == 0) {
        self->rescues++;
        enter(self, RESCUED);
    } else if (self->awaiting == AWAIT_THAW && !frost_ledger_holds(self->ledger)) {
        enter(self, SERVED);
        answer_thaw_after_loss(self);
    } else {
        report_loss(self);
    }
}

static void
lose_freezer(RealSupervisor *self, const char *how)
{
    self->loss = how;
    close_link(self);
    note_loss(self);
    look_after_loss(self);
}

/* The table ------------------------------------------------------------------------------------ */

static void
real_retire(FrostSupervisor *base)
{
    RealSupervisor *self = (RealSupervisor *)base;

    give_up_all(self); /* first: it would take the end of its link for the agent's */
    close_link(self);
}

static void
real_adopt(FrostSupervisor *base, FrostLedger *ledger, FrostFreezerNotify notify, void *user)
{
    RealSupervisor *self = (RealSupervisor *)base;

    frost_rcu_expedite_recover(&self->sys->kernel, &ledger->data->expedited);
    real_start(base, ledger, notify, user);
}

static void
ask(FrostSupervisor *base, Await awaiting, FrostMessageKind kind)
{
    RealSupervisor *self = (RealSupervisor *)base;

    self->awaiting = awaiting;
    send_message(self, kind);
}

static void
real_sync(FrostSupervisor *base)
{
    RealSupervisor *self = (RealSupervisor *)base;

    ask(base, AWAIT_SYNC, FROST_MESSAGE_SYNC);
    frost_freezer_watchdog_expect_synced(&self->watchdog, self->ledger->data);
}

static void
real_freeze(FrostSupervisor *base)
{
    RealSupervisor *self = (RealSupervisor *)base;

    ask(base, AWAIT_FREEZE, FROST_MESSAGE_FREEZE);
    int64_t now_us = frost_sys_now_us(self->sys);
    frost_freezer_watchdog_expect_by(&self->watchdog, self->ledger->data, now_us, now_us,
                                     self->ledger->data->freeze_limit_us);
}

static void
real_thaw(FrostSupervisor *base)
{
    RealSupervisor *self = (RealSupervisor *)base;

    ask(base, AWAIT_THAW, FROST_MESSAGE_THAW);
    if (self->ready) /* else it is watched until it is, and then for this */
        frost_freezer_watchdog_expect(&self->watchdog, 0);
}

/* The newest child is the one behind the link. If it is gone already, its death is on its way to
 * the main loop. */
static void
real_finish(FrostSupervisor *base)
{
    RealSupervisor *self = (RealSupervisor *)base;
    guint count = self->children->len;

    send_message(self, FROST_MESSAGE_FINISH);
    frost_freezer_watchdog_rest(&self->watchdog);
    enter(self, SERVED);
    self->finishing =
        count > 0 && !self->has_left ? g_ptr_array_index(self->children, count - 1) : NULL;
    self->finish_limit =
        frost_source_attach(g_timeout_source_new(self->finishing ? FINISH_WAIT_MS : 0),
                            self->context, on_finish_limit, self);
}

static void
real_free(FrostSupervisor *base)
{
    RealSupervisor *self = (RealSupervisor *)base;

    close_link(self);
    frost_reply_clear(&self->failed_start);
    frost_source_drop(&self->finish_limit);
    frost_freezer_watchdog_rest(&self->watchdog);
    g_ptr_array_unref(self->children);
    frost_knob_restorers_clear(&self->restorers);
    g_free(self);
}

FrostSupervisor *
frost_supervisor_new(FrostSys *sys, GMainContext *context)
{
    const FrostFreezerPatience patience = {.start_ms = 10000, .life_ms = 1000};

    return frost_supervisor_new_with(sys, context, patience);
}

FrostSupervisor *
frost_supervisor_new_with(FrostSys *sys, GMainContext *context, FrostFreezerPatience patience)
{
    RealSupervisor *self = g_new0(RealSupervisor, 1);

    self->base = (FrostSupervisor){.start = real_start,
                                   .retire = real_retire,
                                   .adopt = real_adopt,
                                   .sync = real_sync,
                                   .freeze = real_freeze,
                                   .thaw = real_thaw,
                                   .finish = real_finish,
                                   .restore = real_restore,
                                   .free = real_free};
    self->sys = sys;
    self->context = context;
    self->watchdog = (FrostFreezerWatchdog){
        .patience = patience, .context = context, .silent = on_silence, .user = self};
    self->link = -1;
    self->failed_start = (FrostReply){.done = on_failed_start, .user = self};
    self->children = g_ptr_array_new_with_free_func((GDestroyNotify)frost_child_watch_free);
    frost_knob_restorers_init(&self->restorers, sys, context);
    return &self->base;
}
