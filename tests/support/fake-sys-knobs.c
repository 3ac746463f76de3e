/* SPDX-License-Identifier: MIT */
#include "fake-sys-private.h"

#include <errno.h>

/* A descriptor is the number of the device among all, times the number of knobs, plus the knob. */
#define FIRST_KNOB 600000

const uint32_t fake_knobs_normal[FROST_KNOBS] = {
    [FROST_KNOB_REQUESTS] = 256, [FROST_KNOB_KIB] = 1280};

static FakeDevice *
device_of(const FakeSys *self, int fd)
{
    unsigned index = (unsigned)(fd - FIRST_KNOB) / FROST_KNOBS;

    return index < self->devices->len ? g_ptr_array_index(self->devices, index) : NULL;
}

bool
fake_knob_close(FakeSys *self, int fd)
{
    if (fd < FIRST_KNOB || self->knobs_opened == 0)
        return false;
    self->knobs_opened--;
    return true;
}

/* Partitions and what stands on others have none. */
int
fake_kernel_open_knob(FrostKernel *kernel, uint64_t number, FrostKnob knob)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    const FakeDevice *device = fake_device_find(self, (dev_t)number);
    guint index;

    if (self->knob_error)
        return -self->knob_error;
    if (!device || device->disk || device->below->len > 0 || device->unplugged ||
        !g_ptr_array_find(self->devices, device, &index))
        return -ENOENT;
    self->knobs_opened++;
    return FIRST_KNOB + (int)(index * FROST_KNOBS) + (int)knob;
}

int
fake_kernel_read_knob(FrostKernel *kernel, int fd, uint32_t *out_value)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    const FakeDevice *device = device_of(self, fd);

    if (!device || device->unplugged)
        return -ENODEV;
    *out_value = device->knobs[(fd - FIRST_KNOB) % FROST_KNOBS];
    return 0;
}

int
fake_kernel_turn_knob(FrostKernel *kernel, int fd, uint32_t value)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeDevice *device = device_of(self, fd);

    if (!device || self->knobs_opened == 0)
        fake_sys_violation(self, "a knob is turned through descriptor %d", fd);
    if (!device || device->unplugged)
        return -ENODEV;
    device->knobs[(fd - FIRST_KNOB) % FROST_KNOBS] = value;
    return 0;
}

/* Counted as one of the knobs. */
int
fake_kernel_open_dirty_memory(FrostKernel *kernel)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->knobs_opened++;
    return FIRST_KNOB;
}

uint64_t
fake_kernel_dirty_memory(FrostKernel *kernel, int fd)
{
    FakeSys *self = (FakeSys *)kernel;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return self->dirty;
}

void
fake_sys_set_dirty(FakeSys *self, uint64_t bytes)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->dirty = bytes;
}

void
fake_sys_fail_knobs(FakeSys *self, int error)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->knob_error = error;
}

uint32_t
fake_sys_knob(FakeSys *self, dev_t device, FrostKnob knob)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return fake_device_find(self, device)->knobs[knob];
}

void
fake_sys_set_knob(FakeSys *self, dev_t device, FrostKnob knob, uint32_t value)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    fake_device_find(self, device)->knobs[knob] = value;
}

bool
fake_sys_knobs_are_normal(FakeSys *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    for (guint i = 0; i < self->devices->len; i++) {
        const FakeDevice *device = g_ptr_array_index(self->devices, i);

        for (int knob = 0; knob < FROST_KNOBS; knob++) {
            if (device->knobs[knob] != fake_knobs_normal[knob])
                return false;
        }
    }
    return true;
}
