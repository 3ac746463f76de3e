/* SPDX-License-Identifier: MIT */
#include "channel-error.h"

G_DEFINE_QUARK(frost_channel_error, frost_channel_error)

void
frost_channel_set_open_error(GError **error, const char *path, int err)
{
    g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_OPEN,
                "error opening channel '%s': %s", path, g_strerror(err));
}
