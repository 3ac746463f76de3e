/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <errno.h>
#include <string.h>

/* How much memory an empty outbox keeps. */
#define KEEP_BYTES (64u * 1024)

struct FrostOutbox {
    GString *bytes;
    size_t head; /* how many of the bytes are written already */
    size_t limit;
    bool mid_line; /* the last byte written was not the end of its line */
    bool clogged;
};

FrostOutbox *
frost_outbox_new(size_t limit)
{
    FrostOutbox *self = g_new0(FrostOutbox, 1);

    self->bytes = g_string_new(NULL);
    self->limit = limit;
    return self;
}

void
frost_outbox_free(FrostOutbox *self)
{
    if (!self)
        return;
    g_string_free(self->bytes, TRUE);
    g_free(self);
}

size_t
frost_outbox_size(const FrostOutbox *self)
{
    return self->bytes->len - self->head;
}

static void
truncate_to(FrostOutbox *self, size_t length)
{
    if (length == self->head && self->bytes->len > KEEP_BYTES) {
        g_string_free(self->bytes, TRUE);
        self->bytes = g_string_new(NULL);
        self->head = 0;
        return;
    }
    if (length == self->head)
        self->head = length = 0;
    g_string_truncate(self->bytes, length);
}

void
frost_outbox_clear(FrostOutbox *self)
{
    truncate_to(self, self->head);
    self->mid_line = false;
    self->clogged = false;
}

/* Drops everything except the rest of a line that is partly written. */
static void
choke(FrostOutbox *self)
{
    size_t keep = 0;

    if (self->mid_line && frost_outbox_size(self) > 0) {
        const char *head = self->bytes->str + self->head;
        const char *end = memchr(head, '\n', frost_outbox_size(self));

        keep = end ? (size_t)(end - head) + 1 : frost_outbox_size(self);
    }
    truncate_to(self, self->head + keep);
    self->clogged = true;
}

/* Removes the written bytes once they are the greater part, so that each byte moves once at most.
 */
static void
compact(FrostOutbox *self)
{
    if (self->head > KEEP_BYTES && self->head > self->bytes->len / 2) {
        g_string_erase(self->bytes, 0, (gssize)self->head);
        self->head = 0;
    }
}

bool
frost_outbox_push(FrostOutbox *self, const void *line, size_t length)
{
    size_t waiting = frost_outbox_size(self);

    if (self->clogged || length > G_MAXUINT / 2 - self->limit)
        return false;
    if (waiting > 0 && (waiting > self->limit || length > self->limit - waiting)) {
        choke(self);
        return false;
    }
    compact(self);
    g_string_append_len(self->bytes, line, (gssize)length);
    return true;
}

int
frost_outbox_flush(FrostOutbox *self, FrostOutboxWrite write, int fd)
{
    while (frost_outbox_size(self) > 0) {
        const char *head = self->bytes->str + self->head;
        ssize_t n = write(fd, head, frost_outbox_size(self));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            int err = errno;
            choke(self);
            return -err;
        }
        if (n <= 0)
            return -EAGAIN;
        self->mid_line = head[n - 1] != '\n';
        self->head += (size_t)n;
    }
    frost_outbox_clear(self);
    return 0;
}
