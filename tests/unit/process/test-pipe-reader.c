/* SPDX-License-Identifier: MIT */

#include "pipe-reader.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "test-support.h"

/* A stream, and the end that a child would write into. */
static FrostPipeReader *
stream(FrostPipeBudget *budget, int *out_end)
{
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    *out_end = fds[1];
    return frost_pipe_reader_new(fds[0], NULL, budget);
}

static void
says(FrostPipeReader *reader, int end, const char *text)
{
    assert_int_equal(write(end, text, strlen(text)), (ssize_t)strlen(text));
    frost_pipe_reader_drain(reader);
}

static void
assert_kept(const FrostPipeReader *reader, const char *text, bool truncated)
{
    const GByteArray *bytes = frost_pipe_reader_bytes(reader);

    assert_int_equal(bytes->len, strlen(text));
    assert_memory_equal(bytes->data, text, strlen(text));
    assert_int_equal(frost_pipe_reader_is_truncated(reader), truncated);
}

static void
bytes_that_one_stream_gives_back_are_room_for_others(void **state)
{
    g_autoptr(FrostPipeBudget) budget = frost_pipe_budget_new(8);
    int ends[2];
    FrostPipeReader *first = stream(budget, &ends[0]);
    FrostPipeReader *second = stream(budget, &ends[1]);

    says(first, ends[0], "12345");
    says(second, ends[1], "abc");
    frost_pipe_reader_abandon(first);
    says(second, ends[1], "defgh");
    assert_kept(second, "abcdefgh", false);

    frost_pipe_reader_abandon(second);
    close(ends[0]);
    close(ends[1]);
}

static void
nothing_is_kept_after_what_was_cut_off(void **state)
{
    g_autoptr(FrostPipeBudget) budget = frost_pipe_budget_new(8);
    int ends[2];
    FrostPipeReader *first = stream(budget, &ends[0]);
    FrostPipeReader *second = stream(budget, &ends[1]);

    says(first, ends[0], "12345");
    says(second, ends[1], "abcdef");
    assert_kept(second, "abc", true);
    frost_pipe_reader_abandon(first);
    says(second, ends[1], "gh");
    assert_kept(second, "abc", true);

    frost_pipe_reader_abandon(second);
    close(ends[0]);
    close(ends[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_one_stream_gives_back_are_room_for_others),
        cmocka_unit_test(nothing_is_kept_after_what_was_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
