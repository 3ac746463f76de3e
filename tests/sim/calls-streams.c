/* SPDX-License-Identifier: MIT */

/*
 * The link between agent and parser: a pair of stream sockets. And what else only a parser calls.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "calls.h"
#include "oracle.h"
#include "parser-seal.h"
#include "parser-wire.h"
#include "stop.h"

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __wrap_sched_getcpu(void);
int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int __wrap_malloc_trim(size_t pad);
void __wrap_frost_parser_seal(FrostParserLacks *out);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

void
stream_pair_new(OpenFile *out_pair[2])
{
    for (unsigned i = 0; i < 2; i++)
        out_pair[i] = open_file_new(FILE_STREAM);
    for (unsigned i = 0; i < 2; i++)
        out_pair[i]->stream.peer = out_pair[1 - i];
}

static void
await_bytes(const OpenFile *file, int fd)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    int64_t patience_us = file->stream.patience_us;

    __wrap_poll(&readable, 1, patience_us > 0 ? (int)(patience_us / 1000) : -1);
}

/* As one that is slow would. */
static void
be_slow(Process *process)
{
    int64_t until_us = world->now_us + process->delay_us;

    if (process->delay_us > 0)
        schedule_wait(WAIT_TIME, NULL, until_us);
    process->delay_us = 0;
}

ssize_t
stream_read(OpenFile *file, int fd, void *out, size_t size, int flags)
{
    Process *process = world->current->process;

    if (!(flags & MSG_DONTWAIT))
        await_bytes(file, fd);
    if (process->role == ROLE_PARSER) {
        be_slow(process);
        frost_stop_point("parser", "reading");
    }
    if (file->stream.length == 0 && file->stream.peer) {
        errno = EAGAIN;
        return -1;
    }
    size = MIN(size, file->stream.length);
    memcpy(out, file->stream.bytes, size);
    file->stream.length -= (unsigned)size;
    memmove(file->stream.bytes, file->stream.bytes + size, file->stream.length);
    return (ssize_t)size;
}

/* No parser says so. */
static void
lie(uint8_t *message)
{
    const FrostParserHead head = {.kind = FROST_PARSER_FEED};

    memcpy(message, &head, sizeof head);
}

/* What a parser says may come in two parts. */
ssize_t
stream_write(OpenFile *file, const void *bytes, size_t size)
{
    Process *process = world->current->process;
    bool is_parser = process->role == ROLE_PARSER;

    if (is_parser)
        frost_stop_point("parser", "answering");
    OpenFile *peer = file->stream.peer;
    if (!peer) {
        errno = EPIPE;
        return -1;
    }
    bool is_whole = !process->is_in_word;
    process->is_in_word = is_parser && size > 1 && !process->lies && dice_percent(&world->dice, 10);
    if (process->is_in_word)
        size = 1 + dice_below(&world->dice, (unsigned)size - 1);
    if (peer->stream.length + size > STREAM_ROOM)
        world_fail("more is said on a link than there is room for");
    size = MIN(size, STREAM_ROOM - peer->stream.length);
    memcpy(peer->stream.bytes + peer->stream.length, bytes, size);
    if (process->lies && is_whole) {
        lie(peer->stream.bytes + peer->stream.length);
        process->lies = false;
    }
    peer->stream.length += (unsigned)size;
    return (ssize_t)size;
}

ssize_t
stream_send(OpenFile *file, const struct msghdr *message)
{
    uint8_t bytes[STREAM_ROOM];
    size_t length = 0;

    schedule_yield();
    if (is_refused(TROUBLE_SEND)) {
        oracle_note_parser_hurt();
        return -1;
    }
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        memcpy(bytes + length, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
        length += message->msg_iov[i].iov_len;
    }
    return stream_write(file, bytes, length);
}

int
__wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    OpenFile *file = own_file(fd, FILE_STREAM);
    const struct timeval *patience = value;

    if (!file || name != SO_RCVTIMEO)
        return -1;
    file->stream.patience_us = (int64_t)patience->tv_sec * SECOND_US + patience->tv_usec;
    return 0;
}

/* An agent is moved now and then. */
int
__wrap_sched_getcpu(void)
{
    return dice_percent(&world->dice, 10);
}

int
__wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
    return 0;
}

int
__wrap_malloc_trim(size_t pad)
{
    return 0;
}

void
__wrap_frost_parser_seal(FrostParserLacks *out)
{
    Process *self = world->current->process;

    self->is_sealed = self->ends_with_parent = true;
}
