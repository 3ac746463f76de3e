/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * calls.h - functions by which the families of commands answer their calls
 */

#include "commands.h"

/**
 * frost_call_by_job: runs @work on a thread, and answers @call with its result or its error
 * @what: for the error of a job that takes too long: "reading the disks"
 * @limit_s: from the start of its thread
 * @work: returns a QgaValue
 * @input: owned; freed by @input_free (nullable)
 */
void frost_call_by_job(const FrostCommandContext *context, QgaCall *call, const char *what,
                       unsigned limit_s, FrostBlockingWork work, gpointer input,
                       GDestroyNotify input_free);

/* For a command without arguments. False: there are arguments, and @call was answered with an
 * error. */
bool frost_call_takes_nothing(QgaCall *call);

/* Answers the QgaCall @user with @error, or with an empty result if that is NULL. For use as a done
 * callback. */
void frost_call_answer(void *user, const GError *error);
