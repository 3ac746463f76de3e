/* SPDX-License-Identifier: MIT */
#include "parser-process.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child-watch.h"
#include "fork.h"
#include "parcel.h"
#include "parser-life.h"
#include "source.h"
#include "stop.h"

/* What one wait may count for, however long it was: the machine may have stood still. */
#define WAIT_US 100000
#define TIME_US (3 * G_USEC_PER_SEC)
#define TIME_A_MIB_US G_USEC_PER_SEC

/* A parcel, or a desc, has at most so many times the bytes that it comes from. */
#define GROWTH 8u
#define ROOM 65536u

#define READ_SIZE 4096u
/* A larger buffer is given back when its messages are taken. */
#define KEEP_SIZE 65536u

struct FrostParserProcess {
    FrostParserProcessEvents events;
    void *user;
    GMainContext *context; /* borrowed; NULL: the default one */
    pid_t pid;
    int link;
    FrostChildWatch *watch; /* NULL: this kernel has no pidfd */
    GSource *readiness;     /* until it is READY: it has said something */
    GByteArray *inbox;
    int32_t cpu; /* on which it is to run; -1: any */
    bool is_ready;
    bool is_at_rest;
    bool is_astray;     /* it was not told that its client has gone */
    size_t inside;      /* bytes since it was at rest */
    size_t max_content; /* the longest content of a message */
};

static void
enter(const FrostParserProcess *self, bool is_lost)
{
    frost_stop_point("parsing", is_lost            ? "lost"
                                : !self->is_ready  ? "sealing"
                                : self->is_at_rest ? "at-rest"
                                                   : "inside");
}

/* Messages ------------------------------------------------------------------------------------- */

/* What may still come in answer to a FEED. */
typedef struct {
    size_t messages; /* each takes a byte of the host at least */
    bool is_done;
} Owed;

static bool
heed_ready(FrostParserProcess *self, const uint8_t *content, size_t length)
{
    FrostParserLacks lacks;

    if (self->is_ready || length != sizeof lacks)
        return false;
    memcpy(&lacks, content, sizeof lacks);
    self->is_ready = true;
    enter(self, false);
    self->events.ready(self->user, &lacks);
    return true;
}

static bool
heed_parcel(FrostParserProcess *self, const uint8_t *content, size_t length)
{
    if (!qga_parcel_is_sound(content, length))
        return false;
    self->events.parcel(self->user, content, length);
    return true;
}

/* A desc may have bytes of the host that are no UTF-8. */
static bool
heed_refusal(FrostParserProcess *self, const uint8_t *content, size_t length)
{
    if (memchr(content, '\0', length))
        return false;
    g_autofree char *desc = g_strndup((const char *)content, length);
    self->events.refusal(self->user, desc);
    return true;
}

static bool
heed_done(FrostParserProcess *self, Owed *owed, size_t length, bool is_at_rest)
{
    self->is_at_rest = is_at_rest;
    if (is_at_rest)
        self->inside = 0;
    enter(self, false);
    owed->is_done = true;
    return length == 0;
}

/* False: it lies. */
static bool
heed(FrostParserProcess *self, Owed *owed, const FrostParserHead *head, const uint8_t *content)
{
    bool is_request = head->kind == FROST_PARSER_PARCEL || head->kind == FROST_PARSER_REFUSAL;

    if (head->kind == FROST_PARSER_READY)
        return heed_ready(self, content, head->length);
    if (!self->is_ready || owed->is_done || (is_request && owed->messages-- == 0))
        return false;
    switch ((FrostParserKind)head->kind) {
    case FROST_PARSER_PARCEL:
        return heed_parcel(self, content, head->length);
    case FROST_PARSER_REFUSAL:
        return heed_refusal(self, content, head->length);
    case FROST_PARSER_DONE_AT_REST:
    case FROST_PARSER_DONE_INSIDE:
        return heed_done(self, owed, head->length, head->kind == FROST_PARSER_DONE_AT_REST);
    case FROST_PARSER_FEED:
    case FROST_PARSER_RESET:
    case FROST_PARSER_PLACE:
    case FROST_PARSER_READY:
        break;
    }
    return false;
}

static void
drop_taken(FrostParserProcess *self, guint taken)
{
    if (taken == self->inbox->len && taken > KEEP_SIZE) {
        g_byte_array_unref(self->inbox);
        self->inbox = g_byte_array_new();
    } else {
        g_byte_array_remove_range(self->inbox, 0, taken);
    }
}

/* Takes the messages that are whole. False: it lies. */
static bool
heed_whole(FrostParserProcess *self, Owed *owed)
{
    FrostParserHead head;
    guint taken = 0;

    while (self->inbox->len - taken >= sizeof head) {
        memcpy(&head, self->inbox->data + taken, sizeof head);
        if (head.length > self->max_content)
            return false;
        if (self->inbox->len - taken - sizeof head < head.length)
            break;
        if (!heed(self, owed, &head, self->inbox->data + taken + sizeof head))
            return false;
        taken += (guint)sizeof head + head.length;
    }
    drop_taken(self, taken);
    return true;
}

/* Reading and writing -------------------------------------------------------------------------- */

/* More than 0: so much has come. 0: nothing, for WAIT_US. -1: it is dead. */
static ssize_t
receive(FrostParserProcess *self, int flags)
{
    uint8_t bytes[READ_SIZE];
    ssize_t n;

    do
        n = recv(self->link, bytes, sizeof bytes, flags);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        g_byte_array_append(self->inbox, bytes, (guint)n);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    return n > 0 ? n : -1;
}

static bool
send_message(FrostParserProcess *self, FrostParserKind kind, const uint8_t *bytes, size_t length)
{
    FrostParserHead head = {.kind = kind, .length = (uint32_t)length};
    struct iovec parts[] = {{.iov_base = &head, .iov_len = sizeof head},
                            {.iov_base = (void *)bytes, .iov_len = length}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = length > 0 ? 2 : 1};

    return sendmsg(self->link, &message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
           (ssize_t)(sizeof head + length);
}

/* It is to run where this process waits for it: to wake another processor takes longer than the
 * work. If it cannot be told, it cannot be fed either. */
static void
share_processor(FrostParserProcess *self)
{
    int32_t cpu = sched_getcpu();

    if (cpu == self->cpu || cpu < 0)
        return;
    send_message(self, FROST_PARSER_PLACE, (const uint8_t *)&cpu, sizeof cpu);
    self->cpu = cpu;
}

static FrostParsed
await_done(FrostParserProcess *self, size_t length)
{
    const gint64 limit_us = TIME_US + (gint64)(self->inside / (1024 * 1024)) * TIME_A_MIB_US;
    gint64 now_us = g_get_monotonic_time();
    Owed owed = {.messages = length};

    for (gint64 waited_us = 0; waited_us < limit_us;) {
        gint64 before_us = now_us;
        ssize_t n = receive(self, 0);

        if (n < 0)
            return FROST_PARSER_DEAD;
        if (n > 0 && !heed_whole(self, &owed))
            return FROST_PARSER_LIES;
        if (owed.is_done)
            return self->inbox->len == 0 ? FROST_PARSED : FROST_PARSER_LIES;
        now_us = g_get_monotonic_time();
        waited_us += MIN(now_us - before_us, 2 * WAIT_US);
    }
    return FROST_PARSER_SILENT;
}

FrostParsed
frost_parser_process_feed(FrostParserProcess *self, const uint8_t *bytes, size_t length)
{
    FrostParsed parsed = FROST_PARSED;

    share_processor(self);
    while (length > 0 && parsed == FROST_PARSED) {
        size_t part = MIN(length, FROST_PARSER_FEED_MAX);

        self->inside += part;
        self->is_at_rest = false;
        enter(self, false);
        bool is_fed = !self->is_astray && send_message(self, FROST_PARSER_FEED, bytes, part);
        parsed = is_fed ? await_done(self, part) : FROST_PARSER_DEAD;
        bytes += part;
        length -= part;
    }
    if (parsed != FROST_PARSED)
        enter(self, true);
    return parsed;
}

void
frost_parser_process_reset(FrostParserProcess *self)
{
    if (self->is_at_rest)
        return;
    self->is_at_rest = true;
    self->inside = 0;
    enter(self, false);
    self->is_astray = !send_message(self, FROST_PARSER_RESET, NULL, 0);
}

bool
frost_parser_process_is_ready(const FrostParserProcess *self)
{
    return self->is_ready;
}

bool
frost_parser_process_is_at_rest(const FrostParserProcess *self)
{
    return self->is_at_rest;
}

pid_t
frost_parser_process_pid(const FrostParserProcess *self)
{
    return self->pid;
}

/* Start and end -------------------------------------------------------------------------------- */

static void
on_ended(void *user, FrostChildWatch *watch)
{
    FrostParserProcess *self = user;

    enter(self, true);
    self->events.ended(self->user);
}

/* It was killed, and is not ours any more. */
static void
on_reaped(void *user, FrostChildWatch *watch)
{
    frost_child_watch_free(watch);
}

/* READY comes when the parser has sealed itself, most often before the first FEED. What else comes
 * unasked is judged with the next FEED. */
static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
    FrostParserProcess *self = user;
    Owed nothing = {.is_done = true};

    if (!self->is_ready && receive(self, MSG_DONTWAIT) > 0)
        heed_whole(self, &nothing);
    frost_source_drop(&self->readiness);
    return G_SOURCE_REMOVE;
}

/* After fork: only what is safe there. */
static _Noreturn void
become_program(const FrostParserTerms *terms)
{
    char link_text[16];
    char max_text[24];
    char *argv[] = {(char *)"frost-ga", (char *)FROST_PARSER_OPTION,        link_text,
                    max_text,           (char *)(terms->seals ? "1" : "0"), NULL};

    snprintf(link_text, sizeof link_text, "%d", terms->link);
    snprintf(max_text, sizeof max_text, "%zu", terms->max_bytes);
    fcntl(terms->link, F_SETFD, 0);
    execv("/proc/self/exe", argv);
    _exit(127);
}

static pid_t
start(const FrostParserProcessConfig *config, int link)
{
    const FrostParserTerms terms = {
        .link = link, .max_bytes = config->max_bytes, .seals = config->seals};
    pid_t pid = frost_fork_without_signals();

    if (pid != 0)
        return pid;
    if (config->as_program)
        become_program(&terms);
    frost_parser_live(&terms);
}

FrostParserProcess *
frost_parser_process_adopt(int link, size_t max_bytes, const FrostParserProcessEvents *events,
                           void *user)
{
    const struct timeval wait = {.tv_usec = WAIT_US};
    FrostParserProcess *self = g_new0(FrostParserProcess, 1);

    setsockopt(link, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    self->events = *events;
    self->user = user;
    self->link = link;
    self->cpu = -1;
    self->inbox = g_byte_array_new();
    self->is_at_rest = true;
    self->max_content = max_bytes * GROWTH + ROOM;
    enter(self, false);
    return self;
}

FrostParserProcess *
frost_parser_process_new(const FrostParserProcessConfig *config, GMainContext *context,
                         const FrostParserProcessEvents *events, void *user)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return NULL;
    pid_t pid = start(config, pair[1]);
    int why = errno;
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        errno = why;
        return NULL;
    }
    FrostParserProcess *self = frost_parser_process_adopt(pair[0], config->max_bytes, events, user);
    self->context = context;
    self->pid = pid;
    self->watch = frost_child_watch_new(pid, context, on_ended, self);
    self->readiness = frost_source_attach(g_unix_fd_source_new(self->link, G_IO_IN), context,
                                          G_SOURCE_FUNC(on_readable), self);
    return self;
}

/* SIGKILL does not end a process inside an uninterruptible call, so its end is not waited for. */
static void
kill_process(const FrostParserProcess *self)
{
    kill(self->pid, SIGKILL);
    if (self->watch) {
        frost_child_watch_free(self->watch);
        frost_child_watch_new(self->pid, self->context, on_reaped, NULL);
    } else {
        waitpid(self->pid, NULL, WNOHANG);
    }
}

void
frost_parser_process_free(FrostParserProcess *self)
{
    if (!self)
        return;
    frost_source_drop(&self->readiness);
    close(self->link);
    if (self->pid > 0)
        kill_process(self);
    g_byte_array_unref(self->inbox);
    g_free(self);
}
