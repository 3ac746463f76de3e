/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * call-program.h - the parts of a filter of system calls (seccomp)
 *
 * A filter begins, allows calls whatever their arguments are, has cases for calls whose arguments
 * count, and refuses all others: with ENOSYS, as a kernel that does not have them, or, in a build
 * with -Dseal_kills=true, with SIGSYS.
 */

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    unsigned short length;
    struct sock_filter code[BPF_MAXINSNS];
} FrostCallProgram;

/* The numbers of calls that follow are those of this processor. False: they are not known. */
bool frost_call_program_begin(FrostCallProgram *self);
/* Allows what was loaded to be one of @values. */
void frost_call_program_allow(FrostCallProgram *self, const unsigned *values, size_t count);
/* What follows is for @call only, up to the end of the case. Returns what that needs. */
unsigned short frost_call_program_begin_case(FrostCallProgram *self, unsigned call);
/* Loads the lower half of an argument of the call. */
void frost_call_program_load_argument(FrostCallProgram *self, unsigned which);
/* What was loaded has to be one of the two, or the call is refused. */
void frost_call_program_demand(FrostCallProgram *self, unsigned one, unsigned other);
/* What was loaded must have no bit of @mask, or the call is refused. */
void frost_call_program_forbid_bits(FrostCallProgram *self, unsigned mask);
void frost_call_program_allow_rest(FrostCallProgram *self);
void frost_call_program_refuse_rest(FrostCallProgram *self);
void frost_call_program_end_case(FrostCallProgram *self, unsigned short begun);
/* Filters the calls of all threads of this process, for good. 0, or a negative errno. */
int frost_call_program_install(const FrostCallProgram *self);
