/* SPDX-License-Identifier: MIT */
#include "freezer.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child-watch.h"
#include "expedite.h"
#include "freezer-explain.h"
#include "freezer-launch.h"
#include "freezer-takeover.h"
#include "freezer-wire.h"
#include "source.h"
#include "time-limits.h"

G_DEFINE_QUARK(frost_freezer_error, frost_freezer_error)

/* Processes started one after the other to thaw what a lost freezer held, before giving up. */
#define RESCUES_MAX 3

/* How long a freezer that has nothing more to do is waited for. */
#define FINISH_WAIT_MS 1000

/* How long until one looks whether a thread of a dead freezer is gone, doubled each time. */
#define LOOK_AGAIN_FIRST_MS 20u
#define LOOK_AGAIN_LAST_MS 1280u

/* As far as a timer goes: 24 days. */
#define WATCH_MAX_MS G_MAXINT

typedef enum {
    AWAIT_NOTHING,
    AWAIT_READY,
    AWAIT_SYNC,
    AWAIT_FREEZE,
    AWAIT_THAW,
} Await;

typedef struct {
    FrostFreezer base;
    FrostSys *sys;
    GMainContext *context;
    FrostFreezerPatience patience;
    FrostLedger *ledger;
    FrostFreezerNotify notify;
    void *user;
    Await awaiting;
    pid_t pid; /* of the process behind the link */
    int link;  /* our end of the socket pair; -1: no process to talk to */
    GSource *link_source;
    FrostChildWatch *finishing; /* the process that was told to go */
    GSource *finish_limit;
    GSource *watchdog;   /* the freezer owes a sign of life by then */
    GPtrArray *children; /* of FrostChildWatch: not reaped yet */
    bool lost;           /* the freezer died; what runs now is a rescue */
    unsigned rescues;
    GSource *look_again; /* while the kernel has the lost process, or a part of it */
    unsigned look_again_ms;
    GSource *failing; /* a start that failed before the main loop ran */
    GError *failure;
} RealFreezer;

static void look_after_loss(RealFreezer *self);

static void
close_link(RealFreezer *self)
{
    frost_source_drop(&self->link_source);
    frost_source_drop(&self->watchdog);
    if (self->link >= 0)
        close(self->link);
    self->link = -1;
}

static void
send_wire(RealFreezer *self, FrostWireKind kind)
{
    FrostWire wire = {.kind = kind, .culprit = -1};

    /* A process that cannot be told is about to be seen dead. */
    if (self->link >= 0)
        frost_wire_send(self->link, &wire);
}

static void
tell(RealFreezer *self, FrostFreezerEventKind kind, unsigned count, const GError *error)
{
    FrostFreezerEvent event = {.kind = kind, .count = count, .error = error};

    self->awaiting = AWAIT_NOTHING;
    self->notify(self->user, &event);
}

/* A process that is stopped, or stuck where no thread of it should be, thaws nothing: its death
 * makes way for one that does (design 5). Its link ends then. */
static gboolean
on_no_life_sign(gpointer user)
{
    RealFreezer *self = user;

    g_clear_pointer(&self->watchdog, g_source_unref);
    g_warning("the freezer, process %d, does not answer and is killed", (int)self->pid);
    kill(self->pid, SIGKILL);
    return G_SOURCE_REMOVE;
}

static void
expect_life_sign(RealFreezer *self, int64_t within_ms)
{
    frost_source_drop(&self->watchdog);
    /* Without a link its number may be another process's by then. */
    if (self->link < 0)
        return;
    self->watchdog =
        frost_source_attach(g_timeout_source_new((guint)CLAMP(within_ms, 0, WATCH_MAX_MS)),
                            self->context, on_no_life_sign, self);
}

/* The freezer keeps its deadlines of its own accord; a little later it should have said so.
 * @limit_us: from @begun_us on; 0: none but that of the window */
static void
watch_deadline(RealFreezer *self, int64_t begun_us, int64_t limit_us)
{
    const FrostLedgerData *data = self->ledger->data;
    int64_t now_us = self->sys->boottime_us(self->sys);
    int64_t window_begun_us = atomic_load(&data->freeze_begun_us);
    int64_t window_us =
        frost_deadline_after(window_begun_us ? window_begun_us : now_us, data->window_limit_us);
    int64_t deadline_us =
        frost_deadline_earlier(frost_deadline_after(begun_us, limit_us), window_us);

    if (deadline_us != 0)
        expect_life_sign(self, MAX(deadline_us - now_us, 0) / 1000 + self->patience.life_ms);
}

static void
watch_hold(RealFreezer *self)
{
    const FrostLedgerData *data = self->ledger->data;

    watch_deadline(self, atomic_load(&data->frozen_us), data->hold_limit_us);
}

/* What the freezer says ------------------------------------------------------------------------ */

static void
heed(RealFreezer *self, const FrostWire *wire)
{
    g_autoptr(GError) error =
        frost_freezer_explain(self->ledger, wire, self->awaiting == AWAIT_SYNC);

    frost_source_drop(&self->watchdog);
    switch (wire->kind) {
    case FROST_WIRE_READY:
        if (self->lost) {
            send_wire(self, FROST_WIRE_THAW);
            expect_life_sign(self, self->patience.life_ms);
        } else {
            if (frost_ledger_count(self->ledger, FROST_FS_FROZEN) > 0)
                watch_hold(self);
            tell(self, FROST_FREEZER_READY, 0, NULL);
        }
        break;
    case FROST_WIRE_SYNCED:
        tell(self, FROST_FREEZER_SYNCED, 0, NULL);
        break;
    case FROST_WIRE_FROZEN:
        watch_hold(self);
        tell(self, FROST_FREEZER_FROZEN, wire->count, NULL);
        break;
    case FROST_WIRE_FAILED:
        tell(self, FROST_FREEZER_FAILED, 0, error);
        break;
    case FROST_WIRE_THAWED:
        if (self->lost) {
            send_wire(self, FROST_WIRE_FINISH);
            close_link(self);
            look_after_loss(self);
        } else {
            tell(self, FROST_FREEZER_THAWED, wire->count, error);
        }
        break;
    case FROST_WIRE_THAWING:
        /* its answer may have to wait for the kernel */
        expect_life_sign(self, FROST_THAW_WAIT_MS + self->patience.life_ms);
        break;
    default:
        break;
    }
}

/* What held until now ends without the host's word. */
static void
note_loss(const RealFreezer *self)
{
    FrostLedgerData *data = self->ledger->data;
    uint32_t none = FROST_RELEASE_NONE;

    if (self->awaiting != AWAIT_NOTHING || atomic_load(&data->frozen_us) == 0)
        return;
    if (atomic_compare_exchange_strong(&data->release, &none, FROST_RELEASE_FREEZER_LOST))
        atomic_store(&data->owed, FROST_RELEASE_FREEZER_LOST);
}

static gboolean
on_link(gint fd, GIOCondition condition, gpointer user)
{
    RealFreezer *self = user;
    FrostWire wire;
    ssize_t n = recv(fd, &wire, sizeof wire, MSG_DONTWAIT);

    if (n < 0 && errno != ECONNRESET) /* a moment's trouble is not the other's end */
        return G_SOURCE_CONTINUE;
    if (n == sizeof wire) {
        heed(self, &wire);
        return G_SOURCE_CONTINUE;
    }
    close_link(self);
    self->lost = true;
    note_loss(self);
    look_after_loss(self);
    return G_SOURCE_REMOVE;
}

/* Starting it ---------------------------------------------------------------------------------- */

static void
finished(RealFreezer *self)
{
    self->finishing = NULL;
    frost_source_drop(&self->finish_limit);
    tell(self, FROST_FREEZER_FINISHED, 0, NULL);
}

static gboolean
on_finish_limit(gpointer user)
{
    finished(user);
    return G_SOURCE_REMOVE;
}

static void
on_gone(void *user, FrostChildWatch *child)
{
    RealFreezer *self = user;
    bool was_finishing = child == self->finishing;

    g_ptr_array_remove(self->children, child);
    if (was_finishing)
        finished(self);
    if (self->lost && self->link < 0)
        look_after_loss(self);
}

/* 0, or a negative errno. */
static int
launch(RealFreezer *self)
{
    int link = -1;
    pid_t pid = frost_freezer_launch(self->ledger, &link);
    if (pid < 0)
        return (int)pid;

    FrostChildWatch *child = frost_child_watch_new(pid, self->context, on_gone, self);
    if (!child) {
        int why = errno;

        close(link); /* it ends by itself */
        return -why;
    }
    g_ptr_array_add(self->children, child);
    self->pid = pid;
    self->link = link;
    self->link_source = frost_source_attach(g_unix_fd_source_new(self->link, G_IO_IN | G_IO_HUP),
                                            self->context, G_SOURCE_FUNC(on_link), self);
    expect_life_sign(self, self->patience.start_ms);
    return 0;
}

static gboolean
on_failed_start(gpointer user)
{
    RealFreezer *self = user;
    g_autoptr(GError) error = g_steal_pointer(&self->failure);
    bool thaw_waits = self->awaiting == AWAIT_THAW;

    g_clear_pointer(&self->failing, g_source_unref);
    tell(self, FROST_FREEZER_FAILED, 0, error);
    if (thaw_waits)
        tell(self, FROST_FREEZER_THAWED, 0, NULL);
    return G_SOURCE_REMOVE;
}

static void
begin(RealFreezer *self, FrostLedger *ledger, FrostFreezerNotify notify, void *user)
{
    self->ledger = ledger;
    self->notify = notify;
    self->user = user;
    self->lost = false;
    self->look_again_ms = 0;
    self->rescues = 0;
    self->awaiting = AWAIT_READY;

    int r = launch(self);
    if (r < 0) {
        self->failure = g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START,
                                    "cannot start the freezer process: %s", g_strerror(-r));
        self->failing = frost_source_now(self->context, on_failed_start, self);
    }
}

/* When it dies --------------------------------------------------------------------------------- */

static GError *
explain_loss(const RealFreezer *self, bool starting, unsigned thawed)
{
    const FrostLedgerFs *held = frost_ledger_find_held(self->ledger);

    int no_threads = atomic_load(&self->ledger->data->lacks[FROST_LACK_THREADS]);

    if (starting && no_threads)
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START,
                           "the freezer process could not make its threads: %s",
                           g_strerror(no_threads));
    if (starting)
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START,
                           "the freezer process ended before it was ready");
    if (held)
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST,
                           "the freezer process was lost, and %s is still frozen: no other process "
                           "could be started to thaw it, or could thaw it; the next thaw tries "
                           "again",
                           held->mount_point);
    return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_LOST,
                       "the freezer process was lost; %u filesystems have been thawed in its place",
                       thawed);
}

/* Everything planned is held as before: nothing has to be told to the host's thaw. */
static void
take_back_loss(const RealFreezer *self)
{
    FrostLedgerData *data = self->ledger->data;
    uint32_t lost = FROST_RELEASE_FREEZER_LOST;

    if (frost_ledger_count(self->ledger, FROST_FS_THAWED) > 0 ||
        frost_ledger_count(self->ledger, FROST_FS_LOST) > 0 ||
        !atomic_compare_exchange_strong(&data->release, &lost, FROST_RELEASE_NONE))
        return;
    atomic_store(&data->owed, FROST_RELEASE_NONE);
}

static void
report_loss(RealFreezer *self)
{
    unsigned thawed = frost_ledger_count(self->ledger, FROST_FS_THAWED);
    bool starting = self->awaiting == AWAIT_READY;
    g_autoptr(GError) error = explain_loss(self, starting, thawed);

    if (frost_ledger_count(self->ledger, FROST_FS_FROZEN) > 0)
        take_back_loss(self);
    self->lost = false;
    tell(self, starting ? FROST_FREEZER_FAILED : FROST_FREEZER_LOST, thawed, error);
}

/* Of threads that are gone: one that the kernel still has inside FIFREEZE keeps its whole process
 * (K5), but not what the others had frozen. */
static void
take_over(RealFreezer *self)
{
    g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));

    for (guint i = 0; i < self->children->len; i++) {
        pid_t pid = frost_child_watch_pid(g_ptr_array_index(self->children, i));

        g_array_append_val(pids, pid);
    }
    frost_takeover(self->sys, self->ledger->data, (const pid_t *)pids->data, pids->len);
}

static gboolean
on_look_again(gpointer user)
{
    RealFreezer *self = user;

    g_clear_pointer(&self->look_again, g_source_unref);
    if (self->lost && self->link < 0)
        look_after_loss(self);
    return G_SOURCE_REMOVE;
}

/* Nothing tells when a single thread ends; its process is dead, and something may be frozen. */
static void
look_again_later(RealFreezer *self)
{
    self->look_again_ms = CLAMP(self->look_again_ms * 2, LOOK_AGAIN_FIRST_MS, LOOK_AGAIN_LAST_MS);
    self->look_again = frost_source_attach(g_timeout_source_new(self->look_again_ms), self->context,
                                           on_look_again, self);
}

/* Called whenever something about the lost process or its rescuer has changed. */
static void
look_after_loss(RealFreezer *self)
{
    bool all_gone = self->children->len == 0;

    frost_source_drop(&self->look_again);
    take_over(self);
    if (frost_ledger_count(self->ledger, FROST_FS_FROZEN) > 0) {
        if (self->rescues++ < RESCUES_MAX && launch(self) == 0)
            return;
    } else if (frost_ledger_held(self->ledger) > 0 && !all_gone) {
        look_again_later(self);
        return;
    }
    report_loss(self);
}

/* The table ------------------------------------------------------------------------------------ */

static void
real_start(FrostFreezer *base, const FrostPlan *plan, FrostLedger *ledger,
           FrostFreezerNotify notify, void *user)
{
    begin((RealFreezer *)base, ledger, notify, user);
}

static void
real_adopt(FrostFreezer *base, FrostLedger *ledger, FrostFreezerNotify notify, void *user)
{
    RealFreezer *self = (RealFreezer *)base;

    self->ledger = ledger;
    frost_takeover(self->sys, self->ledger->data, NULL, 0);
    begin(self, ledger, notify, user);
}

static void
ask(FrostFreezer *base, Await awaiting, FrostWireKind kind)
{
    RealFreezer *self = (RealFreezer *)base;

    self->awaiting = awaiting;
    send_wire(self, kind);
}

static void
real_sync(FrostFreezer *base)
{
    RealFreezer *self = (RealFreezer *)base;
    int64_t limit_us = self->ledger->data->sync_limit_us;

    ask(base, AWAIT_SYNC, FROST_WIRE_SYNC);
    if (limit_us > 0)
        expect_life_sign(self, self->patience.rounds_ms + limit_us / 1000 + self->patience.life_ms);
}

static void
real_freeze(FrostFreezer *base)
{
    RealFreezer *self = (RealFreezer *)base;

    ask(base, AWAIT_FREEZE, FROST_WIRE_FREEZE);
    watch_deadline(self, self->sys->boottime_us(self->sys), self->ledger->data->freeze_limit_us);
}

static void
real_thaw(FrostFreezer *base)
{
    ask(base, AWAIT_THAW, FROST_WIRE_THAW);
    expect_life_sign((RealFreezer *)base, ((RealFreezer *)base)->patience.life_ms);
}

/* The newest child is the one behind the link. If it is gone already, its death is on its way to
 * the main loop. */
static void
real_finish(FrostFreezer *base)
{
    RealFreezer *self = (RealFreezer *)base;
    guint count = self->children->len;

    send_wire(self, FROST_WIRE_FINISH);
    close_link(self);
    self->lost = false;
    self->finishing = count > 0 ? g_ptr_array_index(self->children, count - 1) : NULL;
    self->finish_limit =
        frost_source_attach(g_timeout_source_new(self->finishing ? FINISH_WAIT_MS : 0),
                            self->context, on_finish_limit, self);
}

static void
real_free(FrostFreezer *base)
{
    RealFreezer *self = (RealFreezer *)base;

    close_link(self);
    frost_source_drop(&self->failing);
    frost_source_drop(&self->finish_limit);
    frost_source_drop(&self->look_again);
    frost_source_drop(&self->watchdog);
    g_clear_error(&self->failure);
    g_ptr_array_unref(self->children);
    g_free(self);
}

FrostFreezer *
frost_freezer_new(FrostSys *sys, GMainContext *context)
{
    const FrostFreezerPatience patience = {
        .start_ms = 10000, .rounds_ms = FROST_NO_NEW_ROUND_US / 1000, .life_ms = 1000};

    return frost_freezer_new_with(sys, context, patience);
}

FrostFreezer *
frost_freezer_new_with(FrostSys *sys, GMainContext *context, FrostFreezerPatience patience)
{
    RealFreezer *self = g_new0(RealFreezer, 1);

    self->base = (FrostFreezer){.start = real_start,
                                .adopt = real_adopt,
                                .sync = real_sync,
                                .freeze = real_freeze,
                                .thaw = real_thaw,
                                .finish = real_finish,
                                .free = real_free};
    self->sys = sys;
    self->context = context;
    self->patience = patience;
    self->link = -1;
    self->children = g_ptr_array_new_with_free_func((GDestroyNotify)frost_child_watch_free);
    return &self->base;
}
