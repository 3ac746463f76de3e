/* SPDX-License-Identifier: MIT */

/*
 * writer PATH [fsync|stream] - what a program that writes to a disk experiences
 *
 * Until its standard input ends: appends 4 KiB every 2 ms; or, with fsync, appends 4 KiB and calls
 * fdatasync every 5 ms; or, with stream, writes 40 MB a second, from the start again after a GiB.
 * "ready" after the first write; at the end a line "BEGAN_US TOOK_US" (CLOCK_BOOTTIME) for each
 * write that took longer than a millisecond (fsync: for each), and last the longest of all.
 */

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_MAX_BYTES 1000000
#define RECORDED_MAX 65536

typedef struct {
    const char *name;
    int period_ms;
    size_t block_bytes;
    off_t again_bytes; /* after so many from the start; 0: never */
    bool sync;
    int64_t recorded_us; /* writes that took as long as this are told */
} Kind;

static const Kind kinds[] = {
    {"plain", 2, 4096, 0, false, 1000},
    {"fsync", 5, 4096, 0, true, 0},
    {"stream", 25, BLOCK_MAX_BYTES, 1 << 30, false, 1000},
};

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

static const Kind *
kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static int
write_block(int fd, const Kind *kind, Write *out)
{
    static char block[BLOCK_MAX_BYTES];

    memset(block, 'w', kind->block_bytes);
    if (kind->again_bytes && lseek(fd, 0, SEEK_CUR) >= kind->again_bytes)
        lseek(fd, 0, SEEK_SET);
    out->began_us = now_us();
    ssize_t n = write(fd, block, kind->block_bytes);
    if (kind->sync && fdatasync(fd) < 0)
        return -1;
    out->took_us = now_us() - out->began_us;
    return n == (ssize_t)kind->block_bytes ? 0 : -1;
}

int
main(int argc, char **argv)
{
    static Write found[RECORDED_MAX];
    Write longest = {0};
    Write last;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int count = 0;
    const Kind *kind = kind_of(argc == 3 ? argv[2] : "plain");
    int fd = argc >= 2 && kind ? open(argv[1], O_WRONLY | O_CREAT, 0600) : -1;

    if (fd < 0 || lseek(fd, 0, SEEK_END) < 0 || write_block(fd, kind, &last) < 0)
        return EXIT_FAILURE;
    puts("ready");
    fflush(stdout);
    while (poll(&input, 1, kind->period_ms) == 0) {
        if (write_block(fd, kind, &last) < 0)
            return EXIT_FAILURE;
        if (last.took_us > longest.took_us)
            longest = last;
        if (last.took_us >= kind->recorded_us && count < RECORDED_MAX)
            found[count++] = last;
    }
    for (int i = 0; i < count; i++)
        printf("%lld %lld\n", (long long)found[i].began_us, (long long)found[i].took_us);
    printf("%lld %lld\n", (long long)longest.began_us, (long long)longest.took_us);
    return EXIT_SUCCESS;
}
