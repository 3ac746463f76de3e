/* SPDX-License-Identifier: MIT */

/*
 * cycle SOCKET - asks an agent for a freeze, and at once for the thaw
 *
 * Prints "ANSWER ANSWER BEGAN_US FROZEN_US ENDED_US" (CLOCK_BOOTTIME). It runs in the guest: a
 * host's clock is another one.
 */

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The number that it answers; -1: an error. */
static long
ask(int fd, const char *command)
{
    char line[4096] = "";
    size_t length = 0;
    long answer;

    if (dprintf(fd, "{\"execute\": \"%s\"}\n", command) < 0)
        err(EXIT_FAILURE, "%s", command);
    while (length < sizeof line - 1 && !memchr(line, '\n', length)) {
        ssize_t n = read(fd, line + length, sizeof line - 1 - length);

        if (n <= 0)
            errx(EXIT_FAILURE, "the agent has not answered %s", command);
        length += (size_t)n;
    }
    if (sscanf(line, "{\"return\": %ld}", &answer) == 1)
        return answer;
    warnx("%s: %s", command, line);
    return -1;
}

int
main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path)
        errx(EXIT_FAILURE, "SOCKET");
    strcpy(address.sun_path, argv[1]);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        err(EXIT_FAILURE, "%s", argv[1]);

    int64_t began_us = now_us();
    long frozen = ask(fd, "guest-fsfreeze-freeze");
    int64_t frozen_us = now_us();
    long thawed = ask(fd, "guest-fsfreeze-thaw");
    printf("%ld %ld %lld %lld %lld\n", frozen, thawed, (long long)began_us, (long long)frozen_us,
           (long long)now_us());
    return EXIT_SUCCESS;
}
