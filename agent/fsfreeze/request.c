/* SPDX-License-Identifier: MIT */
#include "request.h"

FrostRequest *
frost_request_new(FrostRequestKind kind, const char *const *mount_points, FrostTransactionDone done,
                  void *user)
{
    FrostRequest *self = g_new0(FrostRequest, 1);

    self->kind = kind;
    self->mount_points = g_strdupv((char **)mount_points);
    self->done = done;
    self->user = user;
    return self;
}

void
frost_request_free(FrostRequest *self)
{
    if (!self)
        return;
    g_strfreev(self->mount_points);
    g_free(self);
}

void
frost_request_answer(FrostRequest *self, unsigned count, const GError *error)
{
    g_autoptr(FrostRequest) due = self;

    if (due && due->done)
        due->done(due->user, error ? 0 : count, error);
}
