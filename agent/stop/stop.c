/* SPDX-License-Identifier: MIT */
#include "stop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The only global state of the program. A stop point can be anywhere, and is in no release. */
static int channel = -1;
static bool looked_for_channel;
static atomic_ulong reached;

static int
connect_to_test(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("FROST_STOP_CHANNEL");

    if (!path || strlen(path) >= sizeof address.sun_path)
        return -1;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The text after @word and a colon at the start of @text; NULL: it begins otherwise. */
static const char *
after(const char *text, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(text, word, length) != 0 || (text[length] != ':' && text[length] != '\0'))
        return NULL;
    return text[length] == ':' ? text + length + 1 : text + length;
}

static void
announce_and_wait(const char *role, const char *name)
{
    char text[64];
    ssize_t n = snprintf(text, sizeof text, "%d %s %s", (int)getpid(), role, name);

    if (send(channel, text, (size_t)n, MSG_NOSIGNAL) != n)
        return;
    do {
        n = recv(channel, text, sizeof text, 0);
    } while (n < 0 && errno == EINTR);
}

void
frost_stop_point(const char *role, const char *name)
{
    const char *wanted = getenv("FROST_STOP");
    const char *count;

    wanted = wanted ? after(wanted, role) : NULL;
    if (!wanted)
        return;
    if (!looked_for_channel)
        channel = connect_to_test();
    looked_for_channel = true;
    count = after(wanted, name);
    if (channel < 0 || !count)
        return;
    if (atomic_fetch_add(&reached, 1) + 1 == (*count ? strtoul(count, NULL, 10) : 1))
        announce_and_wait(role, name);
}
