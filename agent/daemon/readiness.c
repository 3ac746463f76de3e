/* SPDX-License-Identifier: MIT */
#include "readiness.h"

#include <glib.h>
#include <string.h>

#include "datagram.h"

#define VARIABLE "NOTIFY_SOCKET"

char *
frost_readiness_take(void)
{
    char *socket = g_strdup(g_getenv(VARIABLE));

    g_unsetenv(VARIABLE);
    return socket;
}

static void
tell(const char *socket, const char *before, const char *status)
{
    g_autofree char *text = g_strconcat(before, "STATUS=", status, NULL);

    if (socket)
        frost_datagram_send(socket, text, strlen(text));
}

void
frost_readiness_tell(const char *socket, const char *status)
{
    tell(socket, "", status);
}

void
frost_readiness_ready(const char *socket, const char *status)
{
    tell(socket, "READY=1\n", status);
}
