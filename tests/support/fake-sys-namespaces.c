/* SPDX-License-Identifier: MIT */
#include "fake-sys-private.h"

/* What descriptors of namespaces begin at; those of filesystems begin at 1000. */
#define FIRST_NAMESPACE 500

typedef struct {
    uint64_t number;
    int thread; /* or a negative errno */
} FakeNamespace;

void
fake_sys_list_namespace(FakeSys *self, uint64_t number, int thread)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    FakeNamespace *one = g_new(FakeNamespace, 1);

    *one = (FakeNamespace){.number = number, .thread = thread};
    g_ptr_array_add(self->namespaces, one);
}

void
fake_namespaces_list(FrostSys *sys, FrostNamespaceVisit visit, void *user)
{
    FakeSys *self = (FakeSys *)sys;

    for (guint i = 0; i < self->namespaces->len; i++)
        visit(user, ((const FakeNamespace *)self->namespaces->pdata[i])->number,
              FIRST_NAMESPACE + (int)i);
}

int
fake_namespaces_enter(FrostSys *sys, int fd, pid_t *out_thread)
{
    FakeSys *self = (FakeSys *)sys;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);
    const FakeNamespace *one = self->namespaces->pdata[fd - FIRST_NAMESPACE];

    if (one->thread < 0)
        return one->thread;
    g_hash_table_insert(self->fds, GINT_TO_POINTER(self->next_fd), g_new0(FakeFd, 1));
    *out_thread = one->thread;
    return self->next_fd++;
}
