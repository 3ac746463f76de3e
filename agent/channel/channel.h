/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * channel.h - bytes from and to the host; what they mean is not known here
 *
 *   CLOSED --open--> VACANT --a client comes--> TAKEN --it goes--> VACANT
 *                      |                          |
 *                      +-- the port disappears ---+--> failed(), CLOSED
 *
 *   A client that only stops sending is ENDED between TAKEN and VACANT: ended().
 *
 * One client at a time (protocol 1.2). A channel never blocks, sleeps or polls: what cannot be
 * written waits, bounded, for writability; the departure of a virtio port's host end is an edge.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What waits at most for a client that does not read, but for a single longer line. */
#define FROST_CHANNEL_BACKLOG (64u * 1024 * 1024)

#define FROST_CHANNEL_ERROR (frost_channel_error_quark())

typedef enum {
    FROST_CHANNEL_ERROR_METHOD, /* no such method, or its path cannot be understood */
    FROST_CHANNEL_ERROR_OPEN,   /* the device or socket cannot be opened now */
    FROST_CHANNEL_ERROR_LOST,   /* the port went away while in use */
} FrostChannelError;

GQuark frost_channel_error_quark(void);

typedef struct FrostChannel FrostChannel;

typedef struct {
    /* Bytes of the present client. */
    void (*received)(void *user, const uint8_t *bytes, size_t length);
    /* The client has gone: what it began is not completed by the next one's bytes. */
    void (*departed)(void *user);
    /* The port itself is gone; the channel is closed and can only be freed. */
    void (*failed)(void *user, const GError *error);
    /* (nullable): The client has ended what it had to say, and may still read: after its
     * shutdown(SHUT_WR), or where it is not certain that it has left a port. It stays until
     * frost_channel_finish(); if it leaves before that, departed() follows. More bytes mean that
     * it has not ended after all. Where this is NULL, it has departed. */
    void (*ended)(void *user);
} FrostChannelEvents;

/**
 * frost_channel_open:
 * @method: virtio-serial, isa-serial, unix-listen, vsock-listen
 * @path: as in protocol 1.1
 *
 * Opens and starts to watch in @context (NULL: the default one). Events come from the main loop
 * only, never out of a call of these functions, and any of them may free the channel. @events is
 * copied.
 */
FrostChannel *frost_channel_open(const char *method, const char *path, GMainContext *context,
                                 const FrostChannelEvents *events, void *user, GError **error);

/* The same over a listening socket that systemd handed over (protocol 1.1, socket activation).
 * @listen_fd is taken where this succeeds. */
FrostChannel *frost_channel_adopt(int listen_fd, GMainContext *context,
                                  const FrostChannelEvents *events, void *user, GError **error);

/* What has to be there before this can be opened, to be watched for; g_free() it. NULL: nothing in
 * the tree of files. */
char *frost_channel_awaited_path(const char *method, const char *path);

void frost_channel_free(FrostChannel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostChannel, frost_channel_free)

/**
 * frost_channel_send:
 *
 * Queues @line for the present client; dropped when there is none. When more than the bound
 * waits unread, the client is treated as one that reads no more: its backlog is dropped at a line
 * boundary and nothing more is queued until it has drained or left.
 */
void frost_channel_send(FrostChannel *self, GBytes *line);

/* All answers for the client that has ended are sent: writes what is queued, then parts from it,
 * which departed() tells. */
void frost_channel_finish(FrostChannel *self);

/* Back-pressure: while paused nothing is read, and no client accepted. Where the kernel shows
 * that the client has gone, what it left behind (at most what the kernel's own buffers hold) is
 * still delivered, then its departure: a client that comes after it must not be mixed up with it.
 */
void frost_channel_pause(FrostChannel *self, bool paused);

/* Before exit: writes what is queued, for at most @limit_ms, without reading. */
void frost_channel_drain(FrostChannel *self, unsigned limit_ms);
