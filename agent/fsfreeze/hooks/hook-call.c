/* SPDX-License-Identifier: MIT */
#include "hook-call.h"

#include <sys/wait.h>

#include "hook-directory.h"
#include "hook-environment.h"
#include "hook-error.h"
#include "log.h"
#include "process-start.h"

char *
frost_hook_call_path(const FrostHookPlace *place, const FrostLedgerHook *hook)
{
    return frost_hook_path(place->ledger->data->hook_source, hook->name);
}

void
frost_hook_call_note_pid(FrostLedgerHook *hook, pid_t pid)
{
    atomic_store(&hook->start, pid > 0 ? frost_process_start_time(pid) : 0);
    atomic_store(&hook->pid, pid);
}

static int64_t
now_us(const FrostHookPlace *place)
{
    return frost_sys_now_us(place->sys);
}

void
frost_hook_call_note_begin(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookPhase phase)
{
    atomic_store(&hook->sides[phase].begun_us, now_us(place));
}

FrostProcess *
frost_hook_call_start(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookPhase phase,
                      FrostHookStart how, FrostProcessDone done, void *user, GError **error)
{
    g_autofree char *path = frost_hook_call_path(place, hook);
    g_auto(GStrv) environment = frost_hook_environment(place->ledger->data, phase);
    const FrostLedgerSetting *noted = &place->ledger->data->hook_setting;
    const FrostChildSetting setting = {.umask = noted->umask,
                                       .oom_score_adj = noted->oom_score_adj,
                                       .open_files = noted->open_files};
    const char *argv[] = {path, frost_hook_phase_name(phase), NULL};
    const FrostProcessSpec spec = {.argv = argv,
                                   .envp = (const char *const *)environment,
                                   .setting = &setting,
                                   .timeout_s = place->ledger->data->hook_timeout_s,
                                   .ready_line = how.ready_line,
                                   .ready = how.ready,
                                   .deaf = how.deaf,
                                   .done = done,
                                   .user = user};

    if (hook->name[0])
        g_debug("fsfreeze hook '%s' is called with %s", path, frost_hook_phase_name(phase));
    else
        frost_slog("executing fsfreeze hook with arg '%s'", frost_hook_phase_name(phase));
    FrostProcess *process = frost_process_new(&spec, place->context, error);
    if (process) {
        frost_hook_call_note_begin(place, hook, phase);
        atomic_store(&hook->state,
                     phase == FROST_HOOK_THAW ? FROST_HOOK_UNDOING : FROST_HOOK_BEGUN);
        frost_hook_call_note_pid(hook, frost_process_pid(process));
        frost_process_go(process);
    }
    return process;
}

void
frost_hook_call_note(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookPhase phase,
                     FrostHookSideResult result, int status, const char *note)
{
    FrostHookSide *side = &hook->sides[phase];
    int64_t now = now_us(place);

    if (atomic_load(&side->begun_us) == 0)
        atomic_store(&side->begun_us, now);
    atomic_store(&side->ended_us, now);
    g_strlcpy(side->note, note ? note : "", sizeof side->note);
    atomic_store(&side->status, status);
    atomic_store(&side->result, result);
}

/* The end of a call ---------------------------------------------------------------------------- */

static const char *
separator(const char *text)
{
    return *text ? ": " : "";
}

/* The error of a failed hook that is one program. The words are qemu-ga's. */
static GError *
explain_single(const char *path, const FrostProcessResult *result)
{
    const char *output = result->output;

    if (result->exec_errno != 0)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_START,
                           "child process has failed to execute fsfreeze hook: failed to exec "
                           "'%s': %s\n",
                           path, g_strerror(result->exec_errno));
    if (WIFSIGNALED(result->wait_status) || result->cancelled)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
                           "child process has terminated abnormally%s%s", separator(output),
                           output);
    if (*output)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
                           "child process has failed to execute fsfreeze hook: %s", output);
    return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
                       "child process has failed to execute fsfreeze hook: exit status %d",
                       WEXITSTATUS(result->wait_status));
}

/* The error of a failed hook that is in a folder. */
static GError *
explain_one_of_many(const char *path, FrostHookPhase phase, const FrostProcessResult *result,
                    bool died, const char *last_line)
{
    bool by_signal = WIFSIGNALED(result->wait_status);
    int number = by_signal ? WTERMSIG(result->wait_status) : WEXITSTATUS(result->wait_status);

    if (result->exec_errno != 0)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_START,
                           "fsfreeze hook '%s' cannot be started: %s", path,
                           g_strerror(result->exec_errno));
    if (result->cancelled)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED,
                           "fsfreeze hook '%s' was cut off in its %s", path,
                           frost_hook_phase_name(phase));
    return g_error_new(
        FROST_HOOK_ERROR, FROST_HOOK_ERROR_FAILED, "fsfreeze hook '%s' %s %s %d%s%s", path,
        !died                      ? "failed:"
        : phase == FROST_HOOK_THAW ? "ended before the thaw:"
                                   : "ended without holding:",
        by_signal ? "signal" : "exit status", number, separator(last_line), last_line);
}

/* NULL: the call succeeded. */
static GError *
explain_end(const FrostHookPlace *place, const FrostLedgerHook *hook, FrostHookPhase phase,
            const FrostProcessResult *result, bool died, const char *last_line)
{
    g_autofree char *path = frost_hook_call_path(place, hook);

    if (result->timed_out)
        return g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_TIMEOUT,
                           "fsfreeze hook '%s' did not finish its %s within %u seconds and was "
                           "ended%s%s",
                           path, frost_hook_phase_name(phase), place->ledger->data->hook_timeout_s,
                           separator(last_line), last_line);
    if (!died && !result->cancelled && result->exec_errno == 0 && result->wait_status == 0)
        return NULL;
    return hook->name[0] ? explain_one_of_many(path, phase, result, died, last_line)
                         : explain_single(path, result);
}

static FrostHookSideResult
result_in_ledger(const FrostProcessResult *result, bool died)
{
    if (result->exec_errno)
        return FROST_HOOK_SIDE_NOT_STARTED;
    if (result->timed_out)
        return FROST_HOOK_SIDE_TIMED_OUT;
    return died ? FROST_HOOK_SIDE_DIED : FROST_HOOK_SIDE_ENDED;
}

/* "10-mysql freeze"; g_free() it. */
static char *
name_call(const FrostHookPlace *place, const FrostLedgerHook *hook, FrostHookPhase phase)
{
    g_autofree char *path = frost_hook_call_path(place, hook);

    return g_strdup_printf("%s %s", hook->name[0] ? hook->name : path,
                           frost_hook_phase_name(phase));
}

/* A hook that is one program, as the usual dispatcher is, writes the hooks' log itself. We only add
 * its output and its failure. */
static void
report_end(const FrostHookPlace *place, const FrostLedgerHook *hook, FrostHookPhase phase,
           const char *output, const GError *error)
{
    g_autofree char *call = name_call(place, hook, phase);
    const char *result = error ? error->message : "ok";

    if (*output)
        g_debug("fsfreeze hook '%s': %s", call, output);
    if (*output || error || hook->name[0])
        frost_hook_log_add(place->log, call, result, output);
    if (place->heard)
        place->heard(place->heard_user, call, result, output);
}

void
frost_hook_call_ready(const FrostHookPlace *place, FrostLedgerHook *hook, const char *output)
{
    g_autofree char *call = name_call(place, hook, FROST_HOOK_FREEZE);

    frost_hook_call_note(place, hook, FROST_HOOK_FREEZE, FROST_HOOK_SIDE_READY, 0, NULL);
    if (place->heard)
        place->heard(place->heard_user, call, "ready", output);
}

GError *
frost_hook_call_end(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookPhase phase,
                    const FrostProcessResult *result, bool died)
{
    g_autofree char *line = frost_process_last_line(result->output);
    const char *last_line = line ? line : "";
    GError *error = explain_end(place, hook, phase, result, died, last_line);

    frost_hook_call_note_pid(hook, 0);
    frost_hook_call_note(place, hook, phase, result_in_ledger(result, died),
                         result->exec_errno ? result->exec_errno : result->wait_status, last_line);
    report_end(place, hook, phase, result->output, error);
    return error;
}

void
frost_hook_call_give_up(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookPhase phase,
                        const GError *why)
{
    frost_hook_call_note(place, hook, phase, FROST_HOOK_SIDE_NOT_STARTED, 0, why->message);
    report_end(place, hook, phase, "", why);
    atomic_store(&hook->state, FROST_HOOK_IDLE);
}

GError *
frost_hook_call_refuse(const FrostHookPlace *place, FrostLedgerHook *hook, FrostHookPhase phase,
                       const char *reason)
{
    g_autofree char *path = frost_hook_call_path(place, hook);
    GError *error = g_error_new(FROST_HOOK_ERROR, FROST_HOOK_ERROR_REFUSED,
                                "fsfreeze hook '%s' is not run: %s", path, reason);

    frost_hook_call_note(place, hook, phase, FROST_HOOK_SIDE_REFUSED, 0, reason);
    report_end(place, hook, phase, "", error);
    atomic_store(&hook->state, FROST_HOOK_IDLE);
    return error;
}
