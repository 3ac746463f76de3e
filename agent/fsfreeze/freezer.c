/* SPDX-License-Identifier: MIT */
#include "freezer.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "child-watch.h"
#include "expedite.h"
#include "freezer-launch.h"
#include "freezer-wire.h"

G_DEFINE_QUARK(frost_freezer_error, frost_freezer_error)

/* Processes started one after the other to thaw what a lost freezer held, before giving up. */
#define RESCUES_MAX 3

/* How long a freezer that has nothing more to do is waited for. */
#define FINISH_WAIT_MS 1000

/* How long a freezer may take to show that it has heard of a thaw, or to keep a deadline. */
#define LIFE_SIGN_MS 1000

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
    GSource *failing; /* a start that failed before the main loop ran */
    GError *failure;
} RealFreezer;

static void look_after_loss(RealFreezer *self);

static void
drop_source(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_source_unref(*source);
    *source = NULL;
}

static void
close_link(RealFreezer *self)
{
    drop_source(&self->link_source);
    drop_source(&self->watchdog);
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
        send(self->link, &wire, sizeof wire, MSG_NOSIGNAL | MSG_DONTWAIT);
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
expect_life_sign(RealFreezer *self, guint within_ms)
{
    drop_source(&self->watchdog);
    self->watchdog = g_timeout_source_new(within_ms);
    g_source_set_callback(self->watchdog, on_no_life_sign, self, NULL);
    g_source_attach(self->watchdog, self->context);
}

/* The freezer thaws at its deadline of its own accord; a little later it should have said so. */
static void
watch_deadline(RealFreezer *self)
{
    const FrostLedgerData *data = self->ledger->data;
    int64_t limit_us = data->hold_limit_us;

    if (limit_us == 0 || (data->window_limit_us != 0 && data->window_limit_us < limit_us))
        limit_us = data->window_limit_us;
    if (limit_us != 0)
        expect_life_sign(self, (guint)(limit_us / 1000) + LIFE_SIGN_MS);
}

/* What the freezer says ------------------------------------------------------------------------ */

static GError *
thaw_error(const FrostLedgerFs *fs, int why)
{
    switch ((FrostFsState)atomic_load(&fs->state)) {
    case FROST_FS_LOST:
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_NOT_HELD,
                           "%s did not stay frozen: somebody else has thawed it", fs->mount_point);
    case FROST_FS_STUCK:
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_THAW, "failed to thaw %s: %s",
                           fs->mount_point, g_strerror(why));
    case FROST_FS_THAWING:
    case FROST_FS_FROZEN:
        return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_THAW,
                           "the kernel is still thawing %s", fs->mount_point);
    case FROST_FS_ABANDONED:
    case FROST_FS_OPEN:
    case FROST_FS_FREEZING:
    case FROST_FS_FOREIGN:
    case FROST_FS_UNSUPPORTED:
    case FROST_FS_FAILED:
    case FROST_FS_THAWED:
        break;
    }
    return g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_THAW,
                       "the kernel is still freezing %s; it is thawed as soon as that is done",
                       fs->mount_point);
}

static GError *
step_error(const RealFreezer *self, const char *mount_point, int why)
{
    bool syncing = self->awaiting == AWAIT_SYNC;
    FrostFreezerError code = syncing ? FROST_FREEZER_ERROR_SYNC : FROST_FREEZER_ERROR_FREEZE;
    const FrostLedgerData *data = self->ledger->data;
    int64_t limit_us = syncing ? data->sync_limit_us : data->freeze_limit_us;

    if (why == ETIMEDOUT)
        return g_error_new(FROST_FREEZER_ERROR, code, "%s %s took longer than %d seconds",
                           syncing ? "syncing" : "freezing", mount_point,
                           (int)(limit_us / 1000000));
    return g_error_new(FROST_FREEZER_ERROR, code, "failed to %s %s: %s",
                       syncing ? "sync" : "freeze", mount_point, g_strerror(why));
}

static GError *
wire_error(const RealFreezer *self, const FrostWire *wire)
{
    if (wire->culprit < 0 || wire->culprit >= FROST_LEDGER_FILESYSTEMS)
        return NULL;

    const FrostLedgerFs *fs = &self->ledger->data->filesystems[wire->culprit];
    if (wire->kind == FROST_WIRE_THAWED)
        return thaw_error(fs, wire->error);
    return step_error(self, fs->mount_point, wire->error);
}

static void
heed(RealFreezer *self, const FrostWire *wire)
{
    g_autoptr(GError) error = wire_error(self, wire);

    drop_source(&self->watchdog);
    switch (wire->kind) {
    case FROST_WIRE_READY:
        if (self->lost)
            send_wire(self, FROST_WIRE_THAW);
        else
            tell(self, FROST_FREEZER_READY, 0, NULL);
        break;
    case FROST_WIRE_SYNCED:
        tell(self, FROST_FREEZER_SYNCED, 0, NULL);
        break;
    case FROST_WIRE_FROZEN:
        watch_deadline(self);
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

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
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
    drop_source(&self->finish_limit);
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
    self->link_source = g_unix_fd_source_new(self->link, G_IO_IN | G_IO_HUP);
    g_source_set_callback(self->link_source, G_SOURCE_FUNC(on_link), self, NULL);
    g_source_attach(self->link_source, self->context);
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
    self->rescues = 0;
    self->awaiting = AWAIT_READY;

    int r = launch(self);
    if (r < 0) {
        self->failure = g_error_new(FROST_FREEZER_ERROR, FROST_FREEZER_ERROR_START,
                                    "cannot start the freezer process: %s", g_strerror(-r));
        self->failing = g_idle_source_new();
        g_source_set_priority(self->failing, G_PRIORITY_DEFAULT);
        g_source_set_callback(self->failing, on_failed_start, self, NULL);
        g_source_attach(self->failing, self->context);
    }
}

/* When it dies --------------------------------------------------------------------------------- */

/* A FITHAW on a suspended device hangs, and takes from dm what is dm's (K11). */
static bool
is_suspended(const RealFreezer *self, uint64_t device)
{
    g_autofree char *path = g_strdup_printf("/sys/dev/block/%u:%u/dm/suspended",
                                            major((dev_t)device), minor((dev_t)device));
    g_autofree char *text = NULL;

    return self->sys->read_file(self->sys, path, &text, NULL) >= 0 && text[0] == '1';
}

/* The process is gone, and with it the thread that would have thawed. What the ledger calls under
 * way gets one FITHAW: EINVAL will say that it was not frozen. It is the only place where what
 * somebody else froze could be thawed by us. */
static void
take_over_what_was_under_way(RealFreezer *self)
{
    for (uint32_t i = 0; i < atomic_load(&self->ledger->data->count); i++) {
        FrostLedgerFs *fs = &self->ledger->data->filesystems[i];
        bool uncertain = atomic_load(&fs->state) != FROST_FS_FROZEN;

        if (uncertain && is_suspended(self, fs->device))
            (void)(frost_ledger_step(fs, FROST_FS_FREEZING, FROST_FS_FOREIGN) ||
                   frost_ledger_step(fs, FROST_FS_ABANDONED, FROST_FS_FOREIGN));
        else
            (void)(frost_ledger_step(fs, FROST_FS_FREEZING, FROST_FS_FROZEN) ||
                   frost_ledger_step(fs, FROST_FS_ABANDONED, FROST_FS_FROZEN) ||
                   frost_ledger_step(fs, FROST_FS_THAWING, FROST_FS_FROZEN));
    }
    frost_expedite_recover(self->sys, self->ledger->data);
}

static void
report_loss(RealFreezer *self)
{
    unsigned thawed = frost_ledger_count(self->ledger, FROST_FS_THAWED);
    bool starting = self->awaiting == AWAIT_READY;
    g_autoptr(GError) error = g_error_new(
        FROST_FREEZER_ERROR, starting ? FROST_FREEZER_ERROR_START : FROST_FREEZER_ERROR_LOST,
        starting ? "the freezer process ended before it was ready"
                 : "the freezer process was lost; %u filesystems have been thawed in its place",
        thawed);

    self->lost = false;
    tell(self, starting ? FROST_FREEZER_FAILED : FROST_FREEZER_LOST, thawed, error);
}

/* Called whenever something about the lost process or its rescuer has changed. */
static void
look_after_loss(RealFreezer *self)
{
    bool all_gone = self->children->len == 0;

    frost_expedite_recover(self->sys, self->ledger->data);
    if (all_gone)
        take_over_what_was_under_way(self);
    if (frost_ledger_count(self->ledger, FROST_FS_FROZEN) > 0) {
        if (self->rescues++ < RESCUES_MAX && launch(self) == 0)
            return;
        g_critical("cannot start a process to thaw what the lost freezer held; restart the agent");
    } else if (frost_ledger_held(self->ledger) > 0 && !all_gone) {
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
    take_over_what_was_under_way(self);
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
    ask(base, AWAIT_SYNC, FROST_WIRE_SYNC);
}

static void
real_freeze(FrostFreezer *base)
{
    ask(base, AWAIT_FREEZE, FROST_WIRE_FREEZE);
}

static void
real_thaw(FrostFreezer *base)
{
    ask(base, AWAIT_THAW, FROST_WIRE_THAW);
    expect_life_sign((RealFreezer *)base, LIFE_SIGN_MS);
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
    self->finish_limit = g_timeout_source_new(self->finishing ? FINISH_WAIT_MS : 0);
    g_source_set_callback(self->finish_limit, on_finish_limit, self, NULL);
    g_source_attach(self->finish_limit, self->context);
}

static void
real_free(FrostFreezer *base)
{
    RealFreezer *self = (RealFreezer *)base;

    close_link(self);
    drop_source(&self->failing);
    drop_source(&self->finish_limit);
    drop_source(&self->watchdog);
    g_clear_error(&self->failure);
    g_ptr_array_unref(self->children);
    g_free(self);
}

FrostFreezer *
frost_freezer_new(FrostSys *sys, GMainContext *context)
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
    self->link = -1;
    self->children = g_ptr_array_new_with_free_func((GDestroyNotify)frost_child_watch_free);
    return &self->base;
}
