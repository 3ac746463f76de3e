/* SPDX-License-Identifier: MIT */
#include "kill-timer.h"

#include <signal.h>

#include "source.h"

/* Between SIGTERM and SIGKILL: long enough for a hook to undo its work, short enough for a host. */
#define GRACE_MS 2000

static void
set_clock(FrostKillTimer *self, guint after_ms, GSourceFunc step)
{
    frost_source_drop(&self->clock);
    self->clock = frost_source_attach(g_timeout_source_new(after_ms), self->context, step, self);
}

static gboolean
on_unkillable(gpointer user)
{
    FrostKillTimer *self = user;

    g_warning("process %d does not end even by SIGKILL; it is left behind", (int)self->group);
    frost_source_drop(&self->clock);
    self->unkillable(self->user);
    return G_SOURCE_REMOVE;
}

static gboolean
on_grace_over(gpointer user)
{
    FrostKillTimer *self = user;

    frost_kill_timer_signal(self, SIGKILL);
    set_clock(self, GRACE_MS, on_unkillable);
    return G_SOURCE_REMOVE;
}

static gboolean
on_time_over(gpointer user)
{
    FrostKillTimer *self = user;

    self->timed_out = true;
    frost_kill_timer_end_group(self);
    return G_SOURCE_REMOVE;
}

void
frost_kill_timer_start(FrostKillTimer *self, unsigned timeout_s)
{
    /* A timer in whole seconds would be rounded, and might be a quarter of a second early. */
    set_clock(self, timeout_s * 1000u, on_time_over);
}

void
frost_kill_timer_stop(FrostKillTimer *self)
{
    frost_source_drop(&self->clock);
}

void
frost_kill_timer_end_group(FrostKillTimer *self)
{
    frost_kill_timer_signal(self, SIGTERM);
    /* A stopped process takes SIGTERM only when it is continued. */
    frost_kill_timer_signal(self, SIGCONT);
    set_clock(self, GRACE_MS, on_grace_over);
}

void
frost_kill_timer_signal(const FrostKillTimer *self, int signal_number)
{
    if (self->group > 0 && kill(-self->group, signal_number) < 0)
        kill(self->group, signal_number);
}
