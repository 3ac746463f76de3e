/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include "machine-call.h"

void
frost_machine_unref(FrostMachine *self)
{
    if (g_atomic_int_dec_and_test(&self->users))
        self->destroy(self);
}

void
frost_machine_free(FrostMachine *self)
{
    if (!self)
        return;
    self->cancel(self);
    frost_machine_unref(self);
}

static void
let_go(gpointer input)
{
    FrostMachineHeld *held = input;

    frost_machine_unref(held->machine);
    g_free(held);
}

void
frost_machine_call(FrostMachine *machine, FrostBlockingJobs *jobs, const FrostMachineCall *call)
{
    FrostMachineHeld *held = g_new0(FrostMachineHeld, 1);

    g_atomic_int_inc(&machine->users);
    *held = (FrostMachineHeld){.machine = machine, .argument = call->argument};

    const FrostBlockingJob job = {.what = call->what,
                                  .work = call->work,
                                  .input = held,
                                  .input_free = let_go,
                                  .result_free = call->result_free,
                                  .limit_s = call->limit_s,
                                  .done = call->done,
                                  .user = call->user};
    frost_blocking_jobs_run(jobs, &job);
}
