/* SPDX-License-Identifier: MIT */
#include "fake-planner.h"

#include <errno.h>

#include "plan-reopen.h"
#include "source.h"

static void
give_fd(FakePlanner *self)
{
    FrostReopened reopened = self->reopened;
    int fd = self->error ? -ETIMEDOUT : self->fd;

    if (self->error && self->fd >= 0)
        self->sys->close(self->sys, self->fd);
    self->reopened = NULL;
    g_clear_error(&self->error);
    reopened(self->user, fd);
}

static gboolean
on_due(gpointer user)
{
    FakePlanner *self = user;

    if (self->reopened) {
        frost_source_drop(&self->due);
        give_fd(self);
        return G_SOURCE_REMOVE;
    }
    g_autoptr(GError) error = g_steal_pointer(&self->error);

    frost_source_drop(&self->due);
    self->planned(self->user, g_steal_pointer(&self->plan), error);
    return G_SOURCE_REMOVE;
}

static void
forget(FakePlanner *self)
{
    frost_source_drop(&self->due);
    g_clear_pointer(&self->plan, frost_plan_free);
    g_clear_error(&self->error);
    if (self->reopened && self->fd >= 0)
        self->sys->close(self->sys, self->fd);
    self->reopened = NULL;
}

bool
fake_planner_awaits(const FakePlanner *self)
{
    return !self->due && (self->plan || self->error || self->reopened);
}

void
fake_planner_come_back(FakePlanner *self, GError *error)
{
    if (error && !self->reopened)
        forget(self);
    if (error)
        self->error = error;
    self->due = frost_source_now(self->context, on_due, self);
}

static void
plan(FrostPlanner *base, const FrostPlanFilter *filter, FrostPlanned planned, void *user)
{
    FakePlanner *self = (FakePlanner *)base;

    self->planned = planned;
    self->user = user;
    self->plan = frost_plan_new(self->sys, filter, &self->error);
    if (!self->hangs)
        fake_planner_come_back(self, NULL);
}

static void
reopen(FrostPlanner *base, const FrostReopenerWish *wish, unsigned limit_s, FrostReopened reopened,
       void *user)
{
    FakePlanner *self = (FakePlanner *)base;

    self->reopened = reopened;
    self->user = user;
    self->fd = frost_plan_reopen(self->sys, wish->mount_dev, wish->device);
    if (self->fd == -ENOENT)
        self->fd = self->sys->open_unmounted(self->sys, wish->device, wish->fs_type);
    if (!self->hangs)
        fake_planner_come_back(self, NULL);
}

static void
give_up(FrostPlanner *base)
{
    forget((FakePlanner *)base);
}

static void
fake_planner_free(FrostPlanner *base)
{
    forget((FakePlanner *)base);
    g_free(base);
}

FakePlanner *
fake_planner_new(FrostSys *sys, GMainContext *context)
{
    FakePlanner *self = g_new0(FakePlanner, 1);

    self->base = (FrostPlanner){
        .plan = plan, .reopen = reopen, .give_up = give_up, .free = fake_planner_free};
    self->sys = sys;
    self->context = context;
    return self;
}
