/* SPDX-License-Identifier: MIT */
#include "hook.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "hook-directory.h"
#include "oracle.h"
#include "process-child.h"

GPtrArray *__wrap_frost_hook_list(const FrostHookSource *source, GError **error);
char *__wrap_frost_hook_distrust(const char *path);
char **__wrap_frost_hook_environment(const FrostLedgerData *ledger, FrostHookPhase phase);
void __wrap_frost_hook_log_add(void *self, const char *call, const char *result,
                               const char *output);
gboolean __wrap_g_unix_set_fd_nonblocking(gint fd, gboolean nonblock, GError **error);

static const char *const names[] = {"10-lock", "20-hold"};

static void
free_item(gpointer data)
{
    FrostHookItem *item = data;

    g_free(item->name);
    g_free(item->path);
    g_free(item);
}

GPtrArray *
__wrap_frost_hook_list(const FrostHookSource *source, GError **error)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(free_item);

    for (unsigned i = 0; i < world->hooks->count; i++) {
        FrostHookItem *item = g_new0(FrostHookItem, 1);

        item->name = g_strdup(names[i]);
        item->path = g_strconcat("/hooks/", names[i], NULL);
        item->verdict = FROST_HOOK_RUNS;
        item->is_hold = i == 1 && world->hooks->holds;
        item->is_required = i == 0 && world->hooks->required;
        g_ptr_array_add(list, item);
    }
    return list;
}

char *
__wrap_frost_hook_distrust(const char *path)
{
    return NULL;
}

char **
__wrap_frost_hook_environment(const FrostLedgerData *ledger, FrostHookPhase phase)
{
    char **environment = g_new0(char *, 2);

    environment[0] = g_strdup_printf("%" G_GINT64_FORMAT, ledger->began_us);
    return environment;
}

/* Nobody reads it here. */
void
__wrap_frost_hook_log_add(void *self, const char *call, const char *result, const char *output)
{
}

gboolean
__wrap_g_unix_set_fd_nonblocking(gint fd, gboolean nonblock, GError **error)
{
    return TRUE;
}

/* The process ---------------------------------------------------------------------------------- */

typedef struct {
    HookRun *run;
    HookManner manner;
    bool deaf; /* to TERM */
    int gate;
    int input;
    int output;
} Program;

static void
end(HookRun *run, int status)
{
    run->ended = true;
    if (!run->process->ending)
        world_tell("hook %s %s ends with 0x%x", run->name, run->is_thaw ? "thaw" : "freeze",
                   (unsigned)status);
    process_end(run->process, status);
}

static HookRun *
run_of(const Process *process)
{
    for (unsigned i = 0; i < world->hooks->run_count; i++) {
        if (world->hooks->runs[i].process == process)
            return &world->hooks->runs[i];
    }
    abort();
}

void
hook_take_signal(Process *process, int number)
{
    HookRun *run = run_of(process);
    const Program *program = (const Program *)process->agent;

    if (number == SIGKILL || (number == SIGTERM && !program->deaf))
        end(run, number);
}

void
hooks_sim_terminate(void)
{
    for (unsigned i = 0; i < world->hooks->run_count; i++) {
        HookRun *run = &world->hooks->runs[i];

        if (run->ended || !run->began)
            continue;
        hook_take_signal(run->process, SIGTERM);
        run->cut_off |= run->ended;
    }
}

void
hooks_sim_kill(void)
{
    for (unsigned i = world->hooks->run_count; i-- > 0;) {
        HookRun *run = &world->hooks->runs[i];

        if (run->began && !run->ended) {
            hook_take_signal(run->process, SIGKILL);
            return;
        }
    }
}

void
hooks_sim_note_death(const Process *caller)
{
    for (unsigned i = 0; i < world->hooks->run_count; i++) {
        HookRun *run = &world->hooks->runs[i];

        /* Also one that has ended, but whose end the caller has not noted: it cannot know. */
        if (run->caller == caller)
            run->cut_off = true;
    }
}

/* False: the agent that would let it go is gone. */
static bool
wait_at_gate(const Program *program)
{
    struct pollfd gate = {.fd = program->gate, .events = POLLIN};
    char go;

    poll(&gate, 1, -1);
    return read(program->gate, &go, 1) == 1;
}

static void
hold(const Program *program)
{
    OpenFile *output = files_get(own_files(), program->output);
    struct pollfd input = {.fd = program->input, .events = 0};
    int limit_ms = program->manner == HOOK_DIES ? (int)dice_below(&world->machine, 2000) : -1;

    if (output && output->socket.peer)
        open_file_put(output->socket.peer, "READY\n", 6);
    poll(&input, 1, limit_ms);
}

static void *
run_program(void *user)
{
    Program *program = user;
    HookRun *run = program->run;

    if (!wait_at_gate(program)) {
        end(run, W_EXITCODE(1, 0));
        thread_end();
    }
    run->began = true;
    trouble_pass_point("hook", run->is_thaw ? "thaw" : "freeze");
    oracle_note_hook(run);
    world_tell("hook %s %s runs", run->name, run->is_thaw ? "thaw" : "freeze");
    files_close_for_exec(run->process->files);
    int64_t duration_us = 1000 + dice_below(&world->machine, 80000);
    if (program->manner == HOOK_HANGS || program->manner == HOOK_DEAF)
        duration_us = world->is_settling ? SECOND_US : 300ll * SECOND_US;
    schedule_wait(WAIT_TIME, NULL, world->now_us + duration_us);
    if (run->is_hold && program->manner != HOOK_FAILS)
        hold(program);
    end(run, W_EXITCODE(program->manner == HOOK_FAILS || program->manner == HOOK_DIES, 0));
    thread_end();
}

static HookRun *
note_run(const FrostProcessSpec *spec, Process *process)
{
    Hooks *hooks = world->hooks;

    if (hooks->run_count == HOOK_RUNS_MAX)
        abort();
    HookRun *run = &hooks->runs[hooks->run_count++];
    const char *slash = strrchr(spec->argv[0], '/');
    snprintf(run->name, sizeof run->name, "%s", slash ? slash + 1 : spec->argv[0]);
    run->is_thaw = strcmp(spec->argv[1], "thaw") == 0;
    run->is_hold = spec->ready_line != NULL;
    run->freeze = spec->envp ? g_ascii_strtoll(spec->envp[0], NULL, 10) : 0;
    run->process = process;
    run->caller = world->current->process;
    return run;
}

static int
pipe_to(Files *files, OpenFile **out_ours)
{
    OpenFile *one = open_file_new(FILE_SOCKET);
    OpenFile *other = open_file_new(FILE_SOCKET);

    one->socket.peer = other;
    other->socket.peer = one;
    *out_ours = one;
    return files_install(files, other, false);
}

/* Those of a service, whoever starts it. */
static void
check_setting(const FrostChildSetting *setting)
{
    if (!setting || setting->umask != HOOK_UMASK || setting->oom_score_adj != HOOK_OOM_SCORE_ADJ ||
        setting->open_files != HOOK_OPEN_FILES)
        world_fail("a hook is started in the surroundings of %s",
                   process_name(world->current->process));
}

/* In the place of agent/process/process-child.c: no fork of the simulator itself. */
pid_t
frost_process_fork(const FrostProcessSpec *spec, FrostProcessEnds *out_ends, GError **error)
{
    Thread *self = world->current;

    schedule_yield();
    if (is_refused(TROUBLE_FORK)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "failed to create child process");
        return -1;
    }
    check_setting(spec->setting);
    Process *process = process_new(ROLE_HOOK, self->process, files_copy(self->files));
    Program *program = calloc(1, sizeof *program);
    OpenFile *gate;
    OpenFile *output;
    OpenFile *input = NULL;

    program->run = note_run(spec, process);
    HookManner *next = &world->hooks->next[program->run->is_thaw];
    program->manner = world->is_settling ? HOOK_WELL : *next;
    *next = HOOK_WELL;
    program->deaf = spec->deaf || program->manner == HOOK_DEAF;
    program->gate = pipe_to(process->files, &gate);
    program->output = pipe_to(process->files, &output);
    program->input = spec->ready_line ? pipe_to(process->files, &input) : -1;
    process->agent = program;
    *out_ends = (FrostProcessEnds){.gate = files_install(self->files, gate, true),
                                   .output = files_install(self->files, output, true),
                                   .input = input ? files_install(self->files, input, true) : -1};
    process_add_thread(process, run_program, program);
    schedule_yield();
    return process->pid;
}

/* The machine ---------------------------------------------------------------------------------- */

Hooks *
hooks_sim_new(void)
{
    Hooks *self = calloc(1, sizeof *self);

    self->count = dice_below(&world->machine, 3);
    self->holds = dice_percent(&world->machine, 60);
    self->required = dice_percent(&world->machine, 50);
    return self;
}

void
hooks_sim_free(Hooks *self)
{
    for (unsigned i = 0; i < self->run_count; i++)
        free(self->runs[i].process->agent);
    free(self);
}
