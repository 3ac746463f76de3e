/* SPDX-License-Identifier: MIT */

/*
 * bare THREADS FOLDER... - what the kernel alone takes for a freeze and a thaw
 *
 * The threads are there and the folders open before the time begins. Prints "FREEZE_US THAW_US".
 */

#include <err.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

#define THREADS_MAX 64

typedef struct {
    const int *fds;
    unsigned count;
    pthread_barrier_t begin, end;
    atomic_uint next;
    unsigned long request;
} Work;

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void *
take_part(void *data)
{
    Work *work = data;

    for (;;) {
        pthread_barrier_wait(&work->begin);
        for (unsigned i; (i = atomic_fetch_add(&work->next, 1)) < work->count;) {
            if (ioctl(work->fds[i], work->request, 0) != 0)
                err(EXIT_FAILURE, "filesystem %u", i);
        }
        pthread_barrier_wait(&work->end);
    }
    return NULL;
}

static int64_t
time_us(Work *work, unsigned long request)
{
    int64_t begun_us = now_us();

    work->request = request;
    atomic_store(&work->next, 0);
    pthread_barrier_wait(&work->begin);
    pthread_barrier_wait(&work->end);
    return now_us() - begun_us;
}

int
main(int argc, char **argv)
{
    unsigned threads = argc > 2 ? (unsigned)atoi(argv[1]) : 0;
    int *fds = calloc((size_t)argc, sizeof *fds);
    Work work = {.fds = fds, .count = (unsigned)argc - 2};

    if (!fds || threads == 0 || threads > THREADS_MAX)
        errx(EXIT_FAILURE, "THREADS FOLDER...");
    for (unsigned i = 0; i < work.count; i++) {
        fds[i] = open(argv[i + 2], O_RDONLY | O_CLOEXEC);
        if (fds[i] < 0)
            err(EXIT_FAILURE, "%s", argv[i + 2]);
    }
    pthread_barrier_init(&work.begin, NULL, threads + 1);
    pthread_barrier_init(&work.end, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, take_part, &work) != 0)
            errx(EXIT_FAILURE, "no more threads");
    }
    int64_t freeze_us = time_us(&work, FIFREEZE);
    int64_t thaw_us = time_us(&work, FITHAW);
    printf("%jd %jd\n", (intmax_t)freeze_us, (intmax_t)thaw_us);
    exit(EXIT_SUCCESS);
}
