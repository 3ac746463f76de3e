/* SPDX-License-Identifier: MIT */

/*
 * The parsers of these tests are real processes: the first is a copy of the test, those that take
 * its place are this program started again (main()). LIE makes those say what no parser says.
 */

#include "parser.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parcel.h"
#include "parser-life.h"
#include "parser-wire.h"
#include "test-support.h"

#define MAX_BYTES 1000000u
#define LIE "FROST_TEST_LIE"

typedef struct {
    FrostParser *parser;
    GString *events; /* each a line: "= VALUE", "! DESC", "lost: DESC" */
} World;

#define ENDED                                                                                    \
    "lost: The agent's parser has ended before it had read all; what was not answered is to be " \
    "asked again\n"

static void
on_parcel(void *user, const uint8_t *bytes, size_t length)
{
    World *world = user;
    g_autoptr(QgaValue) value = qga_parcel_read(bytes, length);

    assert_non_null(value);
    g_string_append(world->events, "= ");
    qga_value_print(value, world->events);
    g_string_append_c(world->events, '\n');
}

static void
on_refusal(void *user, const char *desc)
{
    World *world = user;

    g_string_append_printf(world->events, "! %s\n", desc);
}

static void
on_lost(void *user, const char *desc)
{
    World *world = user;

    g_string_append_printf(world->events, "lost: %s\n", desc);
}

static int
setup_here(void **state)
{
    static const FrostParserEvents events = {
        .parcel = on_parcel, .refusal = on_refusal, .lost = on_lost};
    World *world = g_new0(World, 1);

    world->events = g_string_new(NULL);
    world->parser = frost_parser_new(MAX_BYTES, NULL, &events, world);
    *state = world;
    return 0;
}

static int
setup(void **state)
{
    g_unsetenv(LIE);
    setup_here(state);
    World *world = *state;
    frost_parser_start(world->parser, FROST_PARSER_SEALED);
    return 0;
}

/* A process that was killed may have been reaped already, if it has ended at once; one that was not
 * killed would be waited for without end. */
static void
wait_for_all_to_end(void)
{
    while (waitpid(-1, NULL, 0) > 0)
        continue;
}

static int
teardown(void **state)
{
    World *world = *state;

    frost_parser_free(world->parser);
    g_string_free(world->events, TRUE);
    g_free(world);
    wait_for_all_to_end();
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    return 0;
}

static void
feed(World *world, const char *text)
{
    frost_parser_feed(world->parser, (const uint8_t *)text, strlen(text));
}

static void
assert_events(World *world, const char *events)
{
    assert_string_equal(world->events->str, events);
    g_string_truncate(world->events, 0);
}

/* The only child of this process. */
static pid_t
child(void)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", (int)getpid());
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return (pid_t)g_ascii_strtoll(text, NULL, 10);
}

/* Without a child this fails: a signal to 0 would end whatever runs these tests. */
static void
send_to_child(int signal)
{
    pid_t pid = child();

    assert_int_not_equal(pid, 0);
    kill(pid, signal);
}

/* It stays a zombie, as its watch sees it only from the main loop. */
static void
kill_child(void)
{
    siginfo_t info;

    send_to_child(SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)child(), &info, WEXITED | WNOWAIT), 0);
}

static void
requests_come_as_they_were_sent(void **state)
{
    World *world = *state;

    feed(world,
         "{\"execute\": \"x\", 'arguments': {\"a\": [1.5, null, true, \"\\u00e9\"]}}\n[1] nul ");
    assert_events(world, "= {\"execute\": \"x\", \"arguments\": {\"a\": [1.5, null, true, "
                         "\"\\u00E9\"]}}\n= [1]\n! JSON parse error, invalid keyword 'nul'\n");
}

static void
a_request_may_come_in_pieces(void **state)
{
    World *world = *state;
    const char *text = "{\"execute\": \"x\"}{}";

    for (size_t i = 0; text[i]; i++)
        frost_parser_feed(world->parser, (const uint8_t *)text + i, 1);
    assert_events(world, "= {\"execute\": \"x\"}\n= {}\n");
}

static void
a_request_may_be_large(void **state)
{
    World *world = *state;
    g_autofree char *long_text = g_strnfill(MAX_BYTES / 2, 'x');
    g_autofree char *request = g_strdup_printf("{\"a\": \"%s\"}", long_text);
    g_autofree char *expected = g_strdup_printf("= {\"a\": \"%s\"}\n", long_text);

    feed(world, request);
    assert_events(world, expected);
}

static void
the_rest_of_a_client_that_has_gone_is_dropped(void **state)
{
    World *world = *state;

    feed(world, "{\"a\": ");
    frost_parser_reset(world->parser);
    feed(world, "7 {}");
    assert_events(world, "= 7\n= {}\n");
}

static void
a_process_that_dies_between_two_requests_is_replaced_unnoticed(void **state)
{
    World *world = *state;

    feed(world, "[1]");
    kill_child();
    feed(world, "[2]");
    kill_child();
    feed(world, "[3]");
    assert_events(world, "= [1]\n= [2]\n= [3]\n");
}

static void
move_to(pid_t pid, int cpu)
{
    cpu_set_t only;

    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    assert_int_equal(sched_setaffinity(pid, sizeof only, &only), 0);
}

/* Also of another user, which this process could not move without a right to do so. */
static void
a_process_runs_where_it_is_waited_for(void **state)
{
    World *world = *state;
    cpu_set_t before, its;

    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &before))
            continue;
        move_to(0, cpu);
        feed(world, "[1]");
        assert_int_equal(sched_getaffinity(child(), sizeof its, &its), 0);
        assert_int_equal(CPU_COUNT(&its), 1);
        assert_true(CPU_ISSET(cpu, &its));
    }
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

static void
a_process_that_dies_in_a_request_loses_it(void **state)
{
    World *world = *state;

    feed(world, "[1] [2,");
    kill_child();
    feed(world, "3]");
    assert_events(world, "= [1]\n" ENDED);
    frost_parser_reset(world->parser);
    feed(world, "[4]");
    assert_events(world, "= [4]\n");
}

static void
the_main_loop_sees_a_process_die(void **state)
{
    World *world = *state;
    gint64 deadline_us = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

    feed(world, "[1,");
    send_to_child(SIGKILL);
    while (world->events->len == 0 && test_turn(deadline_us))
        continue;
    assert_events(world, ENDED);
}

static void
a_process_that_stops_is_killed_and_replaced(void **state)
{
    World *world = *state;

    feed(world, "[1]");
    send_to_child(SIGSTOP);
    feed(world, "[2]");
    assert_events(world, "= [1]\n" ENDED);
    feed(world, "[3]");
    assert_events(world, "= [3]\n");
}

static void
a_process_that_lies_is_killed_and_its_words_are_dropped(void **state)
{
    static const char *const lies[] = {"parcel", "count", "kind", "length", "done"};
    World *world = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(lies); i++) {
        feed(world, "[1]");
        assert_events(world, "= [1]\n");
        g_setenv(LIE, lies[i], TRUE);
        kill_child();
        feed(world, "[2]");
        g_unsetenv(LIE);
        assert_events(world, i == 1 ? "! x\n! x\n! x\n" ENDED : ENDED);
        wait_for_all_to_end();
    }
}

static void
without_a_process_it_parses_here(void **state)
{
    World *world = *state;

    feed(world, "[1] ,");
    assert_events(world, "= [1]\n! JSON parse error, expecting value\n");
    assert_int_equal(child(), 0);
}

/* No descriptor is free, so that none can be had for a process. */
static void
start_without_descriptors(World *world, FrostParserMode mode)
{
    struct rlimit before, none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    frost_parser_start(world->parser, mode);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void
where_no_process_can_be_started_it_parses_here(void **state)
{
    World *world = *state;

    start_without_descriptors(world, FROST_PARSER_SEALED);
    feed(world, "[1]");
    assert_events(world, "= [1]\n");
}

static void
one_that_must_have_a_process_and_has_none_says_that(void **state)
{
    World *world = *state;

    start_without_descriptors(world, FROST_PARSER_STRICT);
    feed(world, "[1]");
    assert_events(world, "lost: The agent reads nothing, as no process can be started to parse it "
                         "(sandbox=require)\n");
}

/* As a program that lies in the parser's place ------------------------------------------------- */

static void
say(int link, uint32_t kind, const void *content, uint32_t length)
{
    const FrostParserHead head = {.kind = kind, .length = length};

    if (write(link, &head, sizeof head) < 0 || (content && write(link, content, length) < 0))
        _exit(1);
}

static _Noreturn void
lie(int link, const char *how)
{
    const FrostParserLacks lacks = {{0}};
    char bytes[64];

    say(link, FROST_PARSER_READY, &lacks, sizeof lacks);
    if (read(link, bytes, sizeof bytes) <= 0)
        _exit(1);
    if (strcmp(how, "parcel") == 0)
        say(link, FROST_PARSER_PARCEL, "\x06\xff\xff\xff\xff", 5);
    for (int i = 0; strcmp(how, "count") == 0 && i < 4; i++)
        say(link, FROST_PARSER_REFUSAL, "x", 1);
    if (strcmp(how, "kind") == 0)
        say(link, 99, "", 0);
    if (strcmp(how, "length") == 0)
        say(link, FROST_PARSER_PARCEL, NULL, G_MAXUINT32);
    if (strcmp(how, "done") == 0)
        say(link, FROST_PARSER_DONE_AT_REST, "x", 1);
    pause();
    _exit(0);
}

int
main(int argc, char **argv)
{
    FrostParserTerms terms;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_come_as_they_were_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_may_come_in_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(a_request_may_be_large, setup, teardown),
        cmocka_unit_test_setup_teardown(the_rest_of_a_client_that_has_gone_is_dropped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_process_that_dies_between_two_requests_is_replaced_unnoticed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_runs_where_it_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_that_dies_in_a_request_loses_it, setup, teardown),
        cmocka_unit_test_setup_teardown(the_main_loop_sees_a_process_die, setup, teardown),
        cmocka_unit_test_setup_teardown(a_process_that_stops_is_killed_and_replaced, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_process_that_lies_is_killed_and_its_words_are_dropped,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_process_it_parses_here, setup_here, teardown),
        cmocka_unit_test_setup_teardown(where_no_process_can_be_started_it_parses_here, setup_here,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_that_must_have_a_process_and_has_none_says_that,
                                        setup_here, teardown),
    };

    if (frost_parser_terms_parse(&terms, argc, argv) && g_getenv(LIE))
        lie(terms.link, g_getenv(LIE));
    if (frost_parser_terms_parse(&terms, argc, argv))
        frost_parser_live(&terms);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
