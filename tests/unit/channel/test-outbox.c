/* SPDX-License-Identifier: MIT */
#include "outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "test-support.h"

/* A sink that takes so much and then says EAGAIN, or fails. */
static GString *sink;
static size_t room;
static int failure;

static ssize_t
sink_write(int fd, const void *bytes, size_t length)
{
    size_t n = MIN(length, room);

    if (n == 0) {
        errno = failure ? failure : EAGAIN;
        return -1;
    }
    room -= n;
    g_string_append_len(sink, bytes, (gssize)n);
    return (ssize_t)n;
}

static int
setup(void **state)
{
    sink = g_string_new(NULL);
    room = 0;
    failure = 0;
    *state = frost_outbox_new(32);
    return 0;
}

static int
teardown(void **state)
{
    frost_outbox_free(*state);
    g_string_free(sink, TRUE);
    return 0;
}

static bool
push(FrostOutbox *box, const char *line)
{
    return frost_outbox_push(box, line, strlen(line));
}

static int
flush(FrostOutbox *box, size_t more_room)
{
    room = more_room;
    return frost_outbox_flush(box, sink_write, -1);
}

static void
lines_leave_in_order(void **state)
{
    FrostOutbox *box = *state;

    assert_true(push(box, "one\n"));
    assert_true(push(box, "two\n"));
    assert_int_equal(flush(box, 6), -EAGAIN);
    assert_int_equal(frost_outbox_size(box), 2);
    assert_true(push(box, "three\n"));
    assert_int_equal(flush(box, 100), 0);

    assert_string_equal(sink->str, "one\ntwo\nthree\n");
    assert_int_equal(frost_outbox_size(box), 0);
}

static void
beyond_the_limit_all_but_the_begun_line_is_dropped(void **state)
{
    FrostOutbox *box = *state;

    assert_true(push(box, "0123456789\n"));
    assert_true(push(box, "abcdefghij\n"));
    assert_int_equal(flush(box, 4), -EAGAIN);
    assert_false(push(box, "a line that does not fit any more\n"));

    assert_int_equal(frost_outbox_size(box), strlen("456789\n"));
    assert_int_equal(flush(box, 100), 0);
    assert_string_equal(sink->str, "0123456789\n");
}

static void
between_lines_everything_is_dropped(void **state)
{
    FrostOutbox *box = *state;

    assert_true(push(box, "0123456789\n"));
    assert_true(push(box, "abcdefghij\n"));
    assert_int_equal(flush(box, 11), -EAGAIN);
    assert_false(push(box, "a line that does not fit any more\n"));

    assert_int_equal(frost_outbox_size(box), 0);
}

static void
nothing_is_taken_until_it_has_drained(void **state)
{
    FrostOutbox *box = *state;

    assert_true(push(box, "0123456789\n"));
    assert_int_equal(flush(box, 1), -EAGAIN);
    assert_false(push(box, "a line that does not fit any more\n"));

    assert_false(push(box, "x\n"));
    assert_int_equal(flush(box, 3), -EAGAIN);
    assert_false(push(box, "y\n"));
    assert_int_equal(flush(box, 100), 0);
    assert_true(push(box, "z\n"));
    assert_int_equal(flush(box, 100), 0);
    assert_string_equal(sink->str, "0123456789\nz\n");
}

static void
a_single_line_may_be_longer_than_the_limit(void **state)
{
    FrostOutbox *box = *state;
    const char *line = "one line that is far longer than the limit of the box\n";

    assert_true(push(box, line));
    assert_false(push(box, "x\n"));

    assert_int_equal(frost_outbox_size(box), 0);
    assert_int_equal(flush(box, 0), 0);
    assert_true(push(box, line));
    assert_int_equal(flush(box, 100), 0);
    assert_string_equal(sink->str, line);
}

static void
a_failed_write_keeps_the_begun_line_only(void **state)
{
    FrostOutbox *box = *state;

    assert_true(push(box, "one\n"));
    assert_true(push(box, "two\n"));
    failure = ENOMEM;
    assert_int_equal(flush(box, 1), -ENOMEM);

    assert_int_equal(frost_outbox_size(box), strlen("ne\n"));
    failure = 0;
    assert_int_equal(flush(box, 100), 0);
    assert_string_equal(sink->str, "one\n");
}

static void
a_new_reader_gets_nothing_of_the_old(void **state)
{
    FrostOutbox *box = *state;

    assert_true(push(box, "one\n"));
    assert_int_equal(flush(box, 2), -EAGAIN);
    assert_false(push(box, "a line that does not fit any more\n"));
    frost_outbox_clear(box);
    g_string_truncate(sink, 0);

    assert_true(push(box, "two\n"));
    assert_int_equal(flush(box, 100), 0);
    assert_string_equal(sink->str, "two\n");
}

static void
a_long_backlog_survives_its_compaction(void **state)
{
    g_autoptr(FrostOutbox) box = frost_outbox_new(1024 * 1024);
    g_autoptr(GString) all = g_string_new(NULL);

    for (int i = 0; i < 40000; i++) {
        g_autofree char *line = g_strdup_printf("line %d\n", i);

        g_string_append(all, line);
        assert_true(push(box, line));
        flush(box, i % 5 == 0 ? 20 : 8);
    }
    assert_uint_in_range(frost_outbox_size(box), 10000, all->len);
    assert_int_equal(flush(box, all->len), 0);
    assert_string_equal(sink->str, all->str);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_leave_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(beyond_the_limit_all_but_the_begun_line_is_dropped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(between_lines_everything_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_taken_until_it_has_drained, setup, teardown),
        cmocka_unit_test_setup_teardown(a_single_line_may_be_longer_than_the_limit, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_failed_write_keeps_the_begun_line_only, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_reader_gets_nothing_of_the_old, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_backlog_survives_its_compaction, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
