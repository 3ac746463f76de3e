/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * commands.h - what the host can ask for: the protocol on the left, the domain on the right
 *
 * One file a family. A handler reads its arguments, calls the domain, and completes its call; it
 * decides nothing itself.
 */

#include "dispatch.h"
#include "transaction.h"

/* What handlers get as their context. */
typedef struct {
    FrostTransaction *transaction;
} FrostCommandContext;

/* All families, in the order of qemu-ga's schema. @context is borrowed and outlives @dispatch. */
void frost_commands_add(QgaDispatch *dispatch, FrostCommandContext *context);

/* The families. */
extern const QgaCommand frost_core_commands[];
extern const size_t frost_core_command_count;
extern const QgaCommand frost_fsfreeze_commands[];
extern const size_t frost_fsfreeze_command_count;

/* For a command without arguments: whether there are none. Fails @call if there are. */
bool frost_call_takes_nothing(QgaCall *call);
