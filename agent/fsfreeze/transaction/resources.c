/* SPDX-License-Identifier: MIT */
#include "resources.h"

#include <errno.h>

#include "ledger-entries.h"
#include "rcu-expedite.h"

void
frost_resources_init(FrostResources *self, FrostSys *sys)
{
    *self = (FrostResources){.sys = sys,
                             .inherited = g_array_new(FALSE, FALSE, sizeof(FrostInherited)),
                             .expedite_fd = -1};
}

static void
close_inherited(FrostResources *self)
{
    for (guint i = 0; i < self->inherited->len; i++)
        self->sys->close(self->sys, g_array_index(self->inherited, FrostInherited, i).fd);
    g_array_set_size(self->inherited, 0);
}

void
frost_resources_drop(FrostResources *self)
{
    if (self->inheriting.planner)
        self->inheriting.planner->give_up(self->inheriting.planner);
    self->inheriting.planner = NULL;
    g_clear_pointer(&self->ledger, frost_ledger_free);
    g_clear_pointer(&self->plan, frost_plan_free);
    close_inherited(self);
    if (self->expedite_fd >= 0)
        self->sys->close(self->sys, self->expedite_fd);
    self->expedite_fd = -1;
}

void
frost_resources_clear(FrostResources *self)
{
    frost_resources_drop(self);
    g_array_unref(self->inherited);
}

void
frost_resources_close(FrostResources *self)
{
    frost_ledger_note_thawed(self->ledger);
    frost_ledger_end(self->ledger);
    frost_resources_drop(self);
}

/* A new freeze must not write over what still has to be thawed. */
static bool
is_free(const FrostLedger *ledger, GError **error)
{
    const FrostLedgerFs *held =
        frost_ledger_is_active(ledger) ? frost_ledger_find_held(ledger) : NULL;

    if (held)
        g_set_error(error, FROST_LEDGER_ERROR, FROST_LEDGER_ERROR_HELD,
                    "%s is still frozen by an earlier freeze; it waits for a thaw",
                    held->mount_point);
    return !held;
}

/* The numbers of its descriptors are those of processes that are gone. */
static void
forget_descriptors(FrostLedgerData *data)
{
    data->expedite_fd = 0;
    for (uint32_t i = 0; i < atomic_load(&data->count); i++) {
        data->filesystems[i].fd = -1;
        frost_ledger_step(&data->filesystems[i], FROST_FS_STUCK, FROST_FS_FROZEN);
    }
}

void
frost_resources_take_over(FrostResources *self, FrostLedger *ledger)
{
    self->ledger = ledger;
    if (!ledger)
        return;
    frost_rcu_expedite_recover(&self->sys->kernel, &ledger->data->expedited);
    if (frost_ledger_is_active(ledger))
        forget_descriptors(ledger->data);
}

bool
frost_resources_open(FrostResources *self, const char *statedir, GError **error)
{
    frost_resources_take_over(self, frost_ledger_open(statedir, error));
    return self->ledger && is_free(self->ledger, error);
}

bool
frost_resources_owe_hooks(const FrostResources *self)
{
    return frost_ledger_is_active(self->ledger) && frost_ledger_owes_hooks(self->ledger->data);
}

bool
frost_resources_begin(FrostResources *self, FrostPlan *plan, GError **error)
{
    self->plan = plan;
    return frost_ledger_begin_plan(self->ledger, plan, error);
}

void
frost_resources_mark(FrostResources *self, FrostStep step)
{
    frost_ledger_mark(self->ledger, step, frost_sys_now_us(self->sys));
}

static void
warn_of_unreached(const FrostLedgerFs *fs, int why)
{
    if (why == ETIMEDOUT)
        g_critical("%s was left frozen by an earlier agent, and opening it has not come back: the "
                   "server of a mount above it may be gone; each thaw tries again",
                   fs->mount_point);
    else
        g_critical("%s was left frozen by an earlier agent and cannot be reached: %s; each thaw "
                   "tries again; or mount its device once more and run fsfreeze --unfreeze there",
                   fs->mount_point, g_strerror(why));
}

/* @fd: or a negative errno. */
static void
take(FrostResources *self, uint32_t index, int fd)
{
    FrostLedgerFs *fs = &self->ledger->data->filesystems[index];

    if (fd >= 0) {
        const FrostInherited inherited = {.index = index, .fd = fd};

        g_array_append_val(self->inherited, inherited);
    } else if (fd == -ESTALE) {
        g_warning("%s was left frozen by an earlier agent, and is gone: somebody has thawed and "
                  "unmounted it",
                  fs->mount_point);
        frost_ledger_step(fs, (FrostFsState)atomic_load(&fs->state), FROST_FS_LOST);
    } else {
        warn_of_unreached(fs, -fd);
    }
}

static bool
is_missed(const FrostLedgerFs *fs)
{
    return fs->fd < 0 && frost_fs_state_is_held((FrostFsState)atomic_load(&fs->state));
}

static void inherit_next(FrostResources *self);

static void
on_reopened(void *user, int fd)
{
    FrostResources *self = user;

    self->inheriting.has_hung |= fd == -ETIMEDOUT;
    take(self, self->inheriting.next++, fd);
    inherit_next(self);
}

static void
inherit_next(FrostResources *self)
{
    FrostInheriting *inheriting = &self->inheriting;
    const FrostLedgerData *data = self->ledger->data;
    uint32_t count = atomic_load(&data->count);

    while (inheriting->next < count && !is_missed(&data->filesystems[inheriting->next]))
        inheriting->next++;
    if (inheriting->next < count) {
        const FrostLedgerFs *fs = &data->filesystems[inheriting->next];
        const FrostReopenerWish wish = {
            .mount_dev = (dev_t)fs->mount_dev, .device = (dev_t)fs->device, .fs_type = fs->fs_type};

        inheriting->planner->reopen(inheriting->planner, &wish,
                                    inheriting->has_hung ? FROST_REOPENER_SHORT_LIMIT_S
                                                         : FROST_REOPENER_LIMIT_S,
                                    on_reopened, self);
        return;
    }
    inheriting->planner = NULL;
    inheriting->inherited(inheriting->user);
}

void
frost_resources_inherit(FrostResources *self, FrostPlanner *planner, void (*inherited)(void *user),
                        void *user)
{
    if (self->plan) { /* our own freeze: the descriptors in the ledger are ours */
        inherited(user);
        return;
    }
    self->inheriting = (FrostInheriting){.planner = planner, .inherited = inherited, .user = user};
    inherit_next(self);
}

void
frost_resources_hand_over(FrostResources *self)
{
    for (guint i = 0; i < self->inherited->len; i++) {
        const FrostInherited *inherited = &g_array_index(self->inherited, FrostInherited, i);

        self->ledger->data->filesystems[inherited->index].fd = inherited->fd;
    }
}

bool
frost_resources_are_inheriting(const FrostResources *self)
{
    return self->inheriting.planner != NULL;
}

bool
frost_resources_miss_some(const FrostResources *self)
{
    const FrostLedgerData *data = self->ledger->data;

    for (uint32_t i = 0; !self->plan && i < atomic_load(&data->count); i++) {
        if (is_missed(&data->filesystems[i]))
            return true;
    }
    return false;
}

/* That a freeze works without it is told by the history, not an error. */
static void
open_rcu_expedite(FrostResources *self)
{
    self->expedite_fd = frost_rcu_expedite_open(&self->sys->kernel);
    if (self->expedite_fd == -EALREADY)
        g_debug("grace periods are expedited already");
    else if (self->expedite_fd < 0)
        atomic_store(&self->ledger->data->degraded[FROST_DEGRADED_EXPEDITED], -self->expedite_fd);
}

void
frost_resources_set_terms(FrostResources *self, const FrostLimits *limits, bool expedite)
{
    FrostLedgerData *data = self->ledger->data;
    unsigned window_s = frost_limits_window_s(self->sys);

    data->sync_limit_us = (int64_t)limits->sync_s * 1000000;
    data->freeze_limit_us = (int64_t)limits->freeze_s * 1000000;
    data->hold_limit_us = (int64_t)limits->hold_s * 1000000;
    data->stall_target_us = (int64_t)limits->stall_ms * 1000;
    data->window_limit_us = (int64_t)window_s * 1000000;
    atomic_store(&data->owed_limit_s, frost_limits_told_s(limits, window_s));
    if (expedite)
        open_rcu_expedite(self);
    data->expedite_fd = MAX(self->expedite_fd, 0);
}

bool
frost_resources_are_incomplete(const FrostResources *self)
{
    const FrostLedgerData *data = self->ledger->data;

    return atomic_load(&data->frozen_us) == 0 || atomic_load(&data->release) != FROST_RELEASE_NONE;
}
