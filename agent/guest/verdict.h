/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * verdict.h - whether a program of the guest has done what it was started for
 */

#include <glib.h>
#include <stdbool.h>

#include "process.h"

/**
 * frost_verdict:
 * @purpose: "shutdown": what it "has failed to" do
 *
 * False where the program could not be started, did not end in time, died, or ended with another
 * status than 0; in qemu-ga's words, which quote the program's own.
 */
bool frost_verdict(const FrostProcessResult *result, const char *purpose, GError **error);
