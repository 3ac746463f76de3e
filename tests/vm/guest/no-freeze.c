/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the agent: FIFREEZE and FITHAW say that they have succeeded and do nothing. All
 * else is the agent's own. The truth test must catch it.
 */
#define _GNU_SOURCE
#include <linux/fs.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...);

int
ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (request == FIFREEZE || request == FITHAW) {
        return 0;
    }
    return (int)syscall(SYS_ioctl, fd, request, argument);
}
