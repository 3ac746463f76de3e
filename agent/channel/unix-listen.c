/* SPDX-License-Identifier: MIT */
#include "method.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

ssize_t
frost_socket_write(int fd, const void *bytes, size_t length)
{
    return send(fd, bytes, length, MSG_NOSIGNAL);
}

/* A path may fill sun_path to its last byte, and then has no NUL (unix(7)). */
static bool
set_address(struct sockaddr_un *address, const char *path, socklen_t *out_length, GError **error)
{
    size_t length = strlen(path);

    /* bind() would choose an abstract name, to which everybody may connect (unix(7)). */
    if (length == 0) {
        g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                    "must specify a path for this channel");
        return false;
    }
    if (length > sizeof(address->sun_path)) {
        g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                    "UNIX socket path '%s' is too long", path);
        return false;
    }
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    length = MIN(length + 1, sizeof(address->sun_path));
    *out_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return true;
}

/* Replaces whatever is at @path. The socket is not removed at the end. */
static int
unix_listen_open(const char *path, GError **error)
{
    struct sockaddr_un address;
    socklen_t length;

    if (!set_address(&address, path, &length, error))
        return -1;

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        unlink(path);
        if (bind(fd, (const struct sockaddr *)&address, length) == 0 && listen(fd, 1) == 0)
            return fd;
    }
    int err = errno;
    if (fd >= 0)
        close(fd);
    frost_channel_set_open_error(error, path, err);
    return -1;
}

const FrostChannelMethod frost_unix_listen = {
    .name = "unix-listen",
    .listens = true,
    .open = unix_listen_open,
    .awaited_path = g_path_get_dirname,
    .read = read,
    .write = frost_socket_write,
};
