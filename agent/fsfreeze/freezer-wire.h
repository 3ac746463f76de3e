/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * freezer-wire.h - what agent and freezer say to each other over their socket pair
 *
 * SOCK_SEQPACKET between two processes of the same program image: one fixed struct a packet.
 */

#include <stdint.h>
#include <sys/socket.h>

/* How the freezer is started: PROGRAM --freezer COMMAND_FD LEDGER_FD */
#define FROST_FREEZER_OPTION "--freezer"

/* SIGTERM asks a freezer to thaw. With this value beside it (SI_QUEUE), it is a person who asks. */
#define FROST_OPERATOR_SIGNAL_VALUE 0x46724f70

/* How long a thaw waits for what the kernel does not give back before it is answered without. */
#define FROST_THAW_WAIT_MS 5000

/* No further round of syncfs begins this long after the first. */
#define FROST_NO_NEW_ROUND_US (30 * 1000 * 1000)

typedef enum {
    /* agent to freezer */
    FROST_WIRE_SYNC = 1,
    FROST_WIRE_FREEZE,
    FROST_WIRE_THAW,
    FROST_WIRE_FINISH,
    /* freezer to agent */
    FROST_WIRE_READY,
    FROST_WIRE_SYNCED,
    FROST_WIRE_FROZEN,
    FROST_WIRE_THAWED,
    FROST_WIRE_FAILED,
    FROST_WIRE_THAWING, /* a thaw has begun, for whatever reason: a sign of life, not an answer */
} FrostWireKind;

typedef struct {
    uint32_t kind;
    uint32_t count;  /* FROZEN: held; THAWED: thawed */
    int32_t culprit; /* index into the ledger of what went wrong, -1: nothing did */
    int32_t error;   /* errno, positive */
} FrostWire;

/* Once more when the kernel had no memory for it at that moment: a word that is lost is missed only
 * at the next deadline. Without a reader it fails, and that is seen at the other end. */
static inline void
frost_wire_send(int fd, const FrostWire *wire)
{
    if (send(fd, wire, sizeof *wire, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        send(fd, wire, sizeof *wire, MSG_NOSIGNAL | MSG_DONTWAIT);
}
