/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * datagram.h - sends one message to the socket of journald or systemd
 *
 * It never waits. GLib's writer for the journal would wait for a journald that hangs.
 */

#include <stdbool.h>
#include <stddef.h>

/* @path: of the socket; if it begins with @, it is an abstract name. False: there is no such
 * socket, or it has no room now, and the message is lost. */
bool frost_datagram_send(const char *path, const char *bytes, size_t length);
