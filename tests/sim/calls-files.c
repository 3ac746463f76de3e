/* SPDX-License-Identifier: MIT */

/*
 * Descriptors, and what is read from them and written to them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "calls.h"

#define BOOT_ID "01234567-89ab-cdef-0123-456789abcdef"

int __wrap_open64(const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);
ssize_t __wrap_pread64(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *buffer, size_t size, off_t offset);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_fstat64(int fd, struct stat *out);
int __wrap_fstatfs64(int fd, struct statfs *out);
int __wrap_flock(int fd, int operation);
int __wrap_posix_fallocate64(int fd, off_t offset, off_t length);
int __wrap_memfd_create(const char *name, unsigned flags);
void *__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *address, size_t size);
int __wrap_eventfd(unsigned value, int flags);
int __wrap_eventfd_read(int fd, eventfd_t *out);
int __wrap_eventfd_write(int fd, eventfd_t value);
int __wrap_timerfd_create(clockid_t clock, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *value,
                           struct itimerspec *old);
int __wrap_signalfd(int fd, const sigset_t *mask, int flags);
int __wrap_socketpair(int domain, int type, int protocol, int pair[2]);
ssize_t __wrap_send(int fd, const void *buffer, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t size, int flags);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
int __wrap_frost_descriptors_send(int socket, const int *fds, unsigned count);
int __wrap_frost_descriptors_receive(int socket, int *out_fds, unsigned count);

long __real_syscall(long number, ...);

/* libglib calls these, too, for the bell of each main loop. */
ssize_t read(int fd, void *buffer, size_t size);
ssize_t write(int fd, const void *buffer, size_t size);
int eventfd(unsigned value, int flags);
int close(int fd);

static bool
is_ledger(const char *path)
{
    return strstr(path, "/" FROST_LEDGER_NAME) != NULL;
}

static int
open_ledger(LedgerFile *ledger)
{
    OpenFile *file = open_file_new(FILE_LEDGER);

    file->ledger = ledger;
    ledger->refs++;
    return install(file, true);
}

static const char *
text_of(const char *path)
{
    if (strcmp(path, "/proc/sys/kernel/random/boot_id") == 0)
        return BOOT_ID "\n";
    if (strcmp(path, "/proc/self/oom_score_adj") == 0)
        return "0\n";
    return NULL;
}

/* Through /proc/self/fd: the same file, opened once more. */
static int
open_again(int fd)
{
    OpenFile *file = own_file(fd, FILE_LEDGER);

    if (!file || is_refused(TROUBLE_OPEN))
        return -1;
    return open_ledger(file->ledger);
}

int
__wrap_open64(const char *path, int flags, ...)
{
    int fd;

    must_not_be_sealed("open");
    schedule_yield();
    if (sscanf(path, "/proc/self/fd/%d", &fd) == 1)
        return open_again(fd);
    if (is_ledger(path)) {
        if (is_refused(TROUBLE_OPEN))
            return -1;
        return open_ledger(world->ledger);
    }
    if (!text_of(path)) {
        errno = ENOENT;
        return -1;
    }
    OpenFile *file = open_file_new(FILE_TEXT);
    file->text = text_of(path);
    return install(file, true);
}

int
__wrap_close(int fd)
{
    return answer_errno(files_close(own_files(), fd));
}

int
close(int fd)
{
    return world && world->current ? __wrap_close(fd) : (int)__real_syscall(SYS_close, fd);
}

static ssize_t
read_event(OpenFile *file, void *buffer)
{
    if (file->count == 0) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(buffer, &file->count, sizeof file->count);
    file->count = 0;
    return sizeof file->count;
}

static ssize_t
read_timer(OpenFile *file, void *buffer)
{
    const uint64_t rings = 1;

    if (!(open_file_events(file, NULL) & POLLIN)) {
        errno = EAGAIN;
        return -1;
    }
    file->timer.due_us = 0;
    file->timer.rung = false;
    memcpy(buffer, &rings, sizeof rings);
    return sizeof rings;
}

static ssize_t
read_signal(void *buffer)
{
    Process *self = world->current->process;
    struct signalfd_siginfo *info = buffer;

    if (!self->term_is_pending) {
        errno = EAGAIN;
        return -1;
    }
    self->term_is_pending = false;
    *info = (struct signalfd_siginfo){
        .ssi_signo = SIGTERM, .ssi_code = self->term_code, .ssi_int = self->term_value};
    return sizeof *info;
}

static ssize_t
read_now(int fd, void *buffer, size_t size)
{
    OpenFile *file = files_get(own_files(), fd);

    if (file && file->kind == FILE_EVENT)
        return read_event(file, buffer);
    if (file && file->kind == FILE_TIMER)
        return read_timer(file, buffer);
    if (file && file->kind == FILE_SIGNAL)
        return read_signal(buffer);
    if (file && file->kind == FILE_SOCKET)
        return __wrap_recv(fd, buffer, size, 0);
    if (file && file->kind == FILE_STREAM)
        return stream_read(file, fd, buffer, size, 0);
    if (file && file->kind == FILE_TEXT) {
        size_t length = MIN(strlen(file->text), size);

        memcpy(buffer, file->text, length);
        return (ssize_t)length;
    }
    errno = EBADF;
    return -1;
}

ssize_t
__wrap_read(int fd, void *buffer, size_t size)
{
    schedule_yield();
    return read_now(fd, buffer, size);
}

ssize_t
__wrap_write(int fd, const void *buffer, size_t size)
{
    OpenFile *file = files_get(own_files(), fd);

    if (file && file->kind == FILE_STREAM)
        return stream_write(file, buffer, size);
    if (file && file->kind == FILE_EVENT)
        file->count++;
    if (file)
        return (ssize_t)size;
    errno = EBADF;
    return -1;
}

ssize_t
__wrap_pread64(int fd, void *buffer, size_t size, off_t offset)
{
    OpenFile *file = own_file(fd, FILE_LEDGER);

    if (!file)
        return -1;
    if ((size_t)offset >= file->ledger->size)
        return 0;
    size = MIN(size, file->ledger->size - (size_t)offset);
    memcpy(buffer, (const char *)file->ledger->data + offset, size);
    return (ssize_t)size;
}

ssize_t
__wrap_pwrite64(int fd, const void *buffer, size_t size, off_t offset)
{
    OpenFile *file = own_file(fd, FILE_LEDGER);

    if (!file)
        return -1;
    schedule_yield();
    memcpy((char *)file->ledger->data + offset, buffer, size);
    return (ssize_t)size;
}

/* It reads while it holds a lock: nobody else may run. */
ssize_t
read(int fd, void *buffer, size_t size)
{
    return world && world->current ? read_now(fd, buffer, size)
                                   : (ssize_t)__real_syscall(SYS_read, fd, buffer, size);
}

ssize_t
write(int fd, const void *buffer, size_t size)
{
    return world && world->current ? __wrap_write(fd, buffer, size)
                                   : (ssize_t)__real_syscall(SYS_write, fd, buffer, size);
}

int
__wrap_fcntl64(int fd, int command, ...)
{
    Files *files = own_files();
    va_list args;

    va_start(args, command);
    int argument = va_arg(args, int);
    va_end(args);
    if (!files_get(files, fd)) {
        errno = EBADF;
        return -1;
    }
    if (command == F_SETFD)
        files->close_on_exec[fd] = argument & FD_CLOEXEC;
    return command == F_GETFD ? files->close_on_exec[fd] : 0;
}

int
__wrap_fstat64(int fd, struct stat *out)
{
    OpenFile *file = own_file(fd, FILE_LEDGER);

    if (!file)
        return -1;
    *out = (struct stat){.st_mode = S_IFREG | 0600,
                         .st_uid = geteuid(),
                         .st_dev = 99,
                         .st_ino = 7,
                         .st_size = (off_t)file->ledger->size};
    return 0;
}

int
__wrap_fstatfs64(int fd, struct statfs *out)
{
    if (!own_file(fd, FILE_LEDGER))
        return -1;
    *out = (struct statfs){.f_type = TMPFS_MAGIC};
    return 0;
}

int
__wrap_flock(int fd, int operation)
{
    OpenFile *file = own_file(fd, FILE_LEDGER);

    if (!file)
        return -1;
    schedule_yield();
    LedgerFile *ledger = file->ledger;
    if (operation & LOCK_UN) {
        if (ledger->locked_by == file)
            ledger->locked_by = NULL;
        return 0;
    }
    while (ledger->locked_by && ledger->locked_by != file) {
        if (operation & LOCK_NB) {
            errno = EWOULDBLOCK;
            return -1;
        }
        schedule_wait(WAIT_LOCK, ledger, -1);
    }
    ledger->locked_by = file;
    return 0;
}

int
__wrap_posix_fallocate64(int fd, off_t offset, off_t length)
{
    OpenFile *file = own_file(fd, FILE_LEDGER);
    size_t end = (size_t)(offset + length);

    if (!file || end <= file->ledger->size)
        return file ? 0 : EBADF;
    int why = trouble_refuses(TROUBLE_ROOM);
    if (why == 0)
        file->ledger->size = end;
    return why;
}

int
__wrap_memfd_create(const char *name, unsigned flags)
{
    LedgerFile *ledger = ledger_file_new();
    int fd = open_ledger(ledger);

    if (world->in_memory)
        ledger_file_unref(world->in_memory);
    world->in_memory = ledger;
    return fd;
}

void *
__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    OpenFile *file = own_file(fd, FILE_LEDGER);

    schedule_yield();
    if (!file || is_refused(TROUBLE_MAP))
        return MAP_FAILED;
    return file->ledger->data;
}

int
__wrap_munmap(void *address, size_t size)
{
    return 0;
}

int
__wrap_eventfd(unsigned value, int flags)
{
    must_not_be_sealed("eventfd");
    if (is_refused(TROUBLE_EVENT))
        return -1;
    return install(open_file_new(FILE_EVENT), flags & EFD_CLOEXEC);
}

int
eventfd(unsigned value, int flags)
{
    if (world && world->current)
        return install(open_file_new(FILE_EVENT), true);
    return (int)__real_syscall(SYS_eventfd2, value, flags);
}

int
__wrap_eventfd_read(int fd, eventfd_t *out)
{
    return __wrap_read(fd, out, sizeof *out) < 0 ? -1 : 0;
}

int
__wrap_eventfd_write(int fd, eventfd_t value)
{
    OpenFile *file = own_file(fd, FILE_EVENT);

    if (!file)
        return -1;
    schedule_yield();
    file->count += value;
    return 0;
}

int
__wrap_timerfd_create(clockid_t clock, int flags)
{
    if (is_refused(TROUBLE_EVENT))
        return -1;
    return install(open_file_new(FILE_TIMER), flags & TFD_CLOEXEC);
}

int
__wrap_timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
    OpenFile *file = own_file(fd, FILE_TIMER);

    if (!file)
        return -1;
    file->timer.due_us =
        (int64_t)value->it_value.tv_sec * SECOND_US + value->it_value.tv_nsec / 1000;
    file->timer.rung = false;
    return 0;
}

int
__wrap_signalfd(int fd, const sigset_t *mask, int flags)
{
    if (is_refused(TROUBLE_EVENT))
        return -1;
    return install(open_file_new(FILE_SIGNAL), flags & SFD_CLOEXEC);
}

static void
packet_pair_new(OpenFile *out_pair[2])
{
    for (unsigned i = 0; i < 2; i++)
        out_pair[i] = open_file_new(FILE_SOCKET);
    for (unsigned i = 0; i < 2; i++)
        out_pair[i]->socket.peer = out_pair[1 - i];
}

/* Of packets of one size between agent and freezer, of bytes between agent and parser. */
int
__wrap_socketpair(int domain, int type, int protocol, int pair[2])
{
    OpenFile *files[2];

    must_not_be_sealed("socketpair");
    schedule_yield();
    if (is_refused(TROUBLE_SOCKET))
        return -1;
    if ((type & ~SOCK_CLOEXEC) == SOCK_STREAM)
        stream_pair_new(files);
    else
        packet_pair_new(files);
    for (unsigned i = 0; i < 2; i++)
        pair[i] = install(files[i], type & SOCK_CLOEXEC);
    return 0;
}

ssize_t
__wrap_send(int fd, const void *buffer, size_t size, int flags)
{
    OpenFile *file = own_file(fd, FILE_SOCKET);

    if (!file)
        return -1;
    schedule_yield();
    OpenFile *peer = file->socket.peer;
    if (!peer || is_refused(TROUBLE_SEND)) {
        errno = peer ? errno : EPIPE;
        return -1;
    }
    if (open_file_put(peer, buffer, size))
        return (ssize_t)size;
    errno = EAGAIN;
    return -1;
}

/* Bytes to a parser; or one byte, with descriptors. */
ssize_t
__wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    OpenFile *stream = own_file(fd, FILE_STREAM);

    if (stream)
        return stream_send(stream, message);
    const struct cmsghdr *head = CMSG_FIRSTHDR(message);
    unsigned count = (unsigned)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    int fds[DISKS_MAX];

    memcpy(fds, CMSG_DATA(head), count * sizeof(int));
    ssize_t sent = __wrap_send(fd, message->msg_iov->iov_base, message->msg_iov->iov_len, flags);
    if (sent > 0 && __wrap_frost_descriptors_send(fd, fds, count) < 0)
        abort();
    return sent;
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    OpenFile *file = own_file(fd, FILE_SOCKET);

    while (!(flags & MSG_DONTWAIT) && !(readable.revents & (POLLIN | POLLHUP)))
        __wrap_poll(&readable, 1, -1);
    ssize_t taken = open_file_take(file, message->msg_iov->iov_base, message->msg_iov->iov_len);
    if (taken < 0)
        return 0;
    unsigned count = file->socket.passed_count;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(count * sizeof(int));
    int fds[DISKS_MAX];
    __wrap_frost_descriptors_receive(fd, fds, count);
    memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    return taken;
}

int
__wrap_frost_descriptors_send(int socket, const int *fds, unsigned count)
{
    OpenFile *file = own_file(socket, FILE_SOCKET);
    OpenFile *peer = file ? file->socket.peer : NULL;

    if (!peer)
        return -EPIPE;
    if (peer->socket.passed_count + count > DISKS_MAX)
        return -EAGAIN;
    for (unsigned i = 0; i < count; i++) {
        OpenFile *passed = files_get(own_files(), fds[i]);

        passed->refs++;
        peer->socket.passed[peer->socket.passed_count++] = passed;
    }
    return 0;
}

int
__wrap_frost_descriptors_receive(int socket, int *out_fds, unsigned count)
{
    OpenFile *file = own_file(socket, FILE_SOCKET);

    if (!file || file->socket.passed_count != count)
        return -EBADMSG;
    for (unsigned i = 0; i < count; i++) {
        out_fds[i] = files_install(own_files(), file->socket.passed[i], true);
        open_file_unref(file->socket.passed[i]);
    }
    file->socket.passed_count = 0;
    return 0;
}

ssize_t
__wrap_recv(int fd, void *buffer, size_t size, int flags)
{
    OpenFile *stream = own_file(fd, FILE_STREAM);

    if (stream)
        return stream_read(stream, fd, buffer, size, flags);
    OpenFile *file = own_file(fd, FILE_SOCKET);

    if (!file)
        return -1;
    schedule_yield();
    if (file->socket.reset) {
        file->socket.reset = false;
        errno = ECONNRESET;
        return -1;
    }
    ssize_t taken = open_file_take(file, buffer, size);
    if (taken >= 0 || !file->socket.peer)
        return MAX(taken, 0);
    errno = EAGAIN;
    return -1;
}
