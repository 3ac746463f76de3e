/* SPDX-License-Identifier: MIT */
#include "fake-port.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

FakePort fake_port;

static int
fake_open(const char *path, GError **error)
{
    return fake_port.given_fd >= 0 ? fake_port.given_fd
                                   : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static ssize_t
fake_read(int fd, void *buffer, size_t length)
{
    if (fake_port.read_failure) {
        errno = fake_port.read_failure;
        return -1;
    }
    return read(fd, buffer, length);
}

static ssize_t
fake_write(int fd, const void *bytes, size_t length)
{
    if (fake_port.write_failure) {
        errno = fake_port.write_failure;
        return -1;
    }
    if (fake_port.given_fd >= 0)
        return write(fd, bytes, length);
    g_string_append_len(fake_port.written, bytes, (gssize)length);
    return (ssize_t)length;
}

static const FrostChannelMethod fake = {
    .name = "fake-virtio",
    .open = fake_open,
    .read = fake_read,
    .write = fake_write,
};

static Port *
port_new(void)
{
    Port *port = g_new0(Port, 1);

    fake_port.read_failure = 0;
    fake_port.write_failure = 0;
    port->method = fake;
    fake_port.given_fd = -1;
    fake_port.written = g_string_new(NULL);
    port->host = -1;
    port->dir = test_make_dir();
    port->path = g_build_filename(port->dir, "port", NULL);
    port->recorder = recorder_new();
    return port;
}

static void
port_open(Port *port)
{
    g_autoptr(GError) error = NULL;

    port->channel = frost_channel_open_method(&port->method, port->path, NULL, &recorder_events,
                                              port->recorder, &error);
    assert_no_error(error);
}

int
setup_fifo(void **state)
{
    Port *port = port_new();

    assert_int_equal(mkfifo(port->path, 0600), 0);
    port_open(port);
    *state = port;
    return 0;
}

int
setup_pair(void **state)
{
    Port *port = port_new();
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    fake_port.given_fd = pair[0];
    port->host = pair[1];
    port_open(port);
    *state = port;
    return 0;
}

int
teardown_port(void **state)
{
    Port *port = *state;

    frost_channel_free(port->channel);
    recorder_free(port->recorder);
    if (port->host >= 0)
        close(port->host);
    test_remove_dir(port->dir);
    g_free(port->path);
    g_free(port);
    g_string_free(fake_port.written, TRUE);
    return 0;
}

int
host_connect(const Port *port)
{
    int fd = open(port->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

void
host_write(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}
