/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-protocol.h - the messages between agent and freezer, and how the freezer is started
 *
 * The socket pair is SOCK_SEQPACKET: each packet is one struct. Both processes run the same
 * program, so the struct needs no version.
 */

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

/* How the freezer is started: PROGRAM --freezer COMMAND_FD LEDGER_FD LOCK_FD OWNER (freezer-main.h)
 */
#define FROST_FREEZER_OPTION "--freezer"

/* How the heir of a freezer without an agent becomes the recovery: PROGRAM --recover LEDGER_FD
 * LOCK_FD */
#define FROST_RECOVERY_OPTION "--recover"

/* SIGTERM asks a freezer to thaw. frost-ga thaw queues it with this value (SI_QUEUE). */
#define FROST_OPERATOR_SIGNAL_VALUE 0x46724f70

/* How long the freezer waits for filesystems that the kernel does not thaw before it answers. */
#define FROST_THAW_WAIT_MS 5000

typedef enum {
    /* agent to freezer */
    FROST_MESSAGE_SYNC = 1,
    FROST_MESSAGE_FREEZE,
    FROST_MESSAGE_THAW,
    FROST_MESSAGE_FINISH,
    /* freezer to agent */
    FROST_MESSAGE_READY,
    FROST_MESSAGE_SYNCING, /* a sign of life: the time limit of a sync begins again */
    FROST_MESSAGE_SYNCED,
    FROST_MESSAGE_FROZEN,
    FROST_MESSAGE_THAWED,
    FROST_MESSAGE_FAILED,
    FROST_MESSAGE_THAWING, /* a sign of life: a thaw has begun, for whatever reason */
    /* Each of its threads is inside a call, and something waits to be thawed: another freezer has
     * threads for it. */
    FROST_MESSAGE_EXHAUSTED,
    FROST_MESSAGE_SETTLED, /* after an early THAWED or FAILED: now nothing is held any more */
    FROST_MESSAGE_LEFT,    /* no filesystem is open any more, and none will be frozen */
} FrostMessageKind;

typedef struct {
    uint32_t kind;
    uint32_t count;  /* FROZEN: how many are held; THAWED: how many were thawed */
    int32_t culprit; /* index in the ledger of the filesystem that failed; -1: none */
    int32_t error;   /* errno, positive */
} FrostMessage;

/* Tries twice, as the kernel may have no memory for a moment; a lost message would only be missed
 * at the next deadline. Errors are ignored: if there is no reader, poll reports the end. */
static inline void
frost_message_send(int fd, const FrostMessage *wire)
{
    if (send(fd, wire, sizeof *wire, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        send(fd, wire, sizeof *wire, MSG_NOSIGNAL | MSG_DONTWAIT);
}

typedef enum {
    FROST_RECEIVED_NOTHING, /* no message at this moment */
    FROST_RECEIVED_MESSAGE,
    FROST_RECEIVED_END, /* the other end is closed, and all its messages were received */
} FrostReceived;

static inline FrostReceived
frost_message_receive(int fd, FrostMessage *out)
{
    ssize_t n = recv(fd, out, sizeof *out, MSG_DONTWAIT);

    /* ECONNRESET: the other end was closed before it had read all our messages. The kernel reports
     * this once, and then delivers the messages that were sent to us. */
    if (n < 0 && errno == ECONNRESET)
        n = recv(fd, out, sizeof *out, MSG_DONTWAIT);
    if (n == sizeof *out)
        return FROST_RECEIVED_MESSAGE;
    /* Any other error is temporary, unless @fd is no socket at all. */
    return n < 0 && errno != ECONNRESET && errno != EBADF && errno != ENOTSOCK
               ? FROST_RECEIVED_NOTHING
               : FROST_RECEIVED_END;
}
