/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-process.h - the program that holds the descriptors, freezes, and always thaws
 *
 * A process of its own, started anew from the program's image. Its first thread only polls:
 *
 *   command from the agent | end of the socket (the agent is gone) | SIGTERM | the crew's bell
 *
 * There is no way out of it that leaves something frozen, but for being killed.
 */

#include "sys.h"

/**
 * frost_freezer_process: the whole life of the freezer
 * @sys: by value
 *
 * Returns an exit status only when it could not begin; otherwise it ends the process itself.
 * When the agent is lost and its hook not undone, becomes the recovery (recovery.h) instead.
 * Frozen-safe: no heap, no GLib.
 */
int frost_freezer_process(FrostSys sys, int command_fd, int ledger_fd);
