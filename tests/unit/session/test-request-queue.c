/* SPDX-License-Identifier: MIT */
#include "request-queue.h"

#include "test-support.h"

#define MAX_REQUEST (1024u * 1024)

static int
setup(void **state)
{
    *state = frost_request_queue_new(MAX_REQUEST);
    return 0;
}

static int
teardown(void **state)
{
    frost_request_queue_free(*state);
    return 0;
}

static void
requests_come_out_in_their_order(void **state)
{
    FrostRequestQueue *queue = *state;

    assert_true(frost_request_queue_is_empty(queue));
    assert_true(frost_request_queue_push(queue, 7, false, "first", 5));
    assert_true(frost_request_queue_push(queue, 8, true, "second\0x", 8));

    g_autofree FrostRequest *first = frost_request_queue_pop(queue);
    g_autofree FrostRequest *second = frost_request_queue_pop(queue);
    assert_int_equal(first->client, 7);
    assert_false(first->refusal);
    assert_string_equal(first->text, "first");
    assert_int_equal(second->client, 8);
    assert_true(second->refusal);
    assert_int_equal(second->length, 8);
    assert_memory_equal(second->text, "second\0x", 9);
    assert_null(frost_request_queue_pop(queue));
}

static void
many_requests_fill_it(void **state)
{
    FrostRequestQueue *queue = *state;
    unsigned count = 0;

    while (!frost_request_queue_is_full(queue)) {
        assert_true(frost_request_queue_push(queue, 1, false, "x", 1));
        count++;
    }
    assert_int_equal(count, 1024);
    while (!frost_request_queue_is_half_empty(queue)) {
        g_free(frost_request_queue_pop(queue));
        count--;
    }
    assert_int_equal(count, 511);
}

static void
large_requests_fill_it(void **state)
{
    FrostRequestQueue *queue = *state;
    g_autofree char *text = g_strnfill(MAX_REQUEST / 4, 'x');

    for (int i = 0; i < 4; i++) {
        assert_false(frost_request_queue_is_full(queue));
        assert_true(frost_request_queue_push(queue, 1, false, text, MAX_REQUEST / 4));
    }
    assert_true(frost_request_queue_is_full(queue));
    g_free(frost_request_queue_pop(queue));
    g_free(frost_request_queue_pop(queue));
    assert_false(frost_request_queue_is_half_empty(queue));
    g_free(frost_request_queue_pop(queue));
    assert_true(frost_request_queue_is_half_empty(queue));
}

static void
a_full_queue_has_room_for_what_a_departed_client_left(void **state)
{
    FrostRequestQueue *queue = *state;
    g_autofree char *text = g_strnfill(4 * MAX_REQUEST, 'x');

    while (!frost_request_queue_is_full(queue))
        assert_true(frost_request_queue_push(queue, 1, false, text, 1000));

    assert_true(frost_request_queue_push(queue, 1, false, text, 4 * MAX_REQUEST));
    for (int i = 0; i < 43690; i++)
        assert_true(frost_request_queue_push(queue, 1, false, "x", 1));
}

static void
its_memory_has_an_end(void **state)
{
    FrostRequestQueue *queue = *state;
    g_autofree char *text = g_strnfill(MAX_REQUEST, 'x');
    unsigned small = 0;
    unsigned large = 0;

    while (small < 1000000 && frost_request_queue_push(queue, 1, false, "x", 1))
        small++;
    assert_int_equal(small, 65536);
    frost_request_queue_clear(queue);
    assert_true(frost_request_queue_is_empty(queue));
    while (large < 1000 && frost_request_queue_push(queue, 1, false, text, MAX_REQUEST))
        large++;
    assert_int_equal(large, 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_come_out_in_their_order),
        TEST(many_requests_fill_it),
        TEST(large_requests_fill_it),
        TEST(a_full_queue_has_room_for_what_a_departed_client_left),
        TEST(its_memory_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
