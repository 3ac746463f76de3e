/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "disk-calls.h"
#include "disks.h"
#include "heap.h"

/* The first three are the standard streams, which nobody uses here. */
#define FIRST_FD 3

void *__real_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t size);

static FrostLedgerData *spare[8];
static unsigned spare_count;

Files *
files_new(void)
{
    Files *self = heap_uncounted_new(sizeof *self);

    memset(self, 0, sizeof *self);
    self->refs = 1;
    return self;
}

Files *
files_ref(Files *self)
{
    self->refs++;
    return self;
}

/* The first bytes of a file of this kind that have to be zero: not what waits to be read. */
static size_t
zeroed(FileKind kind)
{
    return kind == FILE_SOCKET   ? offsetof(OpenFile, socket.queue)
           : kind == FILE_STREAM ? offsetof(OpenFile, stream.bytes)
                                 : offsetof(OpenFile, socket) + 64;
}

OpenFile *
open_file_new(FileKind kind)
{
    bool is_large = kind == FILE_SOCKET || kind == FILE_STREAM;
    OpenFile *self = heap_uncounted_new(is_large ? sizeof *self : zeroed(kind));

    memset(self, 0, zeroed(kind));
    self->kind = kind;
    return self;
}

static void
close_socket(OpenFile *self)
{
    OpenFile *peer = self->socket.peer;

    while (self->socket.passed_count > 0)
        open_file_unref(self->socket.passed[--self->socket.passed_count]);

    if (!peer)
        return;
    peer->socket.peer = NULL;
    /* What was not read is lost, and the other side is told so. */
    peer->socket.reset = self->socket.head != self->socket.tail;
}

void
open_file_unref(OpenFile *self)
{
    if (--self->refs > 0)
        return;
    if (self->kind == FILE_SOCKET)
        close_socket(self);
    else if (self->kind == FILE_STREAM && self->stream.peer)
        self->stream.peer->stream.peer = NULL;
    else if (self->kind == FILE_DISK)
        disks_close(self->disk);
    else if (self->kind == FILE_LEDGER) {
        if (self->ledger->locked_by == self)
            self->ledger->locked_by = NULL;
        ledger_file_unref(self->ledger);
    }
    heap_uncounted_free(self);
}

void
files_unref(Files *self)
{
    if (!self || --self->refs > 0)
        return;
    for (int fd = FIRST_FD; fd < FILES_MAX; fd++)
        files_close(self, fd);
    heap_uncounted_free(self);
}

Files *
files_copy(const Files *self)
{
    Files *copy = files_new();

    for (int fd = FIRST_FD; fd < FILES_MAX; fd++) {
        copy->open[fd] = self->open[fd];
        copy->close_on_exec[fd] = self->close_on_exec[fd];
        if (copy->open[fd])
            copy->open[fd]->refs++;
    }
    return copy;
}

void
files_close_for_exec(Files *self)
{
    for (int fd = FIRST_FD; fd < FILES_MAX; fd++) {
        if (self->close_on_exec[fd])
            files_close(self, fd);
    }
}

int
files_install(Files *self, OpenFile *file, bool close_on_exec)
{
    for (int fd = FIRST_FD; fd < FILES_MAX; fd++) {
        if (!self->open[fd]) {
            self->open[fd] = file;
            self->close_on_exec[fd] = close_on_exec;
            file->refs++;
            return fd;
        }
    }
    file->refs++;
    open_file_unref(file);
    return -EMFILE;
}

OpenFile *
files_get(const Files *self, int fd)
{
    return fd >= FIRST_FD && fd < FILES_MAX ? self->open[fd] : NULL;
}

int
files_close(Files *self, int fd)
{
    OpenFile *file = files_get(self, fd);

    if (!file)
        return -EBADF;
    self->open[fd] = NULL;
    self->close_on_exec[fd] = false;
    open_file_unref(file);
    return 0;
}

unsigned
files_count(const Files *self)
{
    unsigned count = 0;

    for (int fd = FIRST_FD; fd < FILES_MAX; fd++)
        count += self->open[fd] != NULL;
    return count;
}

bool
files_hold_ledger(const Files *self, const LedgerFile *ledger)
{
    for (int fd = FIRST_FD; fd < FILES_MAX; fd++) {
        const OpenFile *file = self->open[fd];

        if (file && file->kind == FILE_LEDGER && file->ledger == ledger)
            return true;
    }
    return false;
}

bool
open_file_put(OpenFile *self, const void *bytes, size_t size)
{
    Packet *packet = &self->socket.queue[self->socket.tail % SOCKET_ROOM];

    if (self->socket.tail - self->socket.head == SOCKET_ROOM || size > sizeof packet->bytes)
        return false;
    packet->size = (unsigned)size;
    memcpy(packet->bytes, bytes, size);
    self->socket.tail++;
    return true;
}

ssize_t
open_file_take(OpenFile *self, void *bytes, size_t size)
{
    const Packet *packet = &self->socket.queue[self->socket.head % SOCKET_ROOM];

    if (self->socket.head == self->socket.tail)
        return -1;
    size = packet->size < size ? packet->size : size;
    memcpy(bytes, packet->bytes, size);
    self->socket.head++;
    return (ssize_t)size;
}

short
open_file_events(const OpenFile *self, const Process *who)
{
    bool in = false;

    switch (self->kind) {
    case FILE_SOCKET:
        in = self->socket.head != self->socket.tail || !self->socket.peer || self->socket.reset;
        return (short)((in ? POLLIN : 0) | (self->socket.peer ? 0 : POLLHUP) | POLLOUT);
    case FILE_STREAM:
        in = self->stream.length > 0 || !self->stream.peer;
        return (short)((in ? POLLIN : 0) | (self->stream.peer ? 0 : POLLHUP) | POLLOUT);
    case FILE_EVENT:
        in = self->count > 0;
        break;
    case FILE_TIMER:
        in = self->timer.rung ||
             (self->timer.due_us != 0 && world_boottime_us() >= self->timer.due_us);
        break;
    case FILE_SIGNAL:
        in = who->term_is_pending;
        break;
    case FILE_PROCESS:
        in = self->process->zombie;
        break;
    case FILE_LEDGER:
    case FILE_DISK:
    case FILE_TEXT:
        in = true;
        break;
    }
    return in ? POLLIN : 0;
}

FrostLedgerData *
ledger_in_use(void)
{
    if (world->in_memory && atomic_load(&world->in_memory->data->active))
        return world->in_memory->data;
    return world->ledger->data;
}

LedgerFile *
ledger_file_new(void)
{
    LedgerFile *self = heap_uncounted_new(sizeof *self);

    memset(self, 0, sizeof *self);
    self->refs = 1;
    if (spare_count > 0)
        self->data = spare[--spare_count];
    else
        self->data = __real_mmap64(NULL, sizeof *self->data, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (self->data == MAP_FAILED)
        abort();
    return self;
}

/* Only what may have been used: all of it is more than half a MiB. */
static void
wipe(FrostLedgerData *data)
{
    memset(data, 0, offsetof(FrostLedgerData, hooks) + 4 * sizeof(FrostLedgerHook));
    memset(data->filesystems, 0, (DISKS_MAX + 2) * sizeof(FrostLedgerFs));
}

void
ledger_file_unref(LedgerFile *self)
{
    if (--self->refs > 0)
        return;
    wipe(self->data);
    if (spare_count < sizeof spare / sizeof *spare)
        spare[spare_count++] = self->data;
    else
        __real_munmap(self->data, sizeof *self->data);
    heap_uncounted_free(self);
}
