/* SPDX-License-Identifier: MIT */
#include "method.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int
virtio_serial_open(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        frost_channel_set_open_error(error, path, errno);
    return fd;
}

/*
 * How late the report of an opened or closed port may be. It usually takes a fraction of a
 * millisecond; but the virtual CPU that has to handle it may not be running. On a busy host, of
 * 12,000 clients that each connected as soon as the one before had left, one was reported more than
 * 50 ms after its request. It would never have been answered, so the agent waits longer than that.
 * If the client has really gone, an answer that was kept for it may reach the next one, but only
 * before the answer to that one's sync.
 */
#define LINGER_US 50000
#define PATIENCE_US (G_USEC_PER_SEC / 2)

const FrostChannelMethod frost_virtio_serial = {
    .name = "virtio-serial",
    .linger_us = LINGER_US,
    .patience_us = PATIENCE_US,
    .open = virtio_serial_open,
    .awaited_path = g_strdup,
    .read = read,
    .write = write,
};
