/* SPDX-License-Identifier: MIT */
#include "test-support.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

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
