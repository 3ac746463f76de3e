/* SPDX-License-Identifier: MIT */
#include "knob-restorers.h"

#include "child-watch.h"
#include "knob-restorer.h"

void
frost_knob_restorers_init(FrostKnobRestorers *self, FrostSys *sys, GMainContext *context)
{
    *self = (FrostKnobRestorers){
        .sys = sys,
        .context = context,
        .children = g_ptr_array_new_with_free_func((GDestroyNotify)frost_child_watch_free)};
}

void
frost_knob_restorers_clear(FrostKnobRestorers *self)
{
    g_ptr_array_unref(self->children);
}

static void
on_ended(void *user, FrostChildWatch *child)
{
    FrostKnobRestorers *self = user;

    g_ptr_array_remove(self->children, child);
}

void
frost_knob_restorers_start(FrostKnobRestorers *self, const FrostLedger *ledger)
{
    pid_t pid = frost_knob_restorer_start(self->sys, ledger);
    FrostChildWatch *child =
        pid > 0 ? frost_child_watch_new(pid, self->context, on_ended, self) : NULL;

    if (pid < 0)
        g_warning("the queues of disks stay short until the next freeze, as no process could be "
                  "started: %s",
                  g_strerror(-pid));
    if (child)
        g_ptr_array_add(self->children, child);
}
