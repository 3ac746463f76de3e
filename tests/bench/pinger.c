/* SPDX-License-Identifier: MIT */

/*
 * pinger ping SOCKET COUNT        nanoseconds: median round trip of guest-ping
 * pinger pipeline SOCKET COUNT    nanoseconds: time for each when all are sent without waiting
 * pinger start SOCKET PROGRAM...  nanoseconds: from fork to the first answer of PROGRAM, which is
 *                                 killed then
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_LIMIT_NS (10 * INT64_C(1000000000))
#define BATCH 512

static const char ping[] = "{\"execute\":\"guest-ping\"}\n";
#define PING_BYTES (sizeof ping - 1)

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void
fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void
ping_once(int fd)
{
    char answer[256];

    if (write(fd, ping, PING_BYTES) != (ssize_t)PING_BYTES)
        fail("write");
    ssize_t n = read(fd, answer, sizeof answer);
    if (n <= 0 || answer[n - 1] != '\n' || !memmem(answer, (size_t)n, "return", 6))
        fail("answer");
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int64_t
round_trip(int fd, size_t count)
{
    int64_t *took = calloc(count, sizeof *took);

    for (size_t i = 0; i < count; i++) {
        int64_t began = now_ns();
        ping_once(fd);
        took[i] = now_ns() - began;
    }
    qsort(took, count, sizeof *took, compare);
    int64_t median = took[count / 2];
    free(took);
    return median;
}

static size_t
count_lines(int fd)
{
    char data[65536];
    ssize_t n = read(fd, data, sizeof data);
    size_t lines = 0;

    if (n <= 0)
        fail("read");
    for (ssize_t i = 0; i < n; i++)
        lines += data[i] == '\n';
    return lines;
}

static int64_t
pipelined(int fd, size_t count)
{
    static char batch[BATCH * (sizeof ping - 1)];
    size_t left = count * PING_BYTES; /* bytes not yet sent */
    size_t answered = 0;

    for (size_t i = 0; i < BATCH; i++)
        memcpy(batch + i * PING_BYTES, ping, PING_BYTES);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    int64_t began = now_ns();
    while (answered < count) {
        struct pollfd wait = {.fd = fd, .events = (short)(left ? POLLIN | POLLOUT : POLLIN)};

        poll(&wait, 1, -1);
        if (wait.revents & POLLOUT) {
            size_t at = (count * PING_BYTES - left) % PING_BYTES;
            size_t part = sizeof batch - at < left ? sizeof batch - at : left;
            ssize_t n = write(fd, batch + at, part);
            left -= n > 0 ? (size_t)n : 0;
        }
        if (wait.revents & (POLLIN | POLLHUP))
            answered += count_lines(fd);
    }
    return (now_ns() - began) / (int64_t)count;
}

static int64_t
start(const char *path, char **argv)
{
    int64_t began = now_ns();
    pid_t pid = fork();
    int fd;

    if (pid == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    while ((fd = connect_to(path)) < 0) {
        if (now_ns() - began > START_LIMIT_NS || waitpid(pid, NULL, WNOHANG) != 0)
            fail("the agent does not listen");
        nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
    }
    ping_once(fd);
    int64_t took = now_ns() - began;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    unlink(path);
    return took;
}

int
main(int argc, char **argv)
{
    int64_t result;

    if (argc < 4)
        return EXIT_FAILURE;
    if (strcmp(argv[1], "start") == 0) {
        result = start(argv[2], argv + 3);
    } else {
        int fd = connect_to(argv[2]);
        if (fd < 0)
            fail(argv[2]);
        size_t count = strtoul(argv[3], NULL, 10);
        result = strcmp(argv[1], "ping") == 0 ? round_trip(fd, count) : pipelined(fd, count);
    }
    printf("%lld\n", (long long)result);
    return EXIT_SUCCESS;
}
