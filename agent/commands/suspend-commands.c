/* SPDX-License-Identifier: MIT */

/*
 * guest-suspend-disk, guest-suspend-ram, guest-suspend-hybrid
 */
#include "families.h"
#include "log.h"
#include "suspend.h"

typedef struct {
    FrostCommandContext *context;
    FrostSuspend *suspend; /* made by the first request */
} Suspend;

static gpointer
keep(FrostCommandContext *context)
{
    Suspend *self = g_new0(Suspend, 1);

    self->context = context;
    return self;
}

static void
forget(gpointer kept)
{
    Suspend *self = kept;

    frost_suspend_free(self->suspend);
    g_free(self);
}

static void
put_to_sleep(QgaCall *call, Suspend *self, FrostSuspendMode mode, const char *name)
{
    if (!frost_call_takes_nothing(call))
        return;
    frost_slog("%s called", name);
    if (!self->suspend)
        self->suspend = frost_suspend_new(self->context->machine, self->context->jobs);
    frost_suspend_sleep(self->suspend, mode, frost_call_answer, call);
}

static void
suspend_disk(QgaCall *call, void *user)
{
    put_to_sleep(call, user, FROST_SUSPEND_DISK, "guest-suspend-disk");
}

static void
suspend_ram(QgaCall *call, void *user)
{
    put_to_sleep(call, user, FROST_SUSPEND_RAM, "guest-suspend-ram");
}

static void
suspend_hybrid(QgaCall *call, void *user)
{
    put_to_sleep(call, user, FROST_SUSPEND_HYBRID, "guest-suspend-hybrid");
}

static const QgaCommand commands[] = {
    {"guest-suspend-disk", QGA_COMMAND_NO_REPLY, suspend_disk},
    {"guest-suspend-ram", QGA_COMMAND_NO_REPLY, suspend_ram},
    {"guest-suspend-hybrid", QGA_COMMAND_NO_REPLY, suspend_hybrid},
};

const FrostFamily frost_suspend_family = {
    .commands = commands, .count = G_N_ELEMENTS(commands), .keep = keep, .forget = forget};
