/* SPDX-License-Identifier: MIT */
#include "parser.h"

#include <errno.h>

#include "frame.h"
#include "log.h"
#include "parcel.h"
#include "parser-process.h"
#include "stop.h"

/* How long a process has to have lived to be replaced as soon as it ends; one that ends earlier is
 * replaced when the next bytes come. */
#define LIFE_US (10 * G_USEC_PER_SEC)
/* How long to parse HERE before a process is tried again. */
#define RETRY_US (10 * G_USEC_PER_SEC)

static const char ended_desc[] =
    "The agent's parser has ended before it had read all; what was not "
    "answered is to be asked again";
static const char none_desc[] = "The agent reads nothing, as no process can be started to parse it "
                                "(sandbox=require)";

struct FrostParser {
    FrostParserEvents events;
    void *user;
    GMainContext *context; /* borrowed; NULL: the default one */
    size_t max_bytes;
    FrostParserMode mode;
    bool starts; /* frost_parser_start() was called */

    QgaFrame *frame;                         /* HERE; else NULL */
    FrostParserProcess *process;             /* AWAY; NULL: there is none now */
    gint64 started_us;                       /* when a process was last started, or could not be */
    unsigned told;                           /* requests since the last feed began */
    bool lack_told[FROST_PARSER_LACK_COUNT]; /* it was logged */
    bool here_told;
};

/* HERE ----------------------------------------------------------------------------------------- */

/* What cannot become a value is handed over as null: that is no request, either. */
static void
on_message(void *user, const char *text, size_t length)
{
    const FrostParser *self = user;
    g_autoptr(GByteArray) parcel = g_byte_array_new();
    g_autoptr(QgaValue) parsed = qga_value_parse(text, length);
    g_autoptr(QgaValue) value = parsed ? g_steal_pointer(&parsed) : qga_value_new_null();

    qga_parcel_write(value, parcel);
    self->events.parcel(self->user, parcel->data, parcel->len);
}

static void
on_error(void *user, const char *desc)
{
    const FrostParser *self = user;

    self->events.refusal(self->user, desc);
}

static QgaFrame *
make_frame(FrostParser *self)
{
    static const QgaFrameEvents events = {.message = on_message, .error = on_error};

    return qga_frame_new(self->max_bytes, &events, self);
}

/* AWAY ----------------------------------------------------------------------------------------- */

static void
on_parcel(void *user, const uint8_t *bytes, size_t length)
{
    FrostParser *self = user;

    self->told++;
    self->events.parcel(self->user, bytes, length);
}

static void
on_refusal(void *user, const char *desc)
{
    FrostParser *self = user;

    self->told++;
    self->events.refusal(self->user, desc);
}

static const char *
reason(FrostParserLack lack, int why)
{
    if (lack == FROST_PARSER_LACK_FILES && (why == ENOSYS || why == EOPNOTSUPP))
        return why == ENOSYS ? "this kernel has no Landlock" : "Landlock is turned off";
    if (lack == FROST_PARSER_LACK_CALLS && (why == ENOSYS || why == EINVAL))
        return "this kernel has no seccomp filters";
    return g_strerror(why);
}

static void
on_ready(void *user, const FrostParserLacks *lacks)
{
    static const char *const names[FROST_PARSER_LACK_COUNT] = {
        [FROST_PARSER_LACK_USER] = "the parser keeps the agent's user",
        [FROST_PARSER_LACK_RIGHTS] = "the parser keeps all rights of its user",
        [FROST_PARSER_LACK_FILES] = "the parser can open files",
        [FROST_PARSER_LACK_CALLS] = "the parser can make any system call",
    };
    FrostParser *self = user;

    for (int lack = 0; lack < FROST_PARSER_LACK_COUNT; lack++) {
        int why = lacks->why[lack];

        if (why == 0 || self->lack_told[lack])
            continue;
        frost_notice("%s: %s", names[lack], reason((FrostParserLack)lack, why));
        self->lack_told[lack] = true;
    }
}

/* There can be no process now. */
static void
stay_here(FrostParser *self, const char *why)
{
    if (!self->here_told)
        frost_notice("no process can be started to parse what the host sends, so that %s: %s",
                     self->mode == FROST_PARSER_STRICT ? "nothing is read (sandbox=require)"
                                                       : "the agent itself does",
                     why);
    self->here_told = true;
    frost_stop_point("reader", "here");
    if (!self->frame)
        self->frame = make_frame(self);
}

static void on_ended(void *user);

static bool
start_process(FrostParser *self, bool as_program)
{
    static const FrostParserProcessEvents events = {
        .parcel = on_parcel, .refusal = on_refusal, .ready = on_ready, .ended = on_ended};
    const FrostParserProcessConfig config = {.max_bytes = self->max_bytes,
                                             .seals = self->mode != FROST_PARSER_OPEN,
                                             .as_program = as_program};

    self->started_us = g_get_monotonic_time();
    self->process = frost_parser_process_new(&config, self->context, &events, self);
    if (self->process) {
        g_debug("the parser is process %d", (int)frost_parser_process_pid(self->process));
        g_clear_pointer(&self->frame, qga_frame_free);
        self->here_told = false;
        frost_stop_point("reader", "away");
        return true;
    }
    stay_here(self, g_strerror(errno));
    return false;
}

static void
end_process(FrostParser *self, const char *why)
{
    frost_notice("the parser %s", why);
    g_clear_pointer(&self->process, frost_parser_process_free);
}

/* It has ended by itself. */
static void
on_ended(void *user)
{
    FrostParser *self = user;
    bool was_at_rest = frost_parser_process_is_at_rest(self->process);
    bool was_old = g_get_monotonic_time() - self->started_us > LIFE_US;

    end_process(self, "has ended");
    if (was_old)
        start_process(self, true);
    if (!was_at_rest)
        self->events.lost(self->user, ended_desc);
}

/* A request that has begun HERE ends here. */
static bool
has_process(FrostParser *self)
{
    if (self->process || !self->starts)
        return self->process != NULL;
    if (self->frame && (!qga_frame_is_at_rest(self->frame) ||
                        g_get_monotonic_time() - self->started_us < RETRY_US))
        return false;
    return start_process(self, true);
}

static const char *
fault(FrostParsed parsed)
{
    switch (parsed) {
    case FROST_PARSER_SILENT:
        return "has not answered in its time, and is killed";
    case FROST_PARSER_LIES:
        return "has said what no parser says, and is killed";
    case FROST_PARSER_DEAD:
    case FROST_PARSED:
        break;
    }
    return "has ended";
}

typedef enum {
    PARSED,
    UNTOUCHED, /* the process has died, or never come up, and another one may parse the bytes */
    LOST,
} Outcome;

static Outcome
parse_away(FrostParser *self, const uint8_t *bytes, size_t length)
{
    bool was_at_rest = frost_parser_process_is_at_rest(self->process);

    self->told = 0;
    FrostParsed parsed = frost_parser_process_feed(self->process, bytes, length);
    if (parsed == FROST_PARSED)
        return PARSED;
    bool came_up = frost_parser_process_is_ready(self->process);
    end_process(self, fault(parsed));
    if (!came_up)
        stay_here(self, "it ends at once, or hangs");
    if (!came_up || (parsed == FROST_PARSER_DEAD && was_at_rest && self->told == 0))
        return UNTOUCHED;
    return LOST;
}

/* Public functions ----------------------------------------------------------------------------- */

FrostParser *
frost_parser_new(size_t max_bytes, GMainContext *context, const FrostParserEvents *events,
                 void *user)
{
    FrostParser *self = g_new0(FrostParser, 1);

    self->events = *events;
    self->user = user;
    self->context = context;
    self->max_bytes = max_bytes;
    self->frame = make_frame(self);
    return self;
}

void
frost_parser_free(FrostParser *self)
{
    if (!self)
        return;
    frost_parser_process_free(self->process);
    qga_frame_free(self->frame);
    g_free(self);
}

void
frost_parser_start(FrostParser *self, FrostParserMode mode)
{
    self->mode = mode;
    self->starts = true;
    start_process(self, false);
}

/* A process that came up may have died of the bytes: so after a second one nobody parses them. */
void
frost_parser_feed(FrostParser *self, const uint8_t *bytes, size_t length)
{
    Outcome outcome = UNTOUCHED;

    for (int tries = 0; tries < 2 && outcome == UNTOUCHED && has_process(self); tries++)
        outcome = parse_away(self, bytes, length);
    if (outcome == PARSED)
        return;
    bool is_here = outcome == UNTOUCHED && self->frame;
    if (is_here && self->mode != FROST_PARSER_STRICT)
        qga_frame_feed(self->frame, bytes, length);
    else
        self->events.lost(self->user, is_here ? none_desc : ended_desc);
}

void
frost_parser_reset(FrostParser *self)
{
    if (self->process)
        frost_parser_process_reset(self->process);
    if (self->frame)
        qga_frame_reset(self->frame);
}
