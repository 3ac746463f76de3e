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
 * How late the news of an opened or closed port may be. A fraction of a millisecond as a rule, but
 * the processor that has to handle it may be one that the host does not let run just now: on a busy
 * host, of 12,000 clients that came as soon as the one before had gone, one was announced more than
 * 50 ms after its request. It would never have been answered; so who is doubted is waited for
 * longer. What is kept in vain meanwhile reaches a host at most before the answer to its sync.
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
