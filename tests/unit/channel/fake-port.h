/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-port.h - two stand-ins for a virtio port
 *
 * The reading end of a FIFO: poll() says HUP for ever while no writer is there and read() returns
 * 0, exactly as a port whose host end is closed; what is written goes to a string. A socket pair:
 * for flow control with real edges.
 */

#include "method.h"
#include "recorder.h"

typedef struct {
    FrostChannelMethod method;
    char *dir;
    char *path;
    int host; /* the host's end of the socket pair */
    Recorder *recorder;
    FrostChannel *channel;
} Port;

/* What the fake kernel does. */
typedef struct {
    int given_fd;      /* what open hands out; -1: the path is opened, as a FIFO */
    int read_failure;  /* errno of every read, when set */
    int write_failure; /* and of every write */
    GString *written;  /* to a FIFO */
} FakePort;

extern FakePort fake_port;

/* For cmocka: *state is a Port. */
int setup_fifo(void **state);
int setup_pair(void **state);
int teardown_port(void **state);

/* Opens the FIFO for writing. */
int host_connect(const Port *port);
void host_write(int fd, const char *text);
