/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * outflow.h - what a child writes into a pipe: kept up to a bound, read to its end all the same
 *
 * A child that would meet a full pipe would stop, and one that meets a closed one would die: so
 * what is not kept is read and thrown away, also after the child itself has ended and only its
 * own children still write.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Of one stream (protocol 1.7). */
#define FROST_OUTFLOW_MAX (16u * 1024 * 1024)

/* So many streams of children whose parent has ended are read on; of more, the pipe is closed. */
#define FROST_OUTFLOW_ABANDONED_MAX 64

/* What several streams share: the bytes that may be kept of all of them. */
typedef struct FrostOutflowBudget FrostOutflowBudget;
typedef struct FrostOutflow FrostOutflow;

FrostOutflowBudget *frost_outflow_budget_new(size_t bytes);
/* Ends the streams that were abandoned and are read still. */
void frost_outflow_budget_free(FrostOutflowBudget *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostOutflowBudget, frost_outflow_budget_free)
unsigned frost_outflow_budget_abandoned(const FrostOutflowBudget *self);

/* Takes @fd. @budget is borrowed and outlives it. */
FrostOutflow *frost_outflow_new(int fd, GMainContext *context, FrostOutflowBudget *budget);
/* Its bytes go back to the budget; the pipe is read on as long as somebody writes. */
void frost_outflow_abandon(FrostOutflow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostOutflow, frost_outflow_abandon)

/* Reads what is in the pipe now; a writer that never stops is not waited for. */
void frost_outflow_drain(FrostOutflow *self);
/* Borrowed; grows with every turn of the main loop. */
const GByteArray *frost_outflow_bytes(const FrostOutflow *self);
/* Something was thrown away. */
bool frost_outflow_is_truncated(const FrostOutflow *self);
