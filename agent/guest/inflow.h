/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * inflow.h - bytes for a child's standard input, written as it takes them
 */

#include <glib.h>

typedef struct FrostInflow FrostInflow;

/* Takes @fd and a reference to @bytes; the pipe ends after them, or when nobody reads. */
FrostInflow *frost_inflow_new(int fd, GMainContext *context, GBytes *bytes);
/* What has not been written is not. */
void frost_inflow_free(FrostInflow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostInflow, frost_inflow_free)
