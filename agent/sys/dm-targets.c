/* SPDX-License-Identifier: MIT */
#include "dm-targets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CONTROL "/dev/mapper/control"
#define BYTES_MAX (1u << 20)

/* Encodes a device number as the kernel does if it has more than 16 bits. */
static uint64_t
encode(dev_t device)
{
    uint64_t low = minor(device);

    return (low & 0xff) | (uint64_t)major(device) << 8 | (low & ~UINT64_C(0xff)) << 12;
}

/* The answer, with room for @bytes in all; NULL, with a negative errno in *@out_r. */
static struct dm_ioctl *
ask(int control, dev_t device, uint32_t bytes, int *out_r)
{
    struct dm_ioctl *answer = g_malloc0(bytes);

    *answer = (struct dm_ioctl){.version = {DM_VERSION_MAJOR, 0, 0},
                                .data_size = bytes,
                                .data_start = sizeof(struct dm_ioctl),
                                .flags = DM_STATUS_TABLE_FLAG | DM_NOFLUSH_FLAG,
                                .dev = encode(device)};
    *out_r = ioctl(control, DM_TABLE_STATUS, answer) < 0 ? -errno : 0;
    return answer;
}

/* False if the answer is inconsistent. */
static bool
add_types(const struct dm_ioctl *answer, uint32_t bytes, GPtrArray *types)
{
    const char *base = (const char *)answer + answer->data_start;
    uint64_t room = bytes - MIN(answer->data_start, bytes), at = 0;

    for (uint32_t i = 0; i < answer->target_count; i++) {
        struct dm_target_spec spec;

        if (at + sizeof(spec) > room)
            return false;
        memcpy(&spec, base + at, sizeof(spec));
        g_ptr_array_add(types, g_strndup(spec.target_type, sizeof(spec.target_type)));
        at = spec.next; /* of an answer: from its start */
    }
    return true;
}

int
frost_dm_targets(dev_t device, char ***out_types)
{
    int control = open(CONTROL, O_RDWR | O_CLOEXEC);
    if (control < 0)
        return -errno;

    int r = -EOVERFLOW;
    for (uint32_t bytes = 16384; r == -EOVERFLOW && bytes <= BYTES_MAX; bytes *= 8) {
        g_autofree struct dm_ioctl *answer = ask(control, device, bytes, &r);

        if (r == 0 && answer->flags & DM_BUFFER_FULL_FLAG) {
            r = -EOVERFLOW;
        } else if (r == 0) {
            g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func(g_free);

            r = add_types(answer, bytes, types) ? 0 : -EIO;
            g_ptr_array_add(types, NULL);
            if (r == 0)
                *out_types = (char **)g_ptr_array_free(g_steal_pointer(&types), FALSE);
        }
    }
    close(control);
    return r;
}
