/* SPDX-License-Identifier: MIT */

/*
 * jumping-clock.c - preloaded, it makes CLOCK_REALTIME worthless: a year ahead, then a year behind,
 * with each look at it; if JUMPING_CLOCK_FLEES is set, a year further ahead with each look. Every
 * other clock is the kernel's.
 */

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define YEAR_S (366 * 24 * 3600)

static atomic_uint looks;

static time_t
jump(void)
{
    unsigned look = atomic_fetch_add(&looks, 1);

    if (getenv("JUMPING_CLOCK_FLEES"))
        return (time_t)(1 + look) * YEAR_S;
    return look % 2 == 0 ? YEAR_S : -YEAR_S;
}

int
clock_gettime(clockid_t id, struct timespec *out)
{
    int r = (int)syscall(SYS_clock_gettime, id, out);

    if (r == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        out->tv_sec += jump();
    return r;
}

int
gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    int r = clock_gettime(CLOCK_REALTIME, &now);

    (void)zone;
    if (r == 0)
        *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return r;
}

time_t
time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
