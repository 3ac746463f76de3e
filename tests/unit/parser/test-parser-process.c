/* SPDX-License-Identifier: MIT */

/*
 * The agent's end of a link; the test is at the other end, in the place of a parser.
 */

#include "parser-process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test-support.h"

typedef struct {
    FrostParserProcess *process;
    int agent;  /* the agent's end, which @process owns */
    int parser; /* the other one */
} Link;

static void
on_parcel(void *user, const uint8_t *bytes, size_t length)
{
}

static void
on_refusal(void *user, const char *desc)
{
}

static void
on_ready(void *user, const FrostParserLacks *lacks)
{
}

static int
setup(void **state)
{
    static const FrostParserProcessEvents events = {
        .parcel = on_parcel, .refusal = on_refusal, .ready = on_ready};
    Link *self = g_new0(Link, 1);
    int pair[2];

    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    self->agent = pair[0];
    self->parser = pair[1];
    self->process = frost_parser_process_adopt(pair[0], 1000, &events, self);
    *state = self;
    return 0;
}

static int
teardown(void **state)
{
    Link *self = *state;

    frost_parser_process_free(self->process);
    close(self->parser);
    g_free(self);
    return 0;
}

static void
say(const Link *self, FrostParserKind kind, const void *content, uint32_t length)
{
    const FrostParserHead head = {.kind = kind, .length = length};

    assert_int_equal(write(self->parser, &head, sizeof head), sizeof head);
    assert_int_equal(write(self->parser, content, length), length);
}

static FrostParsed
feed(Link *self, const char *text)
{
    return frost_parser_process_feed(self->process, (const uint8_t *)text, strlen(text));
}

/* Nothing more can be sent on it. */
static void
stop_up(int socket)
{
    static const char bytes[4096];

    while (send(socket, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    while (send(socket, bytes, 1, MSG_DONTWAIT) > 0)
        ;
}

static void
drain(int socket)
{
    char bytes[4096];

    while (recv(socket, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

/* What it has of the client before would become a part of the next one's request. */
static void
one_that_was_not_told_of_a_new_client_is_not_fed(void **state)
{
    Link *self = *state;
    const FrostParserLacks none = {{0}};

    say(self, FROST_PARSER_READY, &none, sizeof none);
    say(self, FROST_PARSER_DONE_INSIDE, NULL, 0);
    assert_int_equal(feed(self, "{"), FROST_PARSED);
    assert_false(frost_parser_process_is_at_rest(self->process));
    stop_up(self->agent);
    frost_parser_process_reset(self->process);
    assert_true(frost_parser_process_is_at_rest(self->process));
    drain(self->parser);
    say(self, FROST_PARSER_DONE_AT_REST, NULL, 0);
    assert_int_equal(feed(self, "{}"), FROST_PARSER_DEAD);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_that_was_not_told_of_a_new_client_is_not_fed, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
