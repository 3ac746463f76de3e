/* SPDX-License-Identifier: MIT */
#include "thaw-answer.h"

#include "freezer-protocol.h"
#include "test-support.h"

#define WAIT_US ((int64_t)FROST_THAW_WAIT_MS * 1000)

static void
a_thaw_that_ends_in_time_is_not_answered_early(void **state)
{
    FrostThawAnswer answer = {.state = FROST_THAW_ANSWER_NOT_DUE};

    frost_thaw_answer_begin(&answer, 100);
    assert_int_equal(answer.state, FROST_THAW_ANSWER_DUE);
    assert_false(frost_thaw_answer_expire(&answer, 99 + WAIT_US));
    assert_false(frost_thaw_answer_end(&answer));
    assert_int_equal(answer.state, FROST_THAW_ANSWER_NOT_DUE);
    assert_false(frost_thaw_answer_expire(&answer, 101 + WAIT_US));
}

static void
one_that_takes_longer_is_answered_early_once(void **state)
{
    FrostThawAnswer answer = {.state = FROST_THAW_ANSWER_NOT_DUE};

    frost_thaw_answer_begin(&answer, 100);
    assert_true(frost_thaw_answer_expire(&answer, 100 + WAIT_US));
    assert_int_equal(answer.state, FROST_THAW_ANSWER_EARLY);
    assert_false(frost_thaw_answer_expire(&answer, 200 + WAIT_US));
    assert_true(frost_thaw_answer_end(&answer));
    assert_int_equal(answer.state, FROST_THAW_ANSWER_NOT_DUE);
}

static void
another_thaw_is_due_again(void **state)
{
    FrostThawAnswer answer = {.state = FROST_THAW_ANSWER_NOT_DUE};

    frost_thaw_answer_begin(&answer, 100);
    frost_thaw_answer_expire(&answer, 100 + WAIT_US);
    frost_thaw_answer_begin(&answer, 200 + WAIT_US);
    assert_int_equal(answer.state, FROST_THAW_ANSWER_DUE);
    assert_false(frost_thaw_answer_expire(&answer, 300 + WAIT_US));
    assert_false(frost_thaw_answer_end(&answer));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thaw_that_ends_in_time_is_not_answered_early),
        cmocka_unit_test(one_that_takes_longer_is_answered_early_once),
        cmocka_unit_test(another_thaw_is_due_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
