/* SPDX-License-Identifier: MIT */

/*
 * Processes: fork, exec, signals, and what is asked about them.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "calls.h"
#include "disk-calls.h"
#include "disks.h"
#include "freezer-main.h"
#include "heir.h"
#include "hook.h"
#include "oracle.h"
#include "process-start.h"
#include "recovery.h"
#include "stop.h"

pid_t __wrap_fork(void);
_Noreturn void __wrap_frost_parser_live(const FrostParserTerms *terms);
_Noreturn void __real_frost_parser_live(const FrostParserTerms *terms);
_Noreturn void __wrap_frost_heir_wait(int socket);
_Noreturn void __real_frost_heir_wait(int socket);
int __wrap_execv(const char *path, char *const argv[]);
_Noreturn void __wrap__exit(int status);
pid_t __wrap_getpid(void);
int __wrap_kill(pid_t pid, int number);
pid_t __wrap_waitpid(pid_t pid, int *out_status, int options);
int __wrap_waitid(idtype_t type, id_t id, siginfo_t *out, int options);
long __wrap_syscall(long number, ...);
int __wrap_unshare(int flags);
int __wrap_prctl(int option, ...);
int __wrap_mlockall(int flags);
pid_t __wrap_setsid(void);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
sighandler_t __wrap_signal(int number, sighandler_t handler);
GDir *__wrap_g_dir_open(const char *path, guint flags, GError **error);
const char *__wrap_g_dir_read_name(GDir *dir);
void __wrap_g_dir_close(GDir *dir);
gboolean __wrap_g_file_get_contents(const char *path, char **out, gsize *out_length,
                                    GError **error);
uint64_t __wrap_frost_process_start_time(pid_t pid);
bool __wrap_frost_process_is_stopped(pid_t pid, uint64_t start);

pid_t
__wrap_fork(void)
{
    Thread *self = world->current;
    Process *parent = self->process;
    Files *files = self->files;

    must_not_be_sealed("fork");
    if (parent->is_barred)
        world_fail("a freezer starts a process that has no rights");
    schedule_yield();
    if (is_refused(TROUBLE_FORK))
        return -1;
    Process *child = process_new(ROLE_FREEZER, parent, files_copy(files));
    if (fiber_fork()) {
        self->in_child = true;
        self->process = child;
        self->files = child->files;
        return 0;
    }
    self->in_child = false;
    self->process = parent;
    self->files = files;
    schedule_yield();
    return child->pid;
}

static void *
run_freezer(void *user)
{
    Process *self = user;

    int status = frost_freezer_main(disks_sys().kernel, &self->terms);
    process_end(self, W_EXITCODE(status, 0));
    thread_end();
}

static void
keep_no_history(const char *statedir, const FrostRecord *record)
{
}

static void *
run_recovery(void *user)
{
    Process *self = user;
    FrostSys sys = disks_sys();

    calls_new_context();
    int status =
        frost_recovery_process(&sys, self->terms.ledger_fd, self->terms.lock_fd, keep_no_history);
    process_end(self, W_EXITCODE(status, 0));
    thread_end();
}

static int
count_arguments(char *const argv[])
{
    int count = 0;

    while (argv[count])
        count++;
    return count;
}

static void *
run_parser(void *user)
{
    const Process *self = user;

    __real_frost_parser_live(&self->parses);
}

static void
begin(Process *self, Role role, void *(*main)(void *user))
{
    self->role = role;
    process_add_thread(self, main, self)->tid = self->pid;
    world_tell("%s begins", process_name(self));
    if (role == ROLE_PARSER)
        oracle_note_parser_start(self);
}

/* The program that @argv means; its first thread is ready to run. */
static void
begin_program(Process *self, char *const argv[])
{
    int count = count_arguments(argv);

    files_close_for_exec(self->files);
    if (frost_parser_terms_parse(&self->parses, count, argv)) {
        begin(self, ROLE_PARSER, run_parser);
    } else if (frost_freezer_terms_parse(&self->terms, count, argv)) {
        begin(self, ROLE_FREEZER, run_freezer);
    } else {
        if (strcmp(argv[1], FROST_RECOVERY_OPTION) != 0)
            abort();
        self->terms = (FrostFreezerTerms){.ledger_fd = atoi(argv[2]), .lock_fd = atoi(argv[3])};
        begin(self, ROLE_RECOVERY, run_recovery);
    }
}

/* It does not return before the kernel has let go of the other threads (K5). */
static void
end_others(Thread *self)
{
    self->process->survivor = self;
    process_end_other_threads(self->process, self);
    while (process_has_other_threads(self->process, self))
        schedule_wait(WAIT_EXIT, self->process, -1);
}

static void *
run_heir(void *user)
{
    const Process *self = user;

    __real_frost_heir_wait(self->terms.command_fd);
}

/* A fiber of its own: here a child can do no more than begin. */
void
__wrap_frost_heir_wait(int socket)
{
    Process *self = world->current->process;

    self->role = ROLE_HEIR;
    self->terms = (FrostFreezerTerms){.command_fd = socket};
    process_add_thread(self, run_heir, self)->tid = self->pid;
    world_tell("%s waits", process_name(self));
    fiber_join();
}

/* The same. */
void
__wrap_frost_parser_live(const FrostParserTerms *terms)
{
    Process *self = world->current->process;

    self->parses = *terms;
    begin(self, ROLE_PARSER, run_parser);
    fiber_join();
}

int
__wrap_execv(const char *path, char *const argv[])
{
    Thread *self = world->current;

    must_not_be_sealed("execve");
    schedule_yield();
    if (is_refused(TROUBLE_EXEC))
        return -1;
    if (self->in_child) {
        begin_program(self->process, argv);
        fiber_join();
    }
    end_others(self);
    self->process->survivor = NULL;
    begin_program(self->process, argv);
    thread_end();
}

void
__wrap__exit(int status)
{
    Thread *self = world->current;

    world_tell("%s exits with %d", process_name(self->process), status);
    if (self->in_child) {
        self->process->threads = 0;
        process_end(self->process, W_EXITCODE(status, 0));
        fiber_join();
    }
    process_end(self->process, W_EXITCODE(status, 0));
    thread_end();
}

pid_t
__wrap_getpid(void)
{
    return world->current->process->pid;
}

static void
send_signal(Process *to, int number)
{
    if (to->ending)
        return;
    if (to->role == ROLE_HOOK) {
        hook_take_signal(to, number);
    } else if (number == SIGKILL) {
        world_tell("%s is killed", process_name(to));
        disks_note_death();
        process_end(to, number);
        if (to->role == ROLE_RECOVERY) /* it was stopped */
            hooks_sim_note_death(to);
    } else if (number == SIGTERM) {
        to->term_is_pending = true;
        to->term_code = SI_USER;
    }
}

int
__wrap_kill(pid_t pid, int number)
{
    Process *to = process_find(pid < 0 ? -pid : pid);

    schedule_yield();
    if (!to) {
        errno = ESRCH;
        return -1;
    }
    send_signal(to, number);
    if (thread_must_end(world->current))
        thread_end();
    return 0;
}

pid_t
__wrap_waitpid(pid_t pid, int *out_status, int options)
{
    Process *child = process_find(pid);

    if (!child || child->parent != world->current->process) {
        errno = ECHILD;
        return -1;
    }
    while (!child->zombie) {
        if (options & WNOHANG)
            return 0;
        schedule_wait(WAIT_TIME, child, world->now_us + 1000);
    }
    child->reaped = true;
    if (out_status)
        *out_status = child->status;
    return pid;
}

int
__wrap_waitid(idtype_t type, id_t id, siginfo_t *out, int options)
{
    Process *child = process_find((int)id);

    if (!child || child->parent != world->current->process) {
        errno = ECHILD;
        return -1;
    }
    if (child->zombie)
        out->si_pid = child->pid;
    if (child->zombie && !(options & WNOWAIT))
        child->reaped = true;
    return 0;
}

static int
open_pidfd(int pid, bool is_refused_now)
{
    Process *process = process_find(pid);

    if (is_refused_now)
        return -1;
    if (!process) {
        errno = ESRCH;
        return -1;
    }
    OpenFile *file = open_file_new(FILE_PROCESS);
    file->process = process;
    return install(file, true);
}

static int
send_through_pidfd(int fd, int number, const siginfo_t *info)
{
    OpenFile *file = own_file(fd, FILE_PROCESS);

    if (!file)
        return -1;
    schedule_yield();
    send_signal(file->process, number);
    if (info && number == SIGTERM) {
        file->process->term_code = info->si_code;
        file->process->term_value = info->si_value.sival_int;
    }
    return 0;
}

long
__wrap_syscall(long number, ...)
{
    va_list args;

    va_start(args, number);
    unsigned first = va_arg(args, unsigned);
    bool has_two = number == SYS_close_range || number == SYS_pidfd_send_signal;
    unsigned last = has_two ? va_arg(args, unsigned) : 0;
    const siginfo_t *info =
        number == SYS_pidfd_send_signal ? va_arg(args, const siginfo_t *) : NULL;
    va_end(args);
    if (number == SYS_gettid)
        return world->current->tid;
    if (number == SYS_pidfd_open)
        return open_pidfd((int)first, is_refused(TROUBLE_PIDFD));
    for (unsigned fd = first; number == SYS_close_range && fd <= last && fd < FILES_MAX; fd++)
        files_close(world->current->files, (int)fd);
    if (number == SYS_pidfd_send_signal)
        return send_through_pidfd((int)first, (int)last, info);
    if (number == SYS_close_range)
        return 0;
    errno = ENOSYS;
    return -1;
}

int
__wrap_unshare(int flags)
{
    Thread *self = world->current;

    must_not_be_sealed("unshare");
    schedule_yield();
    if (is_refused(TROUBLE_UNSHARE))
        return -1;
    Files *copy = files_copy(self->files);
    files_unref(self->files);
    self->files = copy;
    return 0;
}

int
__wrap_prctl(int option, ...)
{
    must_not_be_sealed("prctl");
    return 0;
}

int
__wrap_mlockall(int flags)
{
    must_not_be_sealed("mlockall");
    return 0;
}

pid_t
__wrap_setsid(void)
{
    must_not_be_sealed("setsid");
    return world->current->process->pid;
}

int
__wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    return 0;
}

int
__wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    return 0;
}

sighandler_t
__wrap_signal(int number, sighandler_t handler)
{
    if (number == SIGTERM)
        world->current->process->term_is_pending = false;
    return SIG_DFL;
}

/* The only folder that there is: the descriptors of a process. */
typedef struct {
    int next;
    char name[16];
} FdDir;

GDir *
__wrap_g_dir_open(const char *path, guint flags, GError **error)
{
    return strcmp(path, "/proc/self/fd") == 0 ? (GDir *)g_new0(FdDir, 1) : NULL;
}

const char *
__wrap_g_dir_read_name(GDir *dir)
{
    FdDir *self = (FdDir *)dir;

    while (self->next < FILES_MAX && !files_get(own_files(), self->next))
        self->next++;
    if (self->next >= FILES_MAX)
        return NULL;
    snprintf(self->name, sizeof self->name, "%d", self->next++);
    return self->name;
}

void
__wrap_g_dir_close(GDir *dir)
{
    g_free(dir);
}

gboolean
__wrap_g_file_get_contents(const char *path, char **out, gsize *out_length, GError **error)
{
    if (strstr(path, "boot_id") == NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "no %s", path);
        return FALSE;
    }
    *out = g_strdup("01234567-89ab-cdef-0123-456789abcdef\n");
    return TRUE;
}

uint64_t
__wrap_frost_process_start_time(pid_t pid)
{
    Process *process = process_find(pid);

    must_not_be_sealed("open");
    return process ? process->start : 0;
}

bool
__wrap_frost_process_is_stopped(pid_t pid, uint64_t start)
{
    Process *process = process_find(pid);

    return process && process->start == start && process->stopped;
}

void
frost_stop_point(const char *role, const char *name)
{
    if (world->current->in_child || trouble_pass_point(role, name))
        schedule_yield();
}
