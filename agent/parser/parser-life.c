/* SPDX-License-Identifier: MIT */
#include "parser-life.h"

#include <errno.h>
#include <glib.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fork.h"
#include "frame.h"
#include "parcel.h"
#include "parser-seal.h"
#include "parser-wire.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* A FEED, and what may come with it. */
#define IN_SIZE (2 * (FROST_PARSER_FEED_MAX + sizeof(FrostParserHead)))
/* The answers to one FEED are written together, up to about this size. */
#define WRITE_SIZE 65536u

typedef struct {
    int link;
    QgaFrame *frame;
    GByteArray *out;
} Life;

/* Writing -------------------------------------------------------------------------------------- */

static void
flush(Life *self)
{
    const uint8_t *at = self->out->data;
    size_t left = self->out->len;

    while (left > 0) {
        ssize_t n = write(self->link, at, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(0); /* the agent has gone */
        at += n;
        left -= (size_t)n;
    }
    if (self->out->len > 2 * WRITE_SIZE) {
        g_byte_array_unref(self->out);
        self->out = g_byte_array_new();
    }
    g_byte_array_set_size(self->out, 0);
}

static void
add_head(Life *self, FrostParserKind kind, size_t length)
{
    const FrostParserHead head = {.kind = kind, .length = (uint32_t)length};

    g_byte_array_append(self->out, (const uint8_t *)&head, sizeof head);
}

static void
add(Life *self, FrostParserKind kind, const void *content, size_t length)
{
    add_head(self, kind, length);
    g_byte_array_append(self->out, content, (guint)length);
    if (self->out->len > WRITE_SIZE)
        flush(self);
}

/* What cannot become a value is handed over as null: that is no request, either. */
static void
on_message(void *user, const char *text, size_t length)
{
    Life *self = user;
    g_autoptr(QgaValue) parsed = qga_value_parse(text, length);
    g_autoptr(QgaValue) value = parsed ? g_steal_pointer(&parsed) : qga_value_new_null();
    guint place = self->out->len;

    add_head(self, FROST_PARSER_PARCEL, 0);
    qga_parcel_write(value, self->out);
    const FrostParserHead head = {.kind = FROST_PARSER_PARCEL,
                                  .length = self->out->len - place - (guint)sizeof head};
    memcpy(self->out->data + place, &head, sizeof head);
    if (self->out->len > WRITE_SIZE)
        flush(self);
}

static void
on_refusal(void *user, const char *desc)
{
    add(user, FROST_PARSER_REFUSAL, desc, strlen(desc));
}

/* Reading -------------------------------------------------------------------------------------- */

/* The agent may have no right to move a process of another user. */
static void
move_to(const uint8_t *content)
{
    int32_t cpu;
    cpu_set_t only;

    memcpy(&cpu, content, sizeof cpu);
    if (cpu >= CPU_SETSIZE)
        return;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    sched_setaffinity(0, sizeof only, &only);
}

static void
take(Life *self, const FrostParserHead *head, const uint8_t *content)
{
    if (head->kind == FROST_PARSER_RESET) {
        qga_frame_reset(self->frame);
        return;
    }
    if (head->kind == FROST_PARSER_PLACE) {
        move_to(content);
        return;
    }
    qga_frame_feed(self->frame, content, head->length);
    add_head(self,
             qga_frame_is_at_rest(self->frame) ? FROST_PARSER_DONE_AT_REST
                                               : FROST_PARSER_DONE_INSIDE,
             0);
    flush(self);
}

/* Takes the messages that are whole. Returns how many bytes they had. */
static size_t
take_whole(Life *self, const uint8_t *bytes, size_t length)
{
    FrostParserHead head;
    size_t taken = 0;

    while (length - taken >= sizeof head) {
        memcpy(&head, bytes + taken, sizeof head);
        if (length - taken - sizeof head < head.length)
            break;
        take(self, &head, bytes + taken + sizeof head);
        taken += sizeof head + head.length;
    }
    return taken;
}

static _Noreturn void
serve(Life *self)
{
    uint8_t *bytes = g_malloc(IN_SIZE); /* what is never used of it is no memory */
    size_t length = 0;

    for (;;) {
        ssize_t n = read(self->link, bytes + length, IN_SIZE - length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(0);
        length += (size_t)n;
        size_t taken = take_whole(self, bytes, length);
        length -= taken;
        memmove(bytes, bytes + taken, length);
    }
}

/* The start ------------------------------------------------------------------------------------ */

static void
close_range_of(unsigned first, unsigned last)
{
    if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
        return;
    for (unsigned fd = first; fd <= MIN(last, 65535u); fd++)
        close((int)fd);
}

/* A report of a sanitizer has to come out. */
static void
close_all_but(int link)
{
#ifdef FROST_SANITIZED
    close_range_of(0, STDERR_FILENO - 1);
    close_range_of(STDERR_FILENO + 1, (unsigned)link - 1);
#else
    close_range_of(0, (unsigned)link - 1);
#endif
    close_range_of((unsigned)link + 1, ~0u);
}

/* What a service manager, or a terminal, sends to all processes of the agent: the parser ends with
 * the agent, which may have to answer first. */
static void
ignore_signals(void)
{
    static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT, SIGTSTP};

    frost_default_signals();
    for (size_t i = 0; i < G_N_ELEMENTS(ignored); i++)
        signal(ignored[i], SIG_IGN);
}

static void
ignore_message(void *user, const char *text, size_t length)
{
    qga_value_unref(qga_value_parse(text, length));
}

static void
ignore_refusal(void *user, const char *desc)
{
}

/* Some libraries open or ask for something when they are first used: now, while they may. */
static void
warm_up(void)
{
    static const QgaFrameEvents events = {.message = ignore_message, .error = ignore_refusal};
    static const char text[] = "{\"a\": [1.5, null, true, \"\\u00e9\"]} ,";
    g_autoptr(QgaFrame) frame = qga_frame_new(sizeof text, &events, NULL);

    qga_frame_feed(frame, (const uint8_t *)text, sizeof text - 1);
}

/* The agent's, and those of the warming up. */
static void
give_memory_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

bool
frost_parser_terms_parse(FrostParserTerms *out, int argc, char *const *argv)
{
    if (argc != 5 || strcmp(argv[1], FROST_PARSER_OPTION) != 0)
        return false;
    *out = (FrostParserTerms){.link = atoi(argv[2]),
                              .max_bytes = (size_t)g_ascii_strtoull(argv[3], NULL, 10),
                              .seals = strcmp(argv[4], "1") == 0};
    return out->link > STDERR_FILENO;
}

void
frost_parser_live(const FrostParserTerms *terms)
{
    static const QgaFrameEvents events = {.message = on_message, .error = on_refusal};
    FrostParserLacks lacks = {{0}};
    Life life = {.link = terms->link, .out = g_byte_array_new()};

    prctl(PR_SET_NAME, "frost-ga-parser");
    ignore_signals();
    close_all_but(terms->link);
    warm_up();
    give_memory_back();
    life.frame = qga_frame_new(terms->max_bytes, &events, &life);
    if (terms->seals)
        frost_parser_seal(&lacks);
    add(&life, FROST_PARSER_READY, &lacks, sizeof lacks);
    flush(&life);
    serve(&life);
}
