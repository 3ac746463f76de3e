/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * method.h - the methods of a channel: how each kind of port is opened, read and written
 *
 * All else is the same for all of them. A test adds a method of its own.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "channel-error.h"

typedef struct FrostChannelMethod {
    const char *name;
    /* The descriptor is a listening socket; each client has a descriptor of its own. */
    bool listens;
    /* After a hangup the descriptor is of no more use (a tty), and the path is opened again. */
    bool reopens;
    /* If the port is reported closed within this time after bytes were read, the report may be
     * stale (port.c); 0: it never is. */
    gint64 linger_us;
    /* How long to wait then for a report that it is open; at least linger_us. */
    gint64 patience_us;
    /* Opens with O_NONBLOCK and O_CLOEXEC. -1, with @error set, on failure. */
    int (*open)(const char *path, GError **error);
    /* (nullable): see frost_channel_awaited_path(). */
    char *(*awaited_path)(const char *path);
    /* As read(2) and write(2), errno included, but without SIGPIPE. */
    ssize_t (*read)(int fd, void *buffer, size_t length);
    ssize_t (*write)(int fd, const void *bytes, size_t length);
} FrostChannelMethod;

extern const FrostChannelMethod frost_virtio_serial;
extern const FrostChannelMethod frost_isa_serial;
extern const FrostChannelMethod frost_unix_listen;
extern const FrostChannelMethod frost_vsock_listen;

/* Parses `CID:PORT`, both decimal. */
bool frost_vsock_parse(const char *path, unsigned *out_cid, unsigned *out_port, GError **error);

/* As write(2), but without SIGPIPE. */
ssize_t frost_socket_write(int fd, const void *bytes, size_t length);
