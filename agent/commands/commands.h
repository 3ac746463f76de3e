/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * commands.h - what the host can ask for: the protocol on the left, the domain on the right
 *
 * One file a family (families.h). A handler reads its arguments, calls the domain, and completes
 * its call; it decides nothing itself. The session hands out the next request when this one is
 * answered, so that a family has at most one call under way.
 */

#include "aside.h"
#include "dispatch.h"
#include "machine.h"
#include "transaction.h"

/* What handlers get as their context. */
typedef struct {
    FrostTransaction *transaction;
    FrostSys *sys;
    FrostMachine *machine;
    FrostAside *aside; /* for whatever may hang in the kernel */
} FrostCommandContext;

typedef struct FrostCommands FrostCommands;

/**
 * frost_commands_new: all families that were built, in the order of qemu-ga's schema
 * @context: borrowed; may be filled later, before the first request
 *
 * To be freed before @dispatch.
 */
FrostCommands *frost_commands_new(QgaDispatch *dispatch, FrostCommandContext *context);
void frost_commands_free(FrostCommands *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostCommands, frost_commands_free)

/**
 * frost_call_aside: answers @call with what @work returns, a QgaValue, or with its error
 * @what: for the error of a job that does not come back: "reading the disks"
 * @limit_s: from the moment it starts to run
 * @input: taken; freed by @input_free unless that is NULL
 */
void frost_call_aside(const FrostCommandContext *context, QgaCall *call, const char *what,
                      unsigned limit_s, FrostAsideWork work, gpointer input,
                      GDestroyNotify input_free);

/* For a command without arguments: whether there are none. Fails @call if there are. */
bool frost_call_takes_nothing(QgaCall *call);

/* Ends the call @user with @error, or well where there is none: for whatever ends in one of the
 * two. */
void frost_call_answer(void *user, const GError *error);
