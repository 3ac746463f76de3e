/* SPDX-License-Identifier: MIT */

/*
 * writer PATH - what a program that writes to a disk experiences
 *
 * Appends 4 KiB every 2 ms until its standard input ends. "ready" after the first write; at the end
 * a line "BEGAN_US TOOK_US" (CLOCK_BOOTTIME) for each write that took longer than a millisecond,
 * and last the longest of all.
 */

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_MS 2
#define BLOCK_BYTES 4096
#define LONG_US 1000
#define LONG_MAX 4096

typedef struct {
    int64_t began_us;
    int64_t took_us;
} Write;

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
write_block(int fd, const char *block, Write *out)
{
    out->began_us = now_us();
    ssize_t n = write(fd, block, BLOCK_BYTES);
    out->took_us = now_us() - out->began_us;
    return n == BLOCK_BYTES ? 0 : -1;
}

int
main(int argc, char **argv)
{
    static Write found[LONG_MAX];
    Write longest = {0};
    Write last;
    char block[BLOCK_BYTES];
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int count = 0;
    int fd = argc == 2 ? open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;

    memset(block, 'w', sizeof block);
    if (fd < 0 || write_block(fd, block, &last) < 0)
        return EXIT_FAILURE;
    puts("ready");
    fflush(stdout);
    while (poll(&input, 1, PERIOD_MS) == 0) {
        if (write_block(fd, block, &last) < 0)
            return EXIT_FAILURE;
        if (last.took_us > longest.took_us)
            longest = last;
        if (last.took_us >= LONG_US && count < LONG_MAX)
            found[count++] = last;
    }
    for (int i = 0; i < count; i++)
        printf("%lld %lld\n", (long long)found[i].began_us, (long long)found[i].took_us);
    printf("%lld %lld\n", (long long)longest.began_us, (long long)longest.took_us);
    return EXIT_SUCCESS;
}
