/* SPDX-License-Identifier: MIT */
#include "backlog.h"

void
frost_backlog_open(FrostBacklog *out, FrostKernel *kernel)
{
    *out = (FrostBacklog){.kernel = kernel, .fd = kernel->open_dirty_memory(kernel)};
}

uint64_t
frost_backlog_now(const FrostBacklog *self)
{
    return self->kernel && self->fd >= 0 ? self->kernel->dirty_memory(self->kernel, self->fd) : 0;
}

void
frost_backlog_mark(FrostBacklog *self)
{
    self->found = frost_backlog_now(self);
}

int64_t
frost_backlog_rest_us(const FrostBacklog *self, int64_t took_us)
{
    if (self->found < FROST_BACKLOG_MUCH)
        return -1;
    return (int64_t)((double)took_us * (double)frost_backlog_now(self) / (double)self->found);
}
