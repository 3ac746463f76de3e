/* SPDX-License-Identifier: MIT */

#include "dispatch.h"
#include "test-support.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

typedef struct {
    QgaDispatch *dispatch;
    QgaCall *kept; /* by the command "later" */
    unsigned runs;
    GString *answers;
    unsigned answered;
} World;

static void
ping(QgaCall *call, void *context)
{
    World *world = context;
    GError *error = NULL;

    world->runs++;
    if (qga_args_end(qga_call_args(call), &error))
        qga_call_return(call, NULL);
    else
        qga_call_fail(call, error);
}

static void
later(QgaCall *call, void *context)
{
    World *world = context;

    world->kept = call;
}

static const QgaCommand commands[] = {
    {"ping", QGA_COMMAND_PLAIN, ping},
    {"status", QGA_COMMAND_WHILE_FROZEN, ping},
    {"silent", QGA_COMMAND_NO_REPLY, ping},
    {"delimited", QGA_COMMAND_DELIMITED, ping},
    {"silent-delimited", QGA_COMMAND_NO_REPLY | QGA_COMMAND_DELIMITED, ping},
    {"later", QGA_COMMAND_PLAIN, later},
};

static int
setup(void **state)
{
    World *world = g_new0(World, 1);

    world->dispatch = qga_dispatch_new();
    world->answers = g_string_new(NULL);
    qga_dispatch_add(world->dispatch, commands, G_N_ELEMENTS(commands), world);
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    World *world = *state;

    qga_dispatch_free(world->dispatch);
    g_string_free(world->answers, TRUE);
    g_free(world);
    return 0;
}

static void
answered(void *user, GBytes *line)
{
    World *world = user;

    world->answered++;
    if (line) {
        gsize length;
        const char *bytes = g_bytes_get_data(line, &length);

        g_string_append_len(world->answers, bytes, (gssize)length);
    }
}

static void
run(World *world, const char *text)
{
    g_autoptr(QgaValue) request = qga_value_parse(text, strlen(text));

    qga_dispatch_run(world->dispatch, request, answered, world);
}

static void
assert_answers(World *world, const char *text, const char *expected)
{
    g_string_truncate(world->answers, 0);
    world->answered = 0;
    run(world, text);
    assert_string_equal(world->answers->str, expected);
    assert_int_equal(world->answered, 1);
}

#define EMPTY "{\"return\": {}}\n"
#define NOT_FOUND(desc) "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"" desc "\"}}\n"
#define DISABLED(name) NOT_FOUND("Command " name " has been disabled: the command is not allowed")

static void
a_command_is_carried_out_and_answered(void **state)
{
    World *world = *state;

    assert_answers(world, "{\"execute\":\"ping\"}", EMPTY);
    assert_answers(world, "{\"execute\":\"ping\",\"arguments\":{},\"id\":[1]}",
                   "{\"return\": {}, \"id\": [1]}\n");
    assert_int_equal(world->runs, 2);
}

static void
a_handler_can_fail(void **state)
{
    assert_answers(*state, "{\"execute\":\"ping\",\"arguments\":{\"foo\":1},\"id\":null}",
                   "{\"id\": null, \"error\": {\"class\": \"GenericError\", "
                   "\"desc\": \"Parameter 'foo' is unexpected\"}}\n");
}

static void
an_unknown_command_is_not_found(void **state)
{
    World *world = *state;

    assert_answers(world, "{\"execute\":\"\"}", NOT_FOUND("The command  has not been found"));
    assert_answers(world, "{\"execute\":\"Ping\"}",
                   NOT_FOUND("The command Ping has not been found"));
    assert_answers(world, "{\"execute\":\"ping\xC0\x80\"}",
                   NOT_FOUND("The command ping\\u0000 has not been found"));
    assert_int_equal(world->runs, 0);
}

static void
the_envelope_is_checked_before_the_command_and_that_before_its_arguments(void **state)
{
    World *world = *state;

    assert_answers(world, "{\"execute\":\"nix\",\"arguments\":5,\"id\":3}",
                   "{\"id\": 3, \"error\": {\"class\": \"GenericError\", "
                   "\"desc\": \"QMP input member 'arguments' must be an object\"}}\n");
    assert_answers(world, "[]",
                   "{\"error\": {\"class\": \"GenericError\", "
                   "\"desc\": \"QMP input must be a JSON object\"}}\n");
    qga_dispatch_restrict(world->dispatch, NULL, NAMES("ping", "nix"));
    assert_answers(world, "{\"execute\":\"nix\"}", NOT_FOUND("The command nix has not been found"));
    assert_answers(world, "{\"execute\":\"ping\",\"arguments\":{\"foo\":1}}", DISABLED("ping"));
}

static void
the_block_list_takes_away(void **state)
{
    World *world = *state;

    qga_dispatch_restrict(world->dispatch, NULL, NAMES("ping", "nix"));

    assert_answers(world, "{\"execute\":\"ping\"}", DISABLED("ping"));
    assert_answers(world, "{\"execute\":\"status\"}", EMPTY);
}

static void
the_allow_list_leaves_only_its_own(void **state)
{
    World *world = *state;

    qga_dispatch_restrict(world->dispatch, NAMES("ping", "status"), NAMES("status"));

    assert_answers(world, "{\"execute\":\"ping\"}", EMPTY);
    assert_answers(world, "{\"execute\":\"status\"}", DISABLED("status"));
    assert_answers(world, "{\"execute\":\"delimited\"}", DISABLED("delimited"));
}

static void
an_empty_list_is_no_list(void **state)
{
    World *world = *state;
    const char *const empty[] = {NULL};

    qga_dispatch_restrict(world->dispatch, NAMES("nix"), NAMES("ping"));
    qga_dispatch_restrict(world->dispatch, empty, empty);
    assert_answers(world, "{\"execute\":\"ping\"}", EMPTY);
    qga_dispatch_restrict(world->dispatch, NULL, NULL);
    assert_answers(world, "{\"execute\":\"ping\"}", EMPTY);
}

static void
while_frozen_the_flag_alone_decides(void **state)
{
    World *world = *state;

    qga_dispatch_restrict(world->dispatch, NAMES("ping"), NAMES("status"));
    qga_dispatch_set_frozen(world->dispatch, true);
    assert_answers(world, "{\"execute\":\"ping\"}", DISABLED("ping"));
    assert_answers(world, "{\"execute\":\"status\"}", EMPTY);
    qga_dispatch_set_frozen(world->dispatch, false);
    assert_answers(world, "{\"execute\":\"ping\"}", EMPTY);
    assert_answers(world, "{\"execute\":\"status\"}", DISABLED("status"));
}

static void
list_one(const QgaCommand *command, bool enabled, void *user)
{
    g_string_append_printf(user, "%s%s ", enabled ? "" : "-", command->name);
}

static void
commands_are_listed_in_order_with_what_is_enabled(void **state)
{
    static const QgaCommand more[] = {{"extra", QGA_COMMAND_PLAIN, ping}};
    World *world = *state;
    g_autoptr(GString) list = g_string_new(NULL);

    qga_dispatch_restrict(world->dispatch, NULL, NAMES("extra", "status"));
    qga_dispatch_add(world->dispatch, more, G_N_ELEMENTS(more), world);
    qga_dispatch_foreach(world->dispatch, list_one, list);

    assert_string_equal(list->str, "ping -status silent delimited silent-delimited later -extra ");
}

static void
success_without_reply_is_silent_and_failure_is_not(void **state)
{
    World *world = *state;

    assert_answers(world, "{\"execute\":\"silent\",\"id\":1}", "");
    assert_answers(world, "{\"execute\":\"silent-delimited\"}", "");
    assert_answers(world, "{\"execute\":\"silent\",\"arguments\":{\"x\":1}}",
                   "{\"error\": {\"class\": \"GenericError\", "
                   "\"desc\": \"Parameter 'x' is unexpected\"}}\n");
}

static void
only_success_is_delimited(void **state)
{
    World *world = *state;

    assert_answers(world, "{\"execute\":\"delimited\"}", "\xFF" EMPTY);
    assert_answers(world, "{\"execute\":\"delimited\",\"arguments\":{\"x\":1}}",
                   "{\"error\": {\"class\": \"GenericError\", "
                   "\"desc\": \"Parameter 'x' is unexpected\"}}\n");
}

static void
a_call_can_be_ended_later(void **state)
{
    World *world = *state;

    run(world, "{\"execute\":\"later\",\"id\":7,\"arguments\":{\"a\":\"kept\"}}");
    assert_int_equal(world->answered, 0);
    assert_ptr_equal(qga_call_dispatch(world->kept), world->dispatch);
    const char *string;
    assert_true(qga_args_string(qga_call_args(world->kept), "a", &string, NULL));
    assert_string_equal(string, "kept");

    qga_call_return(world->kept, qga_value_new_string("done"));
    assert_int_equal(world->answered, 1);
    assert_string_equal(world->answers->str, "{\"return\": \"done\", \"id\": 7}\n");
}

static void
a_restriction_does_not_reach_a_call_under_way(void **state)
{
    World *world = *state;

    run(world, "{\"execute\":\"later\"}");
    qga_dispatch_set_frozen(world->dispatch, true);
    qga_call_return(world->kept, NULL);

    assert_string_equal(world->answers->str, EMPTY);
}

/* The sanitizer sees it if the call stays behind, and teardown if it is ended. */
static void
a_call_that_is_never_ended_goes_with_its_dispatch(void **state)
{
    World *world = *state;

    run(world, "{\"execute\":\"later\",\"id\":{\"a\":1}}");
    run(world, "{\"execute\":\"later\",\"id\":{\"a\":2}}");
    assert_int_equal(world->answered, 0);
    g_clear_pointer(&world->dispatch, qga_dispatch_free);

    assert_int_equal(world->answered, 2);
    assert_string_equal(world->answers->str, "");
}

static void
run_another(void *user, GBytes *line)
{
    World *world = user;

    answered(user, line);
    run(world, "{\"execute\":\"status\"}");
}

static void
whoever_hears_an_answer_may_run_the_next_request(void **state)
{
    World *world = *state;
    g_autoptr(QgaValue) request = qga_value_parse("{\"execute\":\"ping\"}", 18);

    qga_dispatch_run(world->dispatch, request, run_another, world);

    assert_string_equal(world->answers->str, EMPTY EMPTY);
}

static bool
count_run(void *user, const QgaValue *arguments)
{
    World *world = user;

    world->runs++;
    return true;
}

static bool
count_and_stay(void *user, const QgaValue *arguments)
{
    World *world = user;

    world->runs += arguments ? 10 : 1;
    return false;
}

static void
announce(World *world, const char *text)
{
    g_autoptr(QgaValue) request = qga_value_parse(text, strlen(text));

    qga_dispatch_announce(world->dispatch, request);
}

static void
a_call_that_does_not_give_way_is_told_of_the_next_one_too(void **state)
{
    World *world = *state;

    run(world, "{\"execute\":\"later\"}");
    qga_call_give_way(world->kept, "ping", count_and_stay, world);
    announce(world, "{\"execute\":\"ping\"}");
    announce(world, "{\"execute\":\"ping\", \"arguments\": {\"a\": 1}}");
    assert_int_equal(world->runs, 11);
    qga_call_return(world->kept, NULL);
}

static void
a_call_that_gives_way_hears_of_the_command_that_it_gives_way_to(void **state)
{
    World *world = *state;

    run(world, "{\"execute\":\"later\"}");
    qga_call_give_way(world->kept, "ping", count_run, world);
    announce(world, "{\"execute\":\"status\"}");
    announce(world, "{\"execute\":\"ping\", \"no\": 1}");
    announce(world, "ping");
    assert_int_equal(world->runs, 0);
    announce(world, "{\"execute\":\"ping\"}");
    announce(world, "{\"execute\":\"ping\"}");
    assert_int_equal(world->runs, 1);
    qga_call_return(world->kept, NULL);
}

static void
a_command_that_will_be_refused_is_given_no_way(void **state)
{
    World *world = *state;

    qga_dispatch_restrict(world->dispatch, NULL, NAMES("ping"));
    run(world, "{\"execute\":\"later\"}");
    qga_call_give_way(world->kept, "ping", count_run, world);
    announce(world, "{\"execute\":\"ping\"}");

    assert_int_equal(world->runs, 0);
    qga_call_return(world->kept, NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_is_carried_out_and_answered),
        TEST(a_handler_can_fail),
        TEST(an_unknown_command_is_not_found),
        TEST(the_envelope_is_checked_before_the_command_and_that_before_its_arguments),
        TEST(the_block_list_takes_away),
        TEST(the_allow_list_leaves_only_its_own),
        TEST(an_empty_list_is_no_list),
        TEST(while_frozen_the_flag_alone_decides),
        TEST(commands_are_listed_in_order_with_what_is_enabled),
        TEST(success_without_reply_is_silent_and_failure_is_not),
        TEST(only_success_is_delimited),
        TEST(a_call_can_be_ended_later),
        TEST(a_restriction_does_not_reach_a_call_under_way),
        TEST(a_call_that_is_never_ended_goes_with_its_dispatch),
        TEST(whoever_hears_an_answer_may_run_the_next_request),
        TEST(a_call_that_does_not_give_way_is_told_of_the_next_one_too),
        TEST(a_call_that_gives_way_hears_of_the_command_that_it_gives_way_to),
        TEST(a_command_that_will_be_refused_is_given_no_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
