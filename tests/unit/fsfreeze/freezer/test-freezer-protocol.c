/* SPDX-License-Identifier: MIT */
#include "freezer-protocol.h"

#include <unistd.h>

#include "test-support.h"

typedef struct {
    int agent;
    int freezer;
} Link;

static int
setup(void **state)
{
    Link *link = g_new0(Link, 1);
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    *link = (Link){pair[0], pair[1]};
    *state = link;
    return 0;
}

static int
teardown(void **state)
{
    Link *link = *state;

    if (link->agent >= 0)
        close(link->agent);
    close(link->freezer);
    g_free(link);
    return 0;
}

static void
say(int fd, FrostMessageKind kind)
{
    frost_message_send(fd, &(FrostMessage){.kind = kind, .culprit = -1});
}

static void
assert_received(int fd, FrostMessageKind kind)
{
    FrostMessage message = {0};

    assert_int_equal(frost_message_receive(fd, &message), FROST_RECEIVED_MESSAGE);
    assert_int_equal(message.kind, kind);
}

static void
what_was_said_arrives_and_then_nothing_for_now(void **state)
{
    const Link *link = *state;
    FrostMessage message;

    say(link->agent, FROST_MESSAGE_SYNC);
    assert_received(link->freezer, FROST_MESSAGE_SYNC);
    assert_int_equal(frost_message_receive(link->freezer, &message), FROST_RECEIVED_NOTHING);
}

static void
the_last_word_arrives_before_the_end(void **state)
{
    Link *link = *state;
    FrostMessage message;

    say(link->agent, FROST_MESSAGE_FINISH);
    close(link->agent);
    link->agent = -1;
    assert_received(link->freezer, FROST_MESSAGE_FINISH);
    assert_int_equal(frost_message_receive(link->freezer, &message), FROST_RECEIVED_END);
}

/* The two had crossed. */
static void
it_does_so_from_one_who_left_our_words_unread(void **state)
{
    Link *link = *state;
    FrostMessage message;

    say(link->freezer, FROST_MESSAGE_THAWING);
    say(link->agent, FROST_MESSAGE_FINISH);
    close(link->agent);
    link->agent = -1;
    assert_received(link->freezer, FROST_MESSAGE_FINISH);
    assert_int_equal(frost_message_receive(link->freezer, &message), FROST_RECEIVED_END);
}

static void
who_left_our_words_unread_and_said_nothing_is_gone(void **state)
{
    Link *link = *state;
    FrostMessage message;

    say(link->freezer, FROST_MESSAGE_THAWING);
    close(link->agent);
    link->agent = -1;
    assert_int_equal(frost_message_receive(link->freezer, &message), FROST_RECEIVED_END);
}

static void
half_a_message_is_the_end(void **state)
{
    const Link *link = *state;
    FrostMessage message;

    assert_int_equal(send(link->agent, "FINISH", 6, 0), 6);
    assert_int_equal(frost_message_receive(link->freezer, &message), FROST_RECEIVED_END);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_said_arrives_and_then_nothing_for_now),
        TEST(the_last_word_arrives_before_the_end),
        TEST(it_does_so_from_one_who_left_our_words_unread),
        TEST(who_left_our_words_unread_and_said_nothing_is_gone),
        TEST(half_a_message_is_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
