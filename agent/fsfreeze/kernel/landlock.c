/* SPDX-License-Identifier: MIT */
#include "landlock.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/param.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The headers of an older kernel know nothing of them. The numbers are those of all processors. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

#define GET_VERSION 1u /* LANDLOCK_CREATE_RULESET_VERSION */

/* struct landlock_ruleset_attr. What the kernel does not know must be 0. */
typedef struct {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
} Handled;

/* What each version of the interface added: kernel's include/uapi/linux/landlock.h. */
static const Handled added[] = {
    {.files = 0x1fff},  /* 1: execute, read, write, make and remove files of every kind */
    {.files = 1 << 13}, /* 2: link and rename to another folder */
    {.files = 1 << 14}, /* 3: truncate */
    {.network = 3},     /* 4: bind and connect of TCP */
    {.files = 1 << 15}, /* 5: ioctl on devices that are opened from now on */
    {.scoped = 3},      /* 6: abstract Unix sockets, and signals, to processes outside */
};

int
frost_landlock_open(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, GET_VERSION);
    Handled all = {0};

    if (version < 0)
        return -errno;
    for (size_t i = 0; i < MIN((size_t)version, sizeof added / sizeof *added); i++) {
        all.files |= added[i].files;
        all.network |= added[i].network;
        all.scoped |= added[i].scoped;
    }
    long rules = syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    return rules < 0 ? -errno : (int)rules;
}

int
frost_landlock_restrict(int rules)
{
    return syscall(SYS_landlock_restrict_self, rules, 0) < 0 ? -errno : 0;
}
