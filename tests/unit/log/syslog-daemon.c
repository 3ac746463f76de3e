/* SPDX-License-Identifier: MIT */
#include "syslog-daemon.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test-support.h"

int
syslog_daemon_start(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    assert_true(strlen(path) < sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    unlink(path);
    assert_return_code(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    if (type == SOCK_STREAM)
        assert_return_code(listen(fd, 1), 0);
    return fd;
}

char *
syslog_daemon_read(int fd)
{
    GString *text = g_string_new(NULL);
    char bytes[16384];
    ssize_t length;

    while ((length = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
        g_string_append_len(text, bytes, length);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}
