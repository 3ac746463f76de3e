/* SPDX-License-Identifier: MIT */
#include "method.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

/*
 * Makes the tty a raw line, 8N1 at 38400 baud. The constant for the speed is not a
 * flag, so it has to be set by its own function. CLOCAL keeps the line open when the carrier goes
 * down with the host's end. Anything that is not a tty, such as /dev/null, is left as it is.
 */
static void
make_raw(int fd)
{
    struct termios tty;

    if (tcgetattr(fd, &tty) < 0)
        return;
    tty.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | IGNPAR | PARMRK | INPCK | ISTRIP | INLCR | IGNCR |
                               ICRNL | IXON | IXOFF | IXANY | IMAXBEL);
    tty.c_oflag = 0;
    tty.c_lflag = 0;
    tty.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB | CRTSCTS);
    tty.c_cflag |= CS8 | CREAD | CLOCAL;
    tty.c_cc[VMIN] = 1;
    tty.c_cc[VTIME] = 0;
    cfsetspeed(&tty, B38400);
    tcflush(fd, TCIFLUSH);
    tcsetattr(fd, TCSANOW, &tty);
}

static int
isa_serial_open(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        frost_channel_set_open_error(error, path, errno);
    else
        make_raw(fd);
    return fd;
}

const FrostChannelMethod frost_isa_serial = {
    .name = "isa-serial",
    .reopens = true,
    .open = isa_serial_open,
    .awaited_path = g_strdup,
    .read = read,
    .write = write,
};
