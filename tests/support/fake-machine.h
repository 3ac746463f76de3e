/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-machine.h - a machine that nobody minds being switched off
 */

#include <glib.h>

#include <stdbool.h>

#include "machine.h"

typedef struct FakeMachine FakeMachine;

FakeMachine *fake_machine_new(void);
void fake_machine_free(FakeMachine *self);
FrostMachine *fake_machine_get(FakeMachine *self);

/* From now on there is such a program, in /sbin. The next time it runs it ends with @status and has
 * said @output; every further time with the last of what was said here. */
void fake_machine_add_program(FakeMachine *self, const char *name, int status, const char *output);
/* No process can be made. */
void fake_machine_fail_run(FakeMachine *self);
/* A program that is started from now on runs until it is cancelled. */
void fake_machine_hold(FakeMachine *self);

/* A place in the kernel where a thread hangs. It outlives the machine; begins as {0}. */
typedef struct {
    GMutex lock;
    GCond changed;
    bool is_reached;
    bool is_open;
    bool is_gone;
} FakeGate;

/* The machine's end() is to hang there. */
void fake_machine_stop_end_at(FakeMachine *self, FakeGate *gate);
/* Each waits for a minute at most: until a thread hangs there; until the machine has been
 * destroyed. */
bool fake_gate_is_reached(FakeGate *gate);
bool fake_gate_is_gone(FakeGate *gate);
/* Lets go of what hangs there; nothing hangs there from now on. */
void fake_gate_open(FakeGate *gate);

/* The answers of the calls; 0 unless one of these sets another. */
void fake_machine_fail_clock(FakeMachine *self, int error);
void fake_machine_fail_rtc(FakeMachine *self, int error);
void fake_machine_remove_rtc(FakeMachine *self);
void fake_machine_fail_end(FakeMachine *self, int error);
void fake_machine_fail_sleep(FakeMachine *self, int error);
void fake_machine_set_rtc(FakeMachine *self, int64_t s);

/* A line a call, in order: "run /sbin/halt", "clock 5000000", "rtc read", "rtc write", "end 1",
 * "sleep mem", "cancel". g_free() it. */
char *fake_machine_journal(FakeMachine *self);
