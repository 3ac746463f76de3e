/* SPDX-License-Identifier: MIT */
#include "test-support.h"

#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EXPECT_US (10 * G_USEC_PER_SEC)

void
test_assert_no_error(const GError *error, const char *file, int line)
{
    if (error) {
        print_error("unexpected error: %s\n", error->message);
        _fail(file, line);
    }
}

void
test_assert_error(const GError *error, GQuark domain, int code, const char *part, const char *file,
                  int line)
{
    if (!error) {
        print_error("no error where \"%s\" was expected\n", part);
        _fail(file, line);
    }
    if (error->domain != domain || error->code != code || !strstr(error->message, part)) {
        print_error("error %s %d \"%s\" where %s %d \"%s\" was expected\n",
                    g_quark_to_string(error->domain), error->code, error->message,
                    g_quark_to_string(domain), code, part);
        _fail(file, line);
    }
}

char *
test_make_dir(void)
{
    GError *error = NULL;
    char *path = g_dir_make_tmp("frost-test-XXXXXX", &error);
    test_assert_no_error(error, __FILE__, __LINE__);
    return path;
}

char *
test_make_statedir(void)
{
    char *path = g_strdup("/dev/shm/frost-test-XXXXXX");

    if (g_mkdtemp(path))
        return path;
    g_free(path);
    return test_make_dir();
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    return remove(path);
}

void
test_remove_dir(char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    g_free(path);
}

static gboolean
time_is_up(gpointer user)
{
    bool *up = user;

    *up = true;
    return G_SOURCE_CONTINUE;
}

void
test_run_until(const bool *done, unsigned limit_ms)
{
    bool up = false;
    guint timer = g_timeout_add(limit_ms, time_is_up, &up);

    while (!*done && !up)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(timer);
    if (!*done) {
        print_error("what was waited for did not happen within %u ms\n", limit_ms);
        fail();
    }
}

static gboolean
nudge(gpointer user)
{
    return G_SOURCE_CONTINUE;
}

gint64
test_deadline_us(void)
{
    return g_get_monotonic_time() + EXPECT_US;
}

void
test_yield_until(gint64 deadline_us, const char *file, int line)
{
    if (g_get_monotonic_time() >= deadline_us) {
        print_error("what it waits for has not come\n");
        _fail(file, line);
    }
    g_thread_yield();
}

bool
test_turn(gint64 deadline_us)
{
    guint timer = g_timeout_add(100, nudge, NULL);

    g_main_context_iteration(NULL, TRUE);
    g_source_remove(timer);
    return g_get_monotonic_time() < deadline_us;
}

void
test_expect_read(int fd, const char *text)
{
    gint64 deadline_us = test_deadline_us();
    g_autoptr(GString) got = g_string_new(NULL);
    size_t wanted = strlen(text); /* counted once, as it may be megabytes */
    char buffer[65536];

    while (got->len < wanted) {
        struct pollfd now = {.fd = fd, .events = POLLIN};

        if (poll(&now, 1, 0) > 0) {
            ssize_t n = read(fd, buffer, sizeof(buffer));
            if (n <= 0)
                break;
            g_string_append_len(got, buffer, n);
        } else if (!test_turn(deadline_us)) {
            break;
        }
    }
    assert_string_equal(got->str, text);
}

void
test_expect_eof(int fd)
{
    gint64 deadline_us = test_deadline_us();
    struct pollfd now = {.fd = fd, .events = POLLIN};
    char byte;

    while (poll(&now, 1, 0) == 0 && test_turn(deadline_us))
        continue;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
}

int
test_divert(int fd, FILE *file)
{
    int saved = dup(fd);

    fflush(NULL);
    dup2(fileno(file), fd);
    return saved;
}

char *
test_taken(int fd, int saved, FILE *file)
{
    GString *text = g_string_new(NULL);
    int c;

    fflush(NULL);
    dup2(saved, fd);
    close(saved);
    rewind(file);
    while ((c = fgetc(file)) != EOF)
        g_string_append_c(text, (char)c);
    fclose(file);
    return g_string_free(text, FALSE);
}

/* Not at a limit of 0: poll() counts against it, too. Below it are the standard streams only, so
 * that nothing which a thread closes meanwhile makes room. */
void
test_use_up_descriptors(struct rlimit *out_before)
{
    const int streams = STDERR_FILENO + 1;
    int next;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, out_before), 0);
    while ((next = dup(STDERR_FILENO)) < streams)
        assert_true(next >= 0);
    close(next);
    const struct rlimit none = {.rlim_cur = (rlim_t)streams, .rlim_max = out_before->rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}
