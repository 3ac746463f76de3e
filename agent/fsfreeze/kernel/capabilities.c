/* SPDX-License-Identifier: MIT */
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct __user_cap_header_struct Header;
typedef struct __user_cap_data_struct Sets;

/* Without the right to change the bounding set (CAP_SETPCAP) it stays: no_new_privs suffices. */
static void
empty_bounding_set(void)
{
    for (unsigned long one = 0; prctl(PR_CAPBSET_DROP, one, 0, 0, 0) == 0; one++)
        ;
}

int
frost_capabilities_keep(unsigned kept)
{
    Header header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    Sets sets[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, sets) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    empty_bounding_set();
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        uint32_t mask = i == kept / 32 ? 1u << kept % 32 : 0;

        sets[i].permitted &= mask;
        sets[i].effective &= mask;
        sets[i].inheritable = 0;
    }
    return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}
