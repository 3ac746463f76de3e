/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine-call.h - makes a call of the machine that may hang, on a thread
 *
 * The thread has a reference to the machine, as it may return from the kernel long after the
 * machine was freed.
 */

#include "blocking-jobs.h"
#include "machine.h"

typedef union {
    FrostPowerMode mode;
    const char *state; /* a literal */
    bool write;
} FrostMachineArgument;

/* The input of the work. */
typedef struct {
    FrostMachine *machine; /* a reference */
    FrostMachineArgument argument;
} FrostMachineHeld;

typedef struct {
    const char *what; /* these are as in FrostBlockingJob */
    unsigned limit_s;
    FrostBlockingWork work; /* its input is a FrostMachineHeld */
    FrostMachineArgument argument;
    GDestroyNotify result_free;
    FrostBlockingDone done;
    void *user;
} FrostMachineCall;

/* @call is borrowed. done is never called from inside this. */
void frost_machine_call(FrostMachine *machine, FrostBlockingJobs *jobs,
                        const FrostMachineCall *call);
