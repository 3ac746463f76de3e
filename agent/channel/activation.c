/* SPDX-License-Identifier: MIT */
#include "activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* The first descriptor that systemd passes (sd_listen_fds(3)). */
#define FIRST_FD 3

G_DEFINE_QUARK(frost_activation_error, frost_activation_error)

/* The value of the variable @name; 0 unless that is a positive decimal number. */
static guint64
number_from_environment(const char *name)
{
    const char *text = g_getenv(name);
    guint64 value = 0;

    if (!text || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT, &value, NULL))
        return 0;
    return value;
}

bool
frost_activation_take(int *out_fd, GError **error)
{
    bool ours = number_from_environment("LISTEN_PID") == (guint64)getpid();
    guint64 count = ours ? number_from_environment("LISTEN_FDS") : 0;

    g_unsetenv("LISTEN_PID");
    g_unsetenv("LISTEN_FDS");
    g_unsetenv("LISTEN_FDNAMES");

    if (count > 1) {
        g_set_error(error, FROST_ACTIVATION_ERROR, FROST_ACTIVATION_ERROR_COUNT,
                    "qemu-ga only supports listening on one socket");
        return false;
    }
    if (count == 1 && fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) < 0) {
        g_set_error(error, FROST_ACTIVATION_ERROR, FROST_ACTIVATION_ERROR_DESCRIPTOR,
                    "Socket activation failed: invalid file descriptor fd = %d: %s", FIRST_FD,
                    g_strerror(errno));
        return false;
    }
    *out_fd = count == 1 ? FIRST_FD : -1;
    return true;
}
