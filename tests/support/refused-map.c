/* SPDX-License-Identifier: MIT */
#include "refused-map.h"

#include <errno.h>
#include <sys/mman.h>

#ifdef __GLIBC__
#define MMAP(prefix) prefix##mmap64
#else
#define MMAP(prefix) prefix##mmap
#endif

static unsigned refused;

void *MMAP(__real_)(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *MMAP(__wrap_)(void *address, size_t size, int protection, int flags, int fd, off_t offset);

void *
MMAP(__wrap_)(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (fd >= 0 && refused > 0) {
        refused--;
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return MMAP(__real_)(address, size, protection, flags, fd, offset);
}

void
refuse_maps(unsigned count)
{
    refused = count;
}
