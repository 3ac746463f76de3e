/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * activation.h - a listening socket that systemd has passed to the agent
 */

#include <glib.h>
#include <stdbool.h>

#define FROST_ACTIVATION_ERROR (frost_activation_error_quark())

typedef enum {
    FROST_ACTIVATION_ERROR_COUNT,      /* more than one socket was passed */
    FROST_ACTIVATION_ERROR_DESCRIPTOR, /* the descriptor that was named is not open */
} FrostActivationError;

GQuark frost_activation_error_quark(void);

/**
 * frost_activation_take:
 * @out_fd: the socket, made close-on-exec, for frost_channel_adopt(); -1: none was passed to this
 *   process
 *
 * Reads LISTEN_PID and LISTEN_FDS. Removes them and LISTEN_FDNAMES from the environment, as
 * children must not see them. Call it before there are threads.
 */
bool frost_activation_take(int *out_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
