/* SPDX-License-Identifier: MIT */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/param.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The headers of an older kernel know nothing of them. The numbers are those of all processors. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
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

#define PATH_BENEATH 1 /* LANDLOCK_RULE_PATH_BENEATH */
#define EXECUTE 1u
#define REMOVE_FILE (1u << 5)
#define MAKE_FILE (1u << 8)
#define MAKE_SOCKET (1u << 9)
/* To execute; to remove, make, link and rename everything. */
#define NOT_KNOWN (EXECUTE | 0x3ff0u)

/* struct landlock_path_beneath_attr */
typedef struct __attribute__((packed)) {
    uint64_t allowed;
    int32_t folder;
} Beneath;

static const uint64_t deeds[] = {
    [FROST_LANDLOCK_EXECUTE] = EXECUTE,
    [FROST_LANDLOCK_CHANGE] = REMOVE_FILE | MAKE_FILE | MAKE_SOCKET,
};

/* @wanted: of what the kernel knows. */
static int
open_rules(Handled wanted)
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
    all.files &= wanted.files;
    all.network &= wanted.network;
    all.scoped &= wanted.scoped;
    long rules = syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    return rules < 0 ? -errno : (int)rules;
}

int
frost_landlock_open(void)
{
    return open_rules((Handled){UINT64_MAX, UINT64_MAX, UINT64_MAX});
}

int
frost_landlock_open_for_known_files(void)
{
    return open_rules((Handled){.files = NOT_KNOWN, .network = UINT64_MAX});
}

int
frost_landlock_allow(int rules, const char *path, FrostLandlockDeed deed)
{
    const Beneath rule = {.allowed = deeds[deed], .folder = open(path, O_PATH | O_CLOEXEC)};

    if (rule.folder < 0)
        return -errno;
    long r = syscall(SYS_landlock_add_rule, rules, PATH_BENEATH, &rule, 0);
    int why = errno;
    close(rule.folder);
    return r < 0 ? -why : 0;
}

int
frost_landlock_restrict(int rules)
{
    return syscall(SYS_landlock_restrict_self, rules, 0) < 0 ? -errno : 0;
}
