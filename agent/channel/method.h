/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * method.h - one kind of port: how it is opened, read and written
 *
 * Everything else a channel does is the same for all kinds. A test adds a kind of its own.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "channel.h"

typedef struct {
    const char *name;
    /* The descriptor is a listening socket; each client has a descriptor of its own. */
    bool listens;
    /* A descriptor that was hung up is dead for ever (a tty): the path is opened anew. */
    bool reopens;
    /* "Closed" so soon after bytes were read is doubted (port.c); 0: never. */
    gint64 linger_us;
    /* How long it is then waited for the news of an opening; at least linger_us. */
    gint64 patience_us;
    /* With O_NONBLOCK and O_CLOEXEC. -1 sets @error. */
    int (*open)(const char *path, GError **error);
    /* (nullable): see frost_channel_awaited_path(); NULL: nothing is waited for. */
    char *(*awaited_path)(const char *path);
    /* As read(2) and write(2), errno included; never a signal. */
    ssize_t (*read)(int fd, void *buffer, size_t length);
    ssize_t (*write)(int fd, const void *bytes, size_t length);
} FrostChannelMethod;

extern const FrostChannelMethod frost_virtio_serial;
extern const FrostChannelMethod frost_isa_serial;
extern const FrostChannelMethod frost_unix_listen;
extern const FrostChannelMethod frost_vsock_listen;

/* frost_channel_open() with the method itself instead of its name; @method is borrowed. */
FrostChannel *frost_channel_open_method(const FrostChannelMethod *method, const char *path,
                                        GMainContext *context, const FrostChannelEvents *events,
                                        void *user, GError **error);

/* `CID:PORT`, both decimal (protocol 1.1). */
bool frost_vsock_parse(const char *path, unsigned *out_cid, unsigned *out_port, GError **error);

/* send(2) that raises no SIGPIPE. */
ssize_t frost_socket_write(int fd, const void *bytes, size_t length);

/* The error of protocol 1.1 for a @path that cannot be opened because of @err. */
void frost_channel_set_open_error(GError **error, const char *path, int err);
