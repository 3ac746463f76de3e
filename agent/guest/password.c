/* SPDX-License-Identifier: MIT */
#include "password.h"

#include <string.h>
#include <sys/wait.h>

#include "launch.h"
#include "source.h"

/* How much of its output is quoted in an error. */
#define OUTPUT_MAX 4096

struct FrostPassword {
    FrostLaunch *launch;
    FrostPipeBudget *budget;
    GSource *limit;
    bool timed_out;
    int start_errno;
    char *program;
    FrostPasswordDone done;
    void *user;
};

G_DEFINE_QUARK(frost_password_error, frost_password_error)

static bool
refuse(const char *what, GError **error)
{
    g_set_error(error, FROST_PASSWORD_ERROR, FROST_PASSWORD_ERROR_CHARACTERS,
                "forbidden characters in %s", what);
    return false;
}

/* Refuses characters that would begin another line, with another user, or end the line early. */
static bool
check(const char *name, GBytes *password, GError **error)
{
    size_t length;
    const char *bytes = g_bytes_get_data(password, &length);

    if (length > 0 && (memchr(bytes, '\n', length) || memchr(bytes, '\0', length)))
        return refuse("raw password", error);
    if (strpbrk(name, "\n:"))
        return refuse("username", error);
    return true;
}

static void
wipe_and_free(gpointer data)
{
    GByteArray *line = data;

    explicit_bzero(line->data, line->len);
    g_byte_array_unref(line);
}

/* "name:password\n"; it is wiped when the last reference is dropped. */
static GBytes *
line_of(const char *name, GBytes *password)
{
    size_t length;
    const guint8 *bytes = g_bytes_get_data(password, &length);
    /* allocated at once, as an array that grows leaves copies in memory */
    GByteArray *line = g_byte_array_sized_new((guint)(strlen(name) + length + 2));

    g_byte_array_append(line, (const guint8 *)name, (guint)strlen(name));
    g_byte_array_append(line, (const guint8 *)":", 1);
    g_byte_array_append(line, bytes, (guint)length);
    g_byte_array_append(line, (const guint8 *)"\n", 1);
    return g_bytes_new_with_free_func(line->data, line->len, wipe_and_free, line);
}

static GError *
failure(const char *what)
{
    return g_error_new(FROST_PASSWORD_ERROR, FROST_PASSWORD_ERROR_PROGRAM, "%s%s%s",
                       "child process has failed to set user password", *what ? ": " : "", what);
}

/* NULL: the password is set. */
static GError *
explain_end(const FrostPassword *self)
{
    int status = frost_launch_wait_status(self->launch);
    const GByteArray *words = frost_pipe_reader_bytes(frost_launch_out(self->launch));
    /* the data of an empty array is NULL */
    g_autofree char *text =
        words->len > 0 ? g_strndup((const char *)words->data, words->len) : g_strdup("");

    if (self->start_errno != 0) {
        g_autofree char *why = g_strdup_printf("failed to exec '%s': %s", self->program,
                                               g_strerror(self->start_errno));

        return failure(why);
    }
    if (self->timed_out)
        return failure("not finished within its time limit");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    if (*text)
        return failure(text);
    g_autofree char *how = WIFEXITED(status)
                               ? g_strdup_printf("exit status %d", WEXITSTATUS(status))
                               : g_strdup_printf("ended by signal %d", WTERMSIG(status));
    return failure(how);
}

static void
on_started(void *user, int why)
{
    FrostPassword *self = user;

    self->start_errno = why;
}

static void
on_ended(void *user)
{
    FrostPassword *self = user;
    g_autoptr(GError) error = explain_end(self);

    frost_source_drop(&self->limit);
    self->done(self->user, error);
}

static const FrostLaunchEvents events = {.started = on_started, .ended = on_ended};

static gboolean
on_limit(gpointer user)
{
    FrostPassword *self = user;

    self->timed_out = true;
    frost_launch_kill(self->launch);
    return G_SOURCE_REMOVE;
}

FrostPassword *
frost_password_set(const char *name, GBytes *password, bool crypted, const char *program,
                   GMainContext *context, FrostPasswordDone done, void *user, GError **error)
{
    if (!check(name, password, error))
        return NULL;

    g_autoptr(GBytes) line = line_of(name, password);
    const char *const argv[] = {program, crypted ? "-e" : NULL, NULL};
    const FrostLaunchOrder order = {
        .path = program, .argv = argv, .input = line, .keep_out = true, .merge = true};
    g_autoptr(FrostPassword) self = g_new0(FrostPassword, 1);

    self->program = g_strdup(program);
    self->done = done;
    self->user = user;
    self->budget = frost_pipe_budget_new(OUTPUT_MAX);
    self->launch = frost_launch_new(&order, context, self->budget, &events, self, error);
    if (!self->launch)
        return NULL;
    self->limit = frost_source_attach(g_timeout_source_new_seconds(FROST_PASSWORD_LIMIT_S), context,
                                      on_limit, self);
    return g_steal_pointer(&self);
}

void
frost_password_free(FrostPassword *self)
{
    if (!self)
        return;
    frost_source_drop(&self->limit);
    if (self->launch)
        frost_launch_kill(self->launch);
    frost_launch_free(self->launch);
    frost_pipe_budget_free(self->budget);
    g_free(self->program);
    g_free(self);
}
