/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * commands.h - the commands of the protocol
 *
 * Each family of commands is a file (families.h). A handler only reads its arguments, calls the
 * part of the agent that does the work (guest, fsfreeze), and answers its call. The session begins
 * a request when the one before is answered, so a family has at most one call under way.
 */

#include "blocking-jobs.h"
#include "dispatch.h"
#include "machine.h"
#include "receipt.h"
#include "transaction.h"

/* The context of the handlers; all borrowed. */
typedef struct {
    FrostTransaction *transaction;
    FrostReceipts *receipts;
    FrostSys *sys;
    FrostMachine *machine;
    FrostBlockingJobs *jobs;           /* for calls that may hang in the kernel */
    const FrostChildSetting *children; /* (nullable): for the programs that are started */
} FrostCommandContext;

typedef struct FrostCommands FrostCommands;

/**
 * frost_commands_new: registers all commands that were built, in the order of qemu-ga's schema
 * @context: borrowed; has to be filled before the first request
 *
 * Has to be freed before @dispatch.
 */
FrostCommands *frost_commands_new(QgaDispatch *dispatch, FrostCommandContext *context);
void frost_commands_free(FrostCommands *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostCommands, frost_commands_free)
