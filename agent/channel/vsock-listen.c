/* SPDX-License-Identifier: MIT */
#include "method.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Has to come after sys/socket.h, as it uses sockaddr. */
#include <linux/vm_sockets.h>

static bool
parse_u32(const char *text, unsigned *out)
{
    char *end = NULL;

    if (!g_ascii_isdigit(text[0]))
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end || value > UINT32_MAX)
        return false;
    *out = (unsigned)value;
    return true;
}

bool
frost_vsock_parse(const char *path, unsigned *out_cid, unsigned *out_port, GError **error)
{
    const char *colon = strchr(path, ':');
    unsigned cid;
    unsigned port;

    if (!colon || colon == path || !colon[1]) {
        g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                    "error parsing address '%s'", path);
        return false;
    }
    g_autofree char *cid_text = g_strndup(path, (size_t)(colon - path));
    if (!parse_u32(cid_text, &cid)) {
        g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                    "Failed to parse cid '%s'", cid_text);
        return false;
    }
    if (!parse_u32(colon + 1, &port)) {
        g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_METHOD,
                    "Failed to parse port '%s'", colon + 1);
        return false;
    }
    *out_cid = cid;
    *out_port = port;
    return true;
}

static int
vsock_listen_open(const char *path, GError **error)
{
    struct sockaddr_vm address = {.svm_family = AF_VSOCK};

    if (!frost_vsock_parse(path, &address.svm_cid, &address.svm_port, error))
        return -1;

    const char *step = "create";
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        step = "bind";
        if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
            step = "listen on";
            if (listen(fd, 1) == 0)
                return fd;
        }
    }
    int err = errno;
    if (fd >= 0)
        close(fd);
    g_set_error(error, FROST_CHANNEL_ERROR, FROST_CHANNEL_ERROR_OPEN, "Failed to %s socket: %s",
                step, g_strerror(err));
    return -1;
}

const FrostChannelMethod frost_vsock_listen = {
    .name = "vsock-listen",
    .listens = true,
    .open = vsock_listen_open,
    .read = read,
    .write = frost_socket_write,
};
