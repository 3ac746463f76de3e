/* SPDX-License-Identifier: MIT */

/*
 * fuzz-liar.c - any bytes are what a parser that was broken into says to the agent
 *
 * What must hold: each parcel that is handed on can be read, and there are no more of them than
 * the host has sent bytes; the agent comes to an end with it.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parcel.h"
#include "parser-process.h"

/* What the host has sent. */
#define FED 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
    if (!holds)
        abort();
}

static void
on_parcel(void *user, const uint8_t *bytes, size_t length)
{
    g_autoptr(QgaValue) value = qga_parcel_read(bytes, length);

    must(value);
    ++*(unsigned *)user;
}

static void
on_refusal(void *user, const char *desc)
{
    must(desc);
    ++*(unsigned *)user;
}

static void
on_ready(void *user, const FrostParserLacks *lacks)
{
    must(lacks);
}

static void
never(void *user)
{
    must(false);
}

static void
say(int fd, FrostParserKind kind, const void *content, size_t length)
{
    const FrostParserHead head = {.kind = kind, .length = (uint32_t)length};

    must(write(fd, &head, sizeof head) == sizeof head);
    must(length == 0 || write(fd, content, length) == (ssize_t)length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const FrostParserProcessEvents events = {
        .parcel = on_parcel, .refusal = on_refusal, .ready = on_ready, .ended = never};
    const FrostParserLacks lacks = {{0}};
    unsigned told = 0;
    int pair[2];

    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    FrostParserProcess *process = frost_parser_process_adopt(pair[0], 1024, &events, &told);
    say(pair[1], FROST_PARSER_READY, &lacks, sizeof lacks);
    if (size > 65536 || send(pair[1], data, size, MSG_DONTWAIT) != (ssize_t)size)
        size = 0;
    shutdown(pair[1], SHUT_WR);
    FrostParsed parsed = frost_parser_process_feed(process, (const uint8_t *)"12345678", FED);
    must(told <= FED);
    must(parsed != FROST_PARSED || size > 0);
    frost_parser_process_free(process);
    close(pair[1]);
    return 0;
}
