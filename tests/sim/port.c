/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <stdlib.h>

#include "host.h"
#include "oracle.h"
#include "parcel.h"
#include "parser.h"
#include "process.h"

/* What is read at once. */
#define READ_SIZE 512u
/* An agent that is kept so long learns late what happens. */
#define LONG_US 50000

struct SimPort {
    FrostParser *parser;
    unsigned visit;  /* of the client whose bytes were read last */
    bool is_feeding; /* the parser has bytes */
    bool has_part;   /* it has a part of a question */
};

bool
port_is_parsed_away(void)
{
    return world->seed % 8 != 0;
}

static FrostParserMode
mode_of_history(void)
{
    switch (world->seed % 8) {
    case 1:
        return FROST_PARSER_STRICT;
    case 2:
        return FROST_PARSER_OPEN;
    default:
        return FROST_PARSER_SEALED;
    }
}

static void
on_parcel(void *user, const uint8_t *bytes, size_t length)
{
    g_autoptr(QgaValue) value = qga_parcel_read(bytes, length);
    const QgaValue *name = qga_value_get(value, "execute");
    int64_t id = -1;

    if (!name || !qga_value_get_int(qga_value_get(value, "id"), &id))
        world_fail("a parcel is no question");
    else
        host_note_told((unsigned)id, qga_value_get_string(name));
}

static void
on_refusal(void *user, const char *desc)
{
    world_fail("a good question is refused: %s", desc);
}

static void
on_lost(void *user, const char *desc)
{
    SimPort *self = user;

    self->has_part = false;
    oracle_note_parser_loss(desc);
    host_dismiss(desc);
}

SimPort *
port_new(GMainContext *context)
{
    static const FrostParserEvents events = {
        .parcel = on_parcel, .refusal = on_refusal, .lost = on_lost};
    SimPort *self = calloc(1, sizeof *self);

    self->parser = frost_parser_new(1u << 20, context, &events, self);
    if (port_is_parsed_away())
        frost_parser_start(self->parser, mode_of_history());
    return self;
}

void
port_free(SimPort *self)
{
    frost_parser_free(self->parser);
    free(self);
}

static void
change_client(SimPort *self, unsigned visit)
{
    if (self->visit != visit)
        frost_parser_reset(self->parser);
    self->visit = visit;
    self->has_part = false;
}

static void
feed(SimPort *self, const char *bytes, size_t length)
{
    int64_t began_us = world->now_us;

    self->is_feeding = true;
    frost_parser_feed(self->parser, (const uint8_t *)bytes, length);
    self->is_feeding = false;
    if (world->now_us - began_us > LONG_US)
        world->oracle->upset_us = world->now_us;
}

void
port_read(SimPort *self)
{
    char bytes[READ_SIZE];
    unsigned visit;
    bool is_part;
    size_t length;

    while ((length = host_read(bytes, sizeof bytes, &visit, &is_part)) > 0) {
        change_client(self, visit);
        self->has_part = is_part;
        feed(self, bytes, length);
    }
    if (host_is_absent()) {
        frost_parser_reset(self->parser);
        self->has_part = false;
    }
}

bool
port_is_inside(const SimPort *self)
{
    return self->is_feeding || self->has_part;
}
