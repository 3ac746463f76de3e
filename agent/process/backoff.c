/* SPDX-License-Identifier: MIT */
#include "backoff.h"

#include "source.h"

static gboolean
on_timer(gpointer user)
{
    FrostBackoff *self = user;

    frost_source_drop(&self->timer);
    self->due(self->user);
    return G_SOURCE_REMOVE;
}

void
frost_backoff_wait(FrostBackoff *self)
{
    frost_source_drop(&self->timer);
    self->wait_ms = CLAMP(self->wait_ms * 2, self->first_ms, self->last_ms);
    self->timer =
        frost_source_attach(g_timeout_source_new(self->wait_ms), self->context, on_timer, self);
}

void
frost_backoff_stop(FrostBackoff *self)
{
    frost_source_drop(&self->timer);
}
