/* SPDX-License-Identifier: MIT */
#include "process-fixture.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = test_make_dir();
    f->fifo = g_build_filename(f->dir, "fifo", NULL);
    f->output = g_string_new(NULL);
    *state = f;
    return mkfifo(f->fifo, 0600);
}

int
tear_down(void **state)
{
    Fixture *f = *state;

    frost_process_free(f->process);
    /* What still reads the output of others goes with its end. */
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    test_remove_dir(f->dir);
    g_free(f->fifo);
    g_string_free(f->output, TRUE);
    g_free(f);
    return 0;
}

void
on_done(void *user, const FrostProcessResult *result)
{
    Fixture *f = user;

    f->result = *result;
    g_string_truncate(f->output, 0);
    g_string_append_len(f->output, result->output, (gssize)result->output_length);
    f->result.output = NULL;
    f->done = true;
    f->times++;
    if (f->free_when_done)
        g_clear_pointer(&f->process, frost_process_free);
}

void
make(Fixture *f, const char *const *argv, unsigned timeout_s)
{
    g_autoptr(GError) error = NULL;

    const FrostProcessSpec spec = {
        .argv = argv, .timeout_s = timeout_s, .done = on_done, .user = f};

    f->done = false;
    f->process = frost_process_new(&spec, NULL, &error);
    assert_no_error(error);
    assert_non_null(f->process);
}

void
start(Fixture *f, const char *script, unsigned timeout_s)
{
    const char *argv[] = {"/bin/sh", "-c", script, "sh", f->fifo, NULL};

    make(f, argv, timeout_s);
    frost_process_go(f->process);
}

void
wait_done(Fixture *f)
{
    test_run_until(&f->done, LIMIT_MS);
}

void
run(Fixture *f, const char *script)
{
    start(f, script, 60);
    wait_done(f);
}

char *
add_file(Fixture *f, const char *name, const char *text, mode_t mode)
{
    char *path = g_build_filename(f->dir, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

/* The last process that has the fifo open for writing is gone. */
void
assert_all_writers_gone(int fifo)
{
    struct pollfd end = {.fd = fifo};

    assert_int_equal(poll(&end, 1, LIMIT_MS), 1);
    assert_true(end.revents & POLLHUP);
}

int
open_reading(Fixture *f)
{
    int fd = open(f->fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
    bool *readable = user;

    *readable = true;
    return G_SOURCE_REMOVE;
}

/* Runs the main loop until somebody has written to @fd. */
void
run_until_written(int fd)
{
    bool readable = false;

    g_unix_fd_add(fd, G_IO_IN, on_readable, &readable);
    test_run_until(&readable, LIMIT_MS);
}
