/* SPDX-License-Identifier: MIT */
#include "power.h"

#include "machine-call.h"
#include "program-result.h"

/* A shutdown program hands the work to init, and returns. One that has not returned by then hangs.
 */
#define LIMIT_S 120

#define MESSAGE "hypervisor initiated shutdown"

struct FrostPower {
    FrostMachine *machine;
    FrostBlockingJobs *jobs;
    FrostPowerDone done;
    void *user;
    bool running;
};

/* The kernel ------------------------------------------------------------------------------- */

static gpointer
end_by_kernel(gpointer input, GError **error)
{
    const FrostMachineHeld *held = input;
    int r = held->machine->end(held->machine, held->argument.mode);

    if (r < 0)
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(-r),
                    "no program to shutdown with, and reboot(2) failed: %s", g_strerror(-r));
    return NULL;
}

static void
on_kernel(void *user, gpointer result, const GError *error)
{
    FrostPower *self = user;

    self->done(self->user, error);
}

static void
ask_kernel(FrostPower *self, FrostPowerMode mode)
{
    const FrostMachineCall call = {.what = "shutdown",
                                   .limit_s = LIMIT_S,
                                   .work = end_by_kernel,
                                   .argument.mode = mode,
                                   .done = on_kernel,
                                   .user = self};

    frost_machine_call(self->machine, self->jobs, &call);
}

/* A program -------------------------------------------------------------------------------- */

static void
on_program(void *user, const FrostProcessResult *result)
{
    FrostPower *self = user;
    g_autoptr(GError) error = NULL;

    self->running = false;
    frost_program_succeeded(result, "shutdown", &error);
    self->done(self->user, error);
}

/* Starts the program @name. False: there is no such program. */
static bool
try_program(FrostPower *self, const char *name, const char *const *words)
{
    g_autofree char *path = self->machine->find(self->machine, name);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    if (!path)
        return false;
    g_ptr_array_add(argv, path);
    for (size_t i = 0; words && words[i]; i++)
        g_ptr_array_add(argv, (gpointer)words[i]);
    g_ptr_array_add(argv, NULL);

    self->running = self->machine->run(self->machine, (const char *const *)argv->pdata, LIMIT_S,
                                       on_program, self, &error);
    if (!self->running)
        self->done(self->user, error);
    return true;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

void
frost_power_end(FrostPower *self, FrostPowerMode mode, FrostPowerDone done, void *user)
{
    static const char *const flags[] = {
        [FROST_POWER_HALT] = "-H", [FROST_POWER_OFF] = "-P", [FROST_POWER_REBOOT] = "-r"};
    static const char *const verbs[] = {[FROST_POWER_HALT] = "halt",
                                        [FROST_POWER_OFF] = "poweroff",
                                        [FROST_POWER_REBOOT] = "reboot"};
    const char *verb = verbs[mode];

    self->done = done;
    self->user = user;
    if (!try_program(self, "shutdown", WORDS("-h", flags[mode], "+0", MESSAGE)) &&
        !try_program(self, verb, NULL) && !try_program(self, "systemctl", WORDS(verb)) &&
        !try_program(self, "busybox", WORDS(verb)))
        ask_kernel(self, mode);
}

FrostPower *
frost_power_new(FrostMachine *machine, FrostBlockingJobs *jobs)
{
    FrostPower *self = g_new0(FrostPower, 1);

    self->machine = machine;
    self->jobs = jobs;
    return self;
}

void
frost_power_free(FrostPower *self)
{
    if (!self)
        return;
    if (self->running)
        self->machine->cancel(self->machine);
    g_free(self);
}
