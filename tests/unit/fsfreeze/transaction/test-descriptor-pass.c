/* SPDX-License-Identifier: MIT */
#include "descriptor-pass.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-support.h"

/* More than two messages hold. */
#define MANY 600

static int
setup(void **state)
{
    int *pair = g_new(int, 2);

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    *state = pair;
    return 0;
}

static int
teardown(void **state)
{
    int *pair = *state;

    close(pair[0]);
    close(pair[1]);
    g_free(pair);
    return 0;
}

static void
all_arrive_in_their_order_and_are_not_inherited(void **state)
{
    static const char *const paths[] = {"/", "/proc", "/dev/null"};
    const int *pair = *state;
    int sent[G_N_ELEMENTS(paths)], got[MANY];
    int many[MANY];

    for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++)
        sent[i] = open(paths[i], O_RDONLY | O_CLOEXEC);
    for (unsigned i = 0; i < MANY; i++)
        many[i] = sent[i % G_N_ELEMENTS(paths)];
    assert_int_equal(frost_descriptors_send(pair[1], many, MANY), 0);
    assert_int_equal(frost_descriptors_receive(pair[0], got, MANY), 0);

    for (unsigned i = 0; i < MANY; i++) {
        struct stat a, b;

        assert_int_equal(fstat(got[i], &a), 0);
        assert_int_equal(fstat(many[i], &b), 0);
        assert_true(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
        assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
        close(got[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++)
        close(sent[i]);
}

static void
nothing_sent_is_an_error_and_no_wait(void **state)
{
    const int *pair = *state;
    int got;

    assert_int_equal(frost_descriptors_receive(pair[0], &got, 1), -EAGAIN);
    assert_int_equal(frost_descriptors_receive(pair[0], &got, 0), 0);
}

static void
whoever_sends_to_nobody_is_told(void **state)
{
    int *pair = *state;
    int fd = 0;

    close(pair[0]);
    assert_int_equal(frost_descriptors_send(pair[1], &fd, 1), -EPIPE);
    pair[0] = dup(pair[1]);
}

/* As of a process that has all the descriptors that it may have. */
static void
where_there_is_no_room_none_is_taken(void **state)
{
    const int *pair = *state;
    const int sent[] = {pair[0], pair[1], pair[0]};
    struct rlimit before;
    int got[3];

    assert_int_equal(frost_descriptors_send(pair[1], sent, 3), 0);
    test_use_up_descriptors(&before);
    assert_int_equal(frost_descriptors_receive(pair[0], got, 3), -EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_arrive_in_their_order_and_are_not_inherited),
        TEST(nothing_sent_is_an_error_and_no_wait),
        TEST(whoever_sends_to_nobody_is_told),
        TEST(where_there_is_no_room_none_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
