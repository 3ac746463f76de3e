/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * activation.h - a listening socket that was handed over at the start (protocol 1.1)
 */

#include <glib.h>
#include <stdbool.h>

#define FROST_ACTIVATION_ERROR (frost_activation_error_quark())

typedef enum {
    FROST_ACTIVATION_ERROR_COUNT,      /* more sockets than one */
    FROST_ACTIVATION_ERROR_DESCRIPTOR, /* what is said to be a socket is no descriptor */
} FrostActivationError;

GQuark frost_activation_error_quark(void);

/**
 * frost_activation_take:
 * @out_fd: the socket, made close-on-exec, for frost_channel_adopt(); -1: none was handed to this
 *   process
 *
 * Reads LISTEN_PID and LISTEN_FDS. They and LISTEN_FDNAMES are gone from the environment
 * afterwards: they are not meant for children. Call it before there are threads.
 */
bool frost_activation_take(int *out_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
