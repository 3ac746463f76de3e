/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * fake-machine.h - a machine that nobody minds being switched off
 */

#include <glib.h>

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
/* What starts runs until it is cancelled. */
void fake_machine_hold(FakeMachine *self);

/* What the calls answer: 0 unless said. */
void fake_machine_fail_clock(FakeMachine *self, int error);
void fake_machine_fail_rtc(FakeMachine *self, int error);
void fake_machine_fail_end(FakeMachine *self, int error);
void fake_machine_fail_sleep(FakeMachine *self, int error);
void fake_machine_set_rtc(FakeMachine *self, int64_t s);

/* A line a call, in order: "run /sbin/halt", "clock 5000000", "rtc read", "rtc write", "end 1",
 * "sleep mem", "cancel". g_free() it. */
char *fake_machine_journal(FakeMachine *self);
