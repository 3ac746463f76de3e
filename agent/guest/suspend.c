/* SPDX-License-Identifier: MIT */
#include "suspend.h"

#include <errno.h>
#include <sys/wait.h>

#include "machine-call.h"
#include "program-result.h"

/* Long enough to write the memory of a large guest to its disk. */
#define LIMIT_S 600
/* For the commands that only ask whether a mode is supported. */
#define ASK_LIMIT_S 30

typedef enum {
    STEP_ASK_SYSTEMD,
    STEP_ASK_PM_UTILS,
    STEP_KERNEL,
    STEP_NONE,
} Step;

struct FrostSuspend {
    FrostMachine *machine;
    FrostBlockingJobs *jobs;
    FrostSuspendMode mode;
    Step step; /* what is being tried */
    FrostSuspendDone done;
    void *user;
    bool running;
};

/* What systemd, pm-utils and the kernel call each mode. */
static const struct {
    const char *unit;
    const char *verb;
    const char *flag;
    const char *program;
    const char *state; /* NULL: the kernel does not have it */
} modes[] = {
    [FROST_SUSPEND_DISK] = {"systemd-hibernate.service", "hibernate", "--hibernate", "pm-hibernate",
                            "disk"},
    [FROST_SUSPEND_RAM] = {"systemd-suspend.service", "suspend", "--suspend", "pm-suspend", "mem"},
    [FROST_SUSPEND_HYBRID] = {"systemd-hybrid-sleep.service", "hybrid-sleep", "--suspend-hybrid",
                              "pm-suspend-hybrid", NULL},
};

G_DEFINE_QUARK(frost_suspend_error, frost_suspend_error)

static void try_step(FrostSuspend *self);

static void
set_unsupported(GError **error)
{
    g_set_error_literal(error, FROST_SUSPEND_ERROR, FROST_SUSPEND_ERROR_UNSUPPORTED,
                        "the requested suspend mode is not supported by the guest");
}

static void
refuse(FrostSuspend *self)
{
    g_autoptr(GError) error = NULL;

    set_unsupported(&error);
    self->done(self->user, error);
}

/* The kernel ------------------------------------------------------------------------------- */

static gpointer
sleep_by_kernel(gpointer input, GError **error)
{
    const FrostMachineHeld *held = input;
    int r = held->machine->sleep(held->machine, held->argument.state);

    if (r == -EOPNOTSUPP)
        set_unsupported(error);
    else if (r < 0)
        g_set_error(error, FROST_SUSPEND_ERROR, FROST_SUSPEND_ERROR_FAILED,
                    "suspend: cannot write to '/sys/power/state': %s", g_strerror(-r));
    return NULL;
}

static void
on_kernel(void *user, gpointer result, const GError *error)
{
    FrostSuspend *self = user;

    self->done(self->user, error);
}

static void
ask_kernel(FrostSuspend *self)
{
    const FrostMachineCall call = {.what = "suspend",
                                   .limit_s = LIMIT_S,
                                   .work = sleep_by_kernel,
                                   .argument.state = modes[self->mode].state,
                                   .done = on_kernel,
                                   .user = self};

    frost_machine_call(self->machine, self->jobs, &call);
}

/* Programs --------------------------------------------------------------------------------- */

static void
on_asleep(void *user, const FrostProcessResult *result)
{
    FrostSuspend *self = user;
    g_autoptr(GError) error = NULL;

    self->running = false;
    frost_program_succeeded(result, "suspend", &error);
    self->done(self->user, error);
}

static void
run(FrostSuspend *self, const char *const *argv, unsigned limit_s, FrostProcessDone done)
{
    g_autoptr(GError) error = NULL;

    self->running = self->machine->run(self->machine, argv, limit_s, done, self, &error);
    if (!self->running)
        self->done(self->user, error);
}

static void
sleep_by_program(FrostSuspend *self)
{
    bool by_systemd = self->step == STEP_ASK_SYSTEMD;
    g_autofree char *path =
        self->machine->find(self->machine, by_systemd ? "systemctl" : modes[self->mode].program);
    const char *const argv[] = {path, by_systemd ? modes[self->mode].verb : NULL, NULL};

    if (path)
        run(self, argv, LIMIT_S, on_asleep);
    else
        refuse(self);
}

/* The status of `systemctl status`: 0 for a unit that runs, 1 to 3 for one that does not run, 4 if
 * there is no such unit. */
static bool
is_supported(const FrostSuspend *self, const FrostProcessResult *result)
{
    if (result->exec_errno != 0 || result->timed_out || !WIFEXITED(result->wait_status))
        return false;
    int status = WEXITSTATUS(result->wait_status);

    return self->step == STEP_ASK_SYSTEMD ? status >= 1 && status <= 3 : status == 0;
}

static void
on_asked(void *user, const FrostProcessResult *result)
{
    FrostSuspend *self = user;

    self->running = false;
    if (is_supported(self, result)) {
        sleep_by_program(self);
        return;
    }
    self->step++;
    try_step(self);
}

/* False: the program @name does not exist. */
static bool
ask(FrostSuspend *self, const char *name, const char *word, const char *what)
{
    g_autofree char *path = self->machine->find(self->machine, name);
    const char *const argv[] = {path, word, what, NULL};

    if (path)
        run(self, argv, ASK_LIMIT_S, on_asked);
    return path != NULL;
}

static void
try_step(FrostSuspend *self)
{
    for (; self->step != STEP_NONE; self->step++) {
        switch (self->step) {
        case STEP_ASK_SYSTEMD:
            if (ask(self, "systemctl", "status", modes[self->mode].unit))
                return;
            break;
        case STEP_ASK_PM_UTILS:
            if (ask(self, "pm-is-supported", modes[self->mode].flag, NULL))
                return;
            break;
        case STEP_KERNEL:
            if (modes[self->mode].state) {
                ask_kernel(self);
                return;
            }
            break;
        case STEP_NONE:
            break;
        }
    }
    refuse(self);
}

void
frost_suspend_sleep(FrostSuspend *self, FrostSuspendMode mode, FrostSuspendDone done, void *user)
{
    self->mode = mode;
    self->step = STEP_ASK_SYSTEMD;
    self->done = done;
    self->user = user;
    try_step(self);
}

FrostSuspend *
frost_suspend_new(FrostMachine *machine, FrostBlockingJobs *jobs)
{
    FrostSuspend *self = g_new0(FrostSuspend, 1);

    self->machine = machine;
    self->jobs = jobs;
    return self;
}

void
frost_suspend_free(FrostSuspend *self)
{
    if (!self)
        return;
    if (self->running)
        self->machine->cancel(self->machine);
    g_free(self);
}
