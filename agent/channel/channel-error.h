/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * channel-error.h - the errors of a channel
 */

#include <glib.h>

#define FROST_CHANNEL_ERROR (frost_channel_error_quark())

typedef enum {
    FROST_CHANNEL_ERROR_METHOD, /* the method does not exist, or cannot have such a path */
    FROST_CHANNEL_ERROR_OPEN,   /* the device or socket cannot be opened at this moment */
    FROST_CHANNEL_ERROR_LOST,   /* the port went away while in use */
} FrostChannelError;

GQuark frost_channel_error_quark(void);

/* Sets the error that qemu-ga has for a @path whose open failed with the errno @err. */
void frost_channel_set_open_error(GError **error, const char *path, int err);
