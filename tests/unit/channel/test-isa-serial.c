/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "method.h"
#include "recorder.h"

/* A pseudo terminal: the agent has the slave's end, the test is the host. */
typedef struct {
    int host;
    char *path;
    Recorder *recorder;
    FrostChannel *channel;
} Line;

static int
setup(void **state)
{
    g_autoptr(GError) error = NULL;
    Line *line = g_new0(Line, 1);

    line->host = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(line->host >= 0);
    assert_int_equal(grantpt(line->host), 0);
    assert_int_equal(unlockpt(line->host), 0);
    line->path = g_strdup(ptsname(line->host));
    line->recorder = recorder_new();
    line->channel = frost_channel_open("isa-serial", line->path, NULL, &recorder_events,
                                       line->recorder, &error);
    assert_no_error(error);
    *state = line;
    return 0;
}

static int
teardown(void **state)
{
    Line *line = *state;

    frost_channel_free(line->channel);
    recorder_free(line->recorder);
    if (line->host >= 0)
        close(line->host);
    g_free(line->path);
    g_free(line);
    return 0;
}

static void
say(const Line *line, const char *text)
{
    assert_int_equal(write(line->host, text, strlen(text)), strlen(text));
}

static void
the_line_is_raw_at_38400(void **state)
{
    Line *line = *state;
    struct termios tty;

    assert_int_equal(tcgetattr(line->host, &tty), 0);

    assert_true(cfgetispeed(&tty) == B38400);
    assert_true(cfgetospeed(&tty) == B38400);
    assert_int_equal(tty.c_lflag, 0);
    assert_int_equal(tty.c_oflag, 0);
    assert_int_equal(tty.c_iflag & (ICRNL | IXON | ISTRIP | BRKINT | IGNBRK | INLCR | IGNCR), 0);
    assert_int_equal(tty.c_cflag & (CSIZE | PARENB | CSTOPB | CREAD | CLOCAL),
                     CS8 | CREAD | CLOCAL);
    assert_int_equal(tty.c_cc[VMIN], 1);
    assert_int_equal(tty.c_cc[VTIME], 0);
}

static void
after_a_client_was_dismissed_the_line_is_opened_again(void **state)
{
    Line *line = *state;

    say(line, "asked");
    recorder_expect(line->recorder, "asked");
    frost_channel_dismiss(line->channel);
    recorder_expect(line->recorder, "asked<departed>");
    say(line, "next");
    recorder_expect(line->recorder, "asked<departed>next");
    expect_quiet();
}

static void
bytes_pass_unchanged_both_ways(void **state)
{
    Line *line = *state;

    say(line, "\xff{\r\n\x03\x04\x11\x13\x7f}");
    recorder_expect(line->recorder, "\xff{\r\n\x03\x04\x11\x13\x7f}");
    send_text(line->channel, "\xff{\"return\": 1}\n");

    test_expect_read(line->host, "\xff{\"return\": 1}\n");
    expect_quiet();
}

/*
 * A hang-up, as a carrier that is lost brings it: every read of that descriptor fails from then
 * on, while the line can be opened anew. The kernel lets root alone bring one about, so here the
 * descriptor pretends.
 */
static int hung_up_fd;
static int hung_up_result; /* 0: the end of the file; else an errno */

static ssize_t
read_until_hung_up(int fd, void *buffer, size_t length)
{
    if (fd != hung_up_fd)
        return read(fd, buffer, length);
    if (hung_up_result == 0)
        return 0;
    errno = hung_up_result;
    return -1;
}

static int
open_elsewhere(const char *path, GError **error)
{
    int fd = frost_isa_serial.open(path, error);
    int other = fcntl(fd, F_DUPFD_CLOEXEC, hung_up_fd + 1);

    close(fd);
    return other;
}

static void
a_line_that_was_hung_up_is_not_deaf(void **state)
{
    static const int results[] = {0, EIO, 0};
    Line *line = *state;
    FrostChannelMethod method = frost_isa_serial;

    method.open = open_elsewhere;
    method.read = read_until_hung_up;
    hung_up_fd = 20;
    frost_channel_free(line->channel);
    line->channel = frost_channel_open_method(&method, line->path, NULL, &recorder_events,
                                              line->recorder, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(results); i++) {
        say(line, "before");
        recorder_expect(line->recorder, "before");
        hung_up_fd++;
        hung_up_result = results[i];
        say(line, "lost");
        recorder_expect(line->recorder, "before<departed>");
        expect_quiet();
        g_string_truncate(line->recorder->journal, 0);
    }
    say(line, "after");
    recorder_expect(line->recorder, "after");
    send_text(line->channel, "answer\n");
    test_expect_read(line->host, "answer\n");
    frost_channel_free(g_steal_pointer(&line->channel));
}

static void
a_line_that_is_gone_is_lost(void **state)
{
    Line *line = *state;

    say(line, "x");
    recorder_expect(line->recorder, "x");
    close(line->host);
    line->host = -1;

    g_autofree char *journal =
        g_strdup_printf("x<departed><failed: error opening channel '%s': %s>", line->path,
                        g_strerror(access(line->path, F_OK) == 0 ? EIO : ENOENT));
    recorder_expect(line->recorder, journal);
    expect_quiet();
}

static void
a_path_that_is_not_a_tty_is_opened_and_read_once(void **state)
{
    g_autofree char *dir = test_make_dir();
    g_autofree char *path = g_build_filename(dir, "file", NULL);
    g_autoptr(Recorder) recorder = recorder_new();
    g_autoptr(GError) error = NULL;

    FrostChannel *channel =
        frost_channel_open("isa-serial", "/dev/null", NULL, &recorder_events, recorder, &error);
    assert_no_error(error);
    expect_quiet();
    send_text(channel, "to nobody\n");
    expect_quiet();
    frost_channel_free(channel);
    recorder_expect(recorder, "");

    assert_true(g_file_set_contents(path, "text", -1, NULL));
    channel = frost_channel_open("isa-serial", path, NULL, &recorder_events, recorder, &error);
    assert_no_error(error);
    recorder_expect(recorder, "text<departed>");
    expect_quiet();
    recorder_expect(recorder, "text<departed>");
    frost_channel_free(channel);
    test_remove_dir(g_steal_pointer(&dir));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_line_is_raw_at_38400),
        TEST(after_a_client_was_dismissed_the_line_is_opened_again),
        TEST(bytes_pass_unchanged_both_ways),
        TEST(a_line_that_was_hung_up_is_not_deaf),
        TEST(a_line_that_is_gone_is_lost),
        cmocka_unit_test(a_path_that_is_not_a_tty_is_opened_and_read_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
