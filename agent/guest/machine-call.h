/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * machine-call.h - a call of the machine that may hang, made beside the main loop
 *
 * The thread holds the machine: it may come back from the kernel long after everybody else has let
 * go of it.
 */

#include "aside.h"
#include "machine.h"

typedef union {
    FrostPowerMode mode;
    const char *state; /* a literal */
    bool write;
} FrostMachineArgument;

/* What the work is given as its input. */
typedef struct {
    FrostMachine *machine; /* held */
    FrostMachineArgument argument;
} FrostMachineHeld;

typedef struct {
    const char *what;    /* for the error of its limit */
    unsigned limit_s;    /* as in FrostAsideJob, like the rest */
    FrostAsideWork work; /* its input is a FrostMachineHeld */
    FrostMachineArgument argument;
    GDestroyNotify result_free;
    FrostAsideDone done;
    void *user;
} FrostMachineCall;

/* @call is only lent. done never comes from inside this. */
void frost_machine_call(FrostMachine *machine, FrostAside *aside, const FrostMachineCall *call);
