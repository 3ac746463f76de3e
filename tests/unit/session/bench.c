/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LIMIT_US (10 * G_USEC_PER_SEC)

static void
now(QgaCall *call, void *context)
{
    Bench *self = context;

    g_string_append_c(self->done, 'n');
    self->now_done++;
    if (self->free_session)
        g_clear_pointer(&self->session, frost_session_free);
    qga_call_return(call, NULL);
}

static bool
on_hurry(void *user, const QgaValue *arguments)
{
    Bench *self = user;

    self->hurried++;
    return true;
}

static void
late(QgaCall *call, void *context)
{
    Bench *self = context;

    g_string_append_c(self->done, 'l');
    self->held = call;
    qga_call_give_way(call, "silent", on_hurry, self);
}

static void
silent(QgaCall *call, void *context)
{
    Bench *self = context;

    g_string_append_c(self->done, 's');
    qga_call_return(call, NULL);
}

static const QgaCommand commands[] = {
    {"now", QGA_COMMAND_PLAIN, now},
    {"late", QGA_COMMAND_PLAIN, late},
    {"silent", QGA_COMMAND_NO_REPLY, silent},
};

static void
on_lost(void *user, const GError *error)
{
    Bench *self = user;

    self->lost = true;
    self->lost_message = g_strdup(error->message);
    g_clear_pointer(&self->session, frost_session_free);
}

static void
on_absent(void *user)
{
    Bench *self = user;

    self->absences++;
}

int
bench_setup_bare(void **state)
{
    Bench *self = g_new0(Bench, 1);

    self->dir = test_make_dir();
    self->path = g_build_filename(self->dir, "port", NULL);
    self->done = g_string_new(NULL);
    self->dispatch = qga_dispatch_new();
    qga_dispatch_add(self->dispatch, commands, G_N_ELEMENTS(commands), self);
    *state = self;
    return 0;
}

int
bench_setup(void **state)
{
    g_autoptr(GError) error = NULL;

    bench_setup_bare(state);
    Bench *self = *state;
    self->session = bench_open(self, "unix-listen", self->path, false, &error);
    assert_no_error(error);
    return 0;
}

int
bench_teardown(void **state)
{
    Bench *self = *state;

    frost_session_free(self->session);
    if (self->held)
        bench_release(self);
    qga_dispatch_free(self->dispatch);
    g_string_free(self->done, TRUE);
    test_remove_dir(self->dir);
    g_free(self->lost_message);
    g_free(self->path);
    g_free(self);
    return 0;
}

FrostSession *
bench_open(Bench *self, const char *method, const char *path, bool retry, GError **error)
{
    const FrostSessionConfig config = {.method = method,
                                       .path = path,
                                       .listen_fd = -1,
                                       .retry = retry,
                                       .max_request_bytes = 1024 * 1024,
                                       .absence_s = 1};

    const FrostSessionEvents events = {.lost = on_lost, .absent = on_absent};

    return frost_session_new(&config, self->dispatch, NULL, &events, self, error);
}

void
bench_release(Bench *self)
{
    assert_non_null(self->held);
    qga_call_return(g_steal_pointer(&self->held), qga_value_new_string("late"));
}

int
bench_dial(const Bench *self)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, self->path, sizeof(address.sun_path));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void
bench_ask(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

void
bench_run_for(unsigned ms)
{
    gint64 until_us = g_get_monotonic_time() + (gint64)ms * 1000;

    while (test_turn(until_us))
        continue;
}

void
bench_expect_absences(const Bench *self, unsigned absences)
{
    gint64 deadline_us = g_get_monotonic_time() + LIMIT_US;

    while (self->absences < absences && test_turn(deadline_us))
        continue;
    assert_int_equal(self->absences, absences);
}

void
bench_expect_done(const Bench *self, const char *done)
{
    gint64 deadline_us = g_get_monotonic_time() + LIMIT_US;

    while (strcmp(self->done->str, done) != 0 && test_turn(deadline_us))
        continue;
    assert_string_equal(self->done->str, done);
}

bool
bench_spins(void)
{
    int turns = 0;

    while (turns < 50 && g_main_context_iteration(NULL, FALSE))
        turns++;
    return turns == 50;
}

int
bench_make_line(const Bench *self)
{
    int host = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

    assert_true(host >= 0);
    assert_int_equal(grantpt(host), 0);
    assert_int_equal(unlockpt(host), 0);
    assert_int_equal(symlink(ptsname(host), self->path), 0);
    return host;
}
