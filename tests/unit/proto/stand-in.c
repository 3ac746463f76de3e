/* SPDX-License-Identifier: MIT */

#include "stand-in.h"

#include <stdint.h>

#include "dispatch.h"
#include "frame.h"
#include "response.h"

struct StandIn {
    QgaFrame *frame;
    QgaDispatch *dispatch;
    GString *answers;
};

static void
answer(void *user, GBytes *line)
{
    StandIn *self = user;
    gsize length;
    const char *bytes = g_bytes_get_data(line, &length);

    g_string_append_len(self->answers, bytes, (gssize)length);
}

static void
run(void *user, const char *text, size_t length)
{
    StandIn *self = user;

    g_autoptr(QgaValue) request = qga_value_parse(text, length);

    qga_dispatch_run(self->dispatch, request, answer, self);
}

static void
refuse(void *user, const char *desc)
{
    g_autoptr(GBytes) line = qga_response_refusal(desc);

    answer(user, line);
}

static void
ping(QgaCall *call, void *context)
{
    GError *error = NULL;

    if (qga_args_end(qga_call_args(call), &error))
        qga_call_return(call, NULL);
    else
        qga_call_fail(call, error);
}

static void
sync_back(QgaCall *call, void *context)
{
    const QgaArgs *args = qga_call_args(call);
    GError *error = NULL;
    int64_t id;

    if (qga_args_int(args, "id", &id, &error) && qga_args_end(args, &error))
        qga_call_return(call, qga_value_new_int(id));
    else
        qga_call_fail(call, error);
}

static void
status(QgaCall *call, void *context)
{
    GError *error = NULL;

    if (qga_args_end(qga_call_args(call), &error))
        qga_call_return(call, qga_value_new_string("thawed"));
    else
        qga_call_fail(call, error);
}

static const QgaCommand commands[] = {
    {"guest-sync-delimited", QGA_COMMAND_WHILE_FROZEN | QGA_COMMAND_DELIMITED, sync_back},
    {"guest-sync", QGA_COMMAND_WHILE_FROZEN, sync_back},
    {"guest-ping", QGA_COMMAND_WHILE_FROZEN, ping},
    {"guest-fsfreeze-status", QGA_COMMAND_WHILE_FROZEN, status},
};

StandIn *
stand_in_new(void)
{
    static const QgaFrameEvents events = {run, refuse};
    StandIn *self = g_new0(StandIn, 1);

    self->frame = qga_frame_new(1 << 20, &events, self);
    self->dispatch = qga_dispatch_new();
    self->answers = g_string_new(NULL);
    qga_dispatch_add(self->dispatch, commands, G_N_ELEMENTS(commands), NULL);
    return self;
}

void
stand_in_free(StandIn *self)
{
    qga_frame_free(self->frame);
    qga_dispatch_free(self->dispatch);
    g_string_free(self->answers, TRUE);
    g_free(self);
}

void
stand_in_feed(StandIn *self, const char *bytes, size_t length)
{
    qga_frame_feed(self->frame, (const uint8_t *)bytes, length);
}

const GString *
stand_in_answers(const StandIn *self)
{
    return self->answers;
}
