/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * channel.h - the connection to the host: carries bytes, and knows nothing of what they mean
 *
 *   CLOSED --open--> VACANT --a client comes--> TAKEN --it goes--> VACANT
 *                      |                          |
 *                      +-- the port disappears ---+--> failed(), CLOSED
 *
 *   A client that stops sending, but may still read, is ENDED between TAKEN and VACANT: ended().
 *
 * There is one client at a time. A channel never blocks, sleeps or polls. Answers
 * that cannot be written wait in a bounded buffer until the descriptor is writable. That the host's
 * end of a virtio port closes is seen as an edge.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "channel-error.h"

/* The most bytes that wait for a client that does not read. A single line may be longer. */
#define FROST_CHANNEL_BACKLOG (64u * 1024 * 1024)

typedef struct FrostChannel FrostChannel;
/* One kind of port: method.h. */
typedef struct FrostChannelMethod FrostChannelMethod;

typedef struct {
    /* The present client has sent bytes. */
    void (*received)(void *user, const uint8_t *bytes, size_t length);
    /* The client has gone. The bytes of the next one do not continue its last line. */
    void (*departed)(void *user);
    /* The port itself is gone. The channel is closed, and can only be freed. */
    void (*failed)(void *user, const GError *error);
    /* (nullable): The client sends no more, but may still read: it has called shutdown(SHUT_WR), or
     * the port is reported closed and that may be stale. It stays until frost_channel_part(). If it
     * leaves before, departed() is called; if it sends again, received() is called, and it has not
     * ended. If this is NULL, departed() is called instead. */
    void (*ended)(void *user);
} FrostChannelEvents;

/**
 * frost_channel_open:
 * @method: virtio-serial, isa-serial, unix-listen, vsock-listen
 * @path: as qemu-ga's option -p takes it
 *
 * Opens the channel, and watches it in @context (NULL: the default one). Events come from the main
 * loop only, never from inside one of these functions. An event may free the channel. @events is
 * copied.
 *
 * Fails with FROST_CHANNEL_ERROR_METHOD or _OPEN.
 */
FrostChannel *frost_channel_open(const char *method, const char *path, GMainContext *context,
                                 const FrostChannelEvents *events, void *user, GError **error);

/* The same with a method instead of its name; @method is borrowed. */
FrostChannel *frost_channel_open_method(const FrostChannelMethod *method, const char *path,
                                        GMainContext *context, const FrostChannelEvents *events,
                                        void *user, GError **error);

/* The same over a listening socket that systemd has passed (socket activation). Takes
 * ownership of @listen_fd on success. */
FrostChannel *frost_channel_adopt(int listen_fd, GMainContext *context,
                                  const FrostChannelEvents *events, void *user, GError **error);

/* The file that has to exist before the channel can be opened, for path-watch.h; g_free() it. NULL:
 * no file. */
char *frost_channel_awaited_path(const char *method, const char *path);

void frost_channel_free(FrostChannel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrostChannel, frost_channel_free)

/**
 * frost_channel_send:
 *
 * Queues @line for the present client; drops it if there is none. If more than
 * FROST_CHANNEL_BACKLOG bytes wait, the client is taken not to read: the queue is dropped at a line
 * boundary, and nothing is queued until the rest was written or the client has left.
 */
void frost_channel_send(FrostChannel *self, GBytes *line);

/* To be called after ended(), when all answers were sent: writes what is queued, closes the client,
 * and then calls departed(). */
void frost_channel_part(FrostChannel *self);

/* Writes what can be written at once, and closes the client; a port is closed and opened again.
 * Then calls departed(). */
void frost_channel_dismiss(FrostChannel *self);

/* While paused, nothing is read and no client is accepted. If the kernel shows that the client has
 * gone, the rest of its bytes (at most what the kernel buffers) are delivered all the same, and
 * then departed() is called, so that they cannot be taken for those of the next client. */
void frost_channel_pause(FrostChannel *self, bool paused);

/* True if there is a client now, even one that has sent nothing. Asks the kernel. */
bool frost_channel_has_client(const FrostChannel *self);

/* To be called before exit: writes what is queued, for at most @limit_ms, and reads nothing. */
void frost_channel_drain(FrostChannel *self, unsigned limit_ms);
