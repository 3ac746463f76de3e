/* SPDX-License-Identifier: MIT */

/*
 * guest-exec, guest-exec-status
 */
#include "families.h"

#include <sys/wait.h>

#include "base64.h"
#include "executions.h"
#include "log.h"

enum {
    CAPTURE_NONE,
    CAPTURE_STDOUT,
    CAPTURE_STDERR,
    CAPTURE_SEPARATED,
    CAPTURE_MERGED
};

static const char *const capture_words[] = {"none",      "stdout", "stderr",
                                            "separated", "merged", NULL};

typedef struct {
    const FrostCommandContext *context;
    FrostExecutions *executions;
} Programs;

/* The arguments of guest-exec. The strings are borrowed from the call; the lists are owned. */
typedef struct {
    const char *path;
    char **args;
    char **env;
    const char *input;
    unsigned capture;
} Wish;

static void
wish_clear(Wish *wish)
{
    g_strfreev(wish->args);
    g_strfreev(wish->env);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wish, wish_clear)

static bool
read_wish(const QgaArgs *args, Wish *wish, GError **error)
{
    const QgaValue *flag = NULL;

    if (!qga_args_string(args, "path", &wish->path, error) ||
        !qga_args_strings_optional(args, "arg", &wish->args, error) ||
        !qga_args_strings_optional(args, "env", &wish->env, error) ||
        !qga_args_string_optional(args, "input-data", &wish->input, error) ||
        !qga_args_alternate_optional(args, "capture-output", "GuestExecCaptureOutput",
                                     capture_words, QGA_KIND_BOOL, &flag, &wish->capture, error) ||
        !qga_args_end(args, error))
        return false;
    if (flag)
        wish->capture = qga_value_get_bool(flag) ? CAPTURE_SEPARATED : CAPTURE_NONE;
    return true;
}

static void
answer_pid(void *user, pid_t pid, const GError *error)
{
    QgaCall *call = user;

    if (error) {
        qga_call_fail(call, g_error_copy(error));
        return;
    }
    QgaValue *answer = qga_value_new_object();
    qga_value_set_int(answer, "pid", pid);
    qga_call_return(call, answer);
}

/* The path of the program, as argv[0], and its arguments. */
static GPtrArray *
argv_of(const Wish *wish)
{
    GPtrArray *argv = g_ptr_array_new();

    g_ptr_array_add(argv, (gpointer)wish->path);
    for (char **arg = wish->args; arg && *arg; arg++)
        g_ptr_array_add(argv, *arg);
    g_ptr_array_add(argv, NULL);
    return argv;
}

static bool
begin(const Programs *self, const Wish *wish, QgaCall *call, GError **error)
{
    g_autoptr(GBytes) input = NULL;
    g_autoptr(GPtrArray) argv = argv_of(wish);
    g_autofree char *line = g_strjoinv(" ", (char **)argv->pdata);

    frost_slog("guest-exec called: \"%s\"", line);
    if (wish->input && !(input = qga_base64_decode(wish->input, error)))
        return false;

    unsigned capture = wish->capture;
    const FrostLaunchOrder order = {
        .path = wish->path,
        .argv = (const char *const *)argv->pdata,
        .env = (const char *const *)wish->env,
        .input = input,
        .keep_out = capture != CAPTURE_NONE && capture != CAPTURE_STDERR,
        .keep_err = capture == CAPTURE_STDERR || capture == CAPTURE_SEPARATED,
        .merge = capture == CAPTURE_MERGED,
        .setting = self->context->children};
    return frost_executions_start(self->executions, &order, answer_pid, call, error);
}

static void
exec(QgaCall *call, void *user)
{
    g_auto(Wish) wish = {0};
    GError *error = NULL;

    if (!read_wish(qga_call_args(call), &wish, &error) || !begin(user, &wish, call, &error))
        qga_call_fail(call, error);
}

static void
set_output(QgaValue *answer, const FrostPipeReader *reader, const char *data, const char *truncated)
{
    const GByteArray *bytes = reader ? frost_pipe_reader_bytes(reader) : NULL;

    if (!bytes || bytes->len == 0)
        return;
    qga_value_set(answer, data, qga_base64_value(bytes->data, bytes->len));
    qga_value_set_bool(answer, truncated, frost_pipe_reader_is_truncated(reader));
}

static void
set_end(QgaValue *answer, const FrostLaunch *launch)
{
    int status = frost_launch_wait_status(launch);

    if (WIFEXITED(status))
        qga_value_set_int(answer, "exitcode", WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        qga_value_set_int(answer, "signal", WTERMSIG(status));
    set_output(answer, frost_launch_out(launch), "out-data", "out-truncated");
    set_output(answer, frost_launch_err(launch), "err-data", "err-truncated");
}

static void
exec_status(QgaCall *call, void *user)
{
    FrostExecutions *executions = ((const Programs *)user)->executions;
    const QgaArgs *args = qga_call_args(call);
    const FrostLaunch *launch = NULL;
    GError *error = NULL;
    int64_t pid;
    bool ended = false;

    if (qga_args_int(args, "pid", &pid, &error) && qga_args_end(args, &error)) {
        frost_slog("guest-exec-status called, pid: %" G_GINT64_FORMAT, pid);
        launch = frost_executions_find(executions, pid, &ended, &error);
    }
    if (!launch) {
        qga_call_fail(call, error);
        return;
    }

    QgaValue *answer = qga_value_new_object();
    qga_value_set_bool(answer, "exited", ended);
    if (ended) {
        set_end(answer, launch);
        frost_executions_forget(executions, pid);
    }
    qga_call_return(call, answer);
}

static gpointer
keep(FrostCommandContext *context)
{
    Programs *self = g_new(Programs, 1);

    *self = (Programs){.context = context, .executions = frost_executions_new(NULL)};
    return self;
}

static void
forget(gpointer kept)
{
    Programs *self = kept;

    frost_executions_free(self->executions);
    g_free(self);
}

static const QgaCommand commands[] = {
    {"guest-exec-status", QGA_COMMAND_PLAIN, exec_status},
    {"guest-exec", QGA_COMMAND_PLAIN, exec},
};

const FrostFamily frost_exec_family = {
    .commands = commands, .count = G_N_ELEMENTS(commands), .keep = keep, .forget = forget};
