/* SPDX-License-Identifier: MIT */

/*
 * guest-get-time, guest-set-time
 */
#include "clock.h"
#include "families.h"
#include "log.h"

typedef struct {
    FrostCommandContext *context;
    FrostClock *clock; /* made by the first guest-set-time */
} Time;

static gpointer
keep(FrostCommandContext *context)
{
    Time *self = g_new0(Time, 1);

    self->context = context;
    return self;
}

static void
forget(gpointer kept)
{
    Time *self = kept;

    frost_clock_free(self->clock);
    g_free(self);
}

static void
get_time(QgaCall *call, void *user)
{
    if (frost_call_takes_nothing(call))
        qga_call_return(call, qga_value_new_int(frost_clock_now_ns()));
}

static void
set_time(QgaCall *call, void *user)
{
    Time *self = user;
    const QgaArgs *args = qga_call_args(call);
    bool given = qga_args_has(args, "time");
    GError *error = NULL;
    int64_t ns = 0;

    if (!qga_args_int_optional(args, "time", &ns, &error) || !qga_args_end(args, &error)) {
        qga_call_fail(call, error);
        return;
    }
    if (!self->clock)
        self->clock = frost_clock_new(self->context->machine, self->context->jobs);
    if (given) {
        frost_slog("guest-set-time called, time: %" G_GINT64_FORMAT, ns);
        frost_clock_set(self->clock, ns, frost_call_answer, call);
    } else {
        frost_slog("guest-set-time called, by the hardware clock");
        frost_clock_set_from_hardware(self->clock, frost_call_answer, call);
    }
}

static const QgaCommand commands[] = {
    {"guest-get-time", QGA_COMMAND_PLAIN, get_time},
    {"guest-set-time", QGA_COMMAND_PLAIN, set_time},
};

const FrostFamily frost_time_family = {
    .commands = commands, .count = G_N_ELEMENTS(commands), .keep = keep, .forget = forget};
