/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include "source.h"

static gboolean
on_due(gpointer user)
{
    FrostReply *self = user;
    g_autoptr(GError) error = g_steal_pointer(&self->error);

    frost_source_drop(&self->due);
    self->done(self->user, error);
    return G_SOURCE_REMOVE;
}

void
frost_reply_send(FrostReply *self, GMainContext *context)
{
    if (!self->due)
        self->due = frost_source_now(context, on_due, self);
}

void
frost_reply_clear(FrostReply *self)
{
    frost_source_drop(&self->due);
    g_clear_error(&self->error);
}
