/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * program-result.h - whether a program of the guest has succeeded
 */

#include <glib.h>
#include <stdbool.h>

#include "process.h"

/**
 * frost_program_succeeded:
 * @purpose: for the error, which says "has failed to" and this, such as "shutdown"
 *
 * False if the program could not be started, did not end in time, was killed, or exited with a
 * status other than 0. The error has qemu-ga's words, and quotes the program's output.
 */
bool frost_program_succeeded(const FrostProcessResult *result, const char *purpose, GError **error);
