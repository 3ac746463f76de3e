/* SPDX-License-Identifier: MIT */
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct __user_cap_header_struct Header;
typedef struct __user_cap_data_struct Sets;

static int
set(uint64_t rights)
{
    Header header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    Sets sets[_LINUX_CAPABILITY_U32S_3] = {{0}};

    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        sets[i].permitted = sets[i].effective = (uint32_t)(rights >> 32 * i);
    return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

static int
get(uint64_t *out_rights)
{
    Header header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    Sets sets[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, sets) < 0)
        return -errno;
    *out_rights = (uint64_t)sets[1].permitted << 32 | sets[0].permitted;
    return 0;
}

/* The kernel refuses a set that has more than the thread had. That is rare, so it is asked first.
 */
int
frost_capabilities_keep(uint64_t kept)
{
    uint64_t had = 0;
    int r = set(kept);

    if (r != -EPERM)
        return r;
    r = get(&had);
    return r < 0 ? r : set(had & kept);
}

int
frost_capabilities_bound(uint64_t kept)
{
    for (unsigned long one = 0; one < 64; one++) {
        if (kept & FROST_CAPABILITY(one) || prctl(PR_CAPBSET_DROP, one, 0, 0, 0) == 0)
            continue;
        return errno == EINVAL ? 0 : -errno; /* EINVAL: the kernel has no more */
    }
    return 0;
}

int
frost_capabilities_bar_new(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
