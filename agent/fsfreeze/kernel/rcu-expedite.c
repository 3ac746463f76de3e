/* SPDX-License-Identifier: MIT */
#include "rcu-expedite.h"

#include <errno.h>

int
frost_rcu_expedite_open(FrostKernel *kernel)
{
    bool on = false;
    int fd = kernel->expedite_open(kernel, &on);

    if (fd < 0 || !on)
        return fd;
    kernel->close(kernel, fd);
    return -EALREADY;
}

/* The note comes first. After a death between the two, recovery turns off a switch that is off. */
void
frost_rcu_expedite_begin(FrostKernel *kernel, int fd, _Atomic uint32_t *note)
{
    if (fd <= 0)
        return;
    atomic_store(note, 1);
    if (kernel->expedite(kernel, fd, true) < 0)
        atomic_store(note, 0);
}

void
frost_rcu_expedite_end(FrostKernel *kernel, int fd, _Atomic uint32_t *note)
{
    if (fd <= 0 || !atomic_load(note))
        return;
    if (kernel->expedite(kernel, fd, false) == 0)
        atomic_store(note, 0);
}

void
frost_rcu_expedite_recover(FrostKernel *kernel, _Atomic uint32_t *note)
{
    bool on;
    int fd = atomic_load(note) ? kernel->expedite_open(kernel, &on) : -1;

    if (fd < 0)
        return;
    if (kernel->expedite(kernel, fd, false) == 0)
        atomic_store(note, 0);
    kernel->close(kernel, fd);
}
