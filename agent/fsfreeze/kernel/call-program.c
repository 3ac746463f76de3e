/* SPDX-License-Identifier: MIT */
#include "call-program.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Each way in which a processor calls its kernel has its own numbers. Those of another way, such as
 * x32 or the 32-bit calls of a 64-bit kernel, are in no list here, and so refused. */
#if defined(__x86_64__) && defined(__LP64__)
#define PROCESSOR AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define PROCESSOR AUDIT_ARCH_I386
#elif defined(__aarch64__) && defined(__LP64__) && defined(__AARCH64EL__)
#define PROCESSOR AUDIT_ARCH_AARCH64
#elif defined(__arm__) && defined(__ARM_EABI__) && defined(__ARMEL__)
#define PROCESSOR AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define PROCESSOR AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define PROCESSOR AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define PROCESSOR AUDIT_ARCH_PPC64LE
#endif

#ifdef FROST_SEAL_KILLS
#define REFUSED SECCOMP_RET_KILL_PROCESS
#else
#define REFUSED (SECCOMP_RET_ERRNO | ENOSYS)
#endif

#ifndef SECCOMP_FILTER_FLAG_TSYNC
#define SECCOMP_FILTER_FLAG_TSYNC 1u
#endif

/* Where the lower half of an argument is; the calls in question take no more of it. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ARGUMENT(i) (offsetof(struct seccomp_data, args[i]) + 4)
#else
#define ARGUMENT(i) offsetof(struct seccomp_data, args[i])
#endif

static void
add(FrostCallProgram *self, struct sock_filter instruction)
{
    if (self->length < BPF_MAXINSNS)
        self->code[self->length++] = instruction;
}

static void
load(FrostCallProgram *self, size_t offset)
{
    add(self, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void
give(FrostCallProgram *self, uint32_t result)
{
    add(self, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, result));
}

bool
frost_call_program_begin(FrostCallProgram *self)
{
    self->length = 0;
#ifdef PROCESSOR
    load(self, offsetof(struct seccomp_data, arch));
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROCESSOR, 1, 0));
    give(self, REFUSED);
    load(self, offsetof(struct seccomp_data, nr));
#ifdef FROST_SEAL_KILLS
    /* No call has this number: strace puts it in the place of one that it lets fail. */
    frost_call_program_allow(self, (const unsigned[]){UINT32_MAX}, 1);
#endif
    return true;
#else
    return false;
#endif
}

void
frost_call_program_allow(FrostCallProgram *self, const unsigned *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, values[i], 0, 1));
        give(self, SECCOMP_RET_ALLOW);
    }
}

unsigned short
frost_call_program_begin_case(FrostCallProgram *self, unsigned call)
{
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 1, 0));
    add(self, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
    return self->length;
}

void
frost_call_program_load_argument(FrostCallProgram *self, unsigned which)
{
    load(self, ARGUMENT(which));
}

void
frost_call_program_demand(FrostCallProgram *self, unsigned one, unsigned other)
{
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, one, 2, 0));
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 1, 0));
    give(self, REFUSED);
}

void
frost_call_program_forbid_bits(FrostCallProgram *self, unsigned mask)
{
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, mask, 0, 1));
    give(self, REFUSED);
}

void
frost_call_program_allow_rest(FrostCallProgram *self)
{
    give(self, SECCOMP_RET_ALLOW);
}

void
frost_call_program_refuse_rest(FrostCallProgram *self)
{
    give(self, REFUSED);
}

void
frost_call_program_end_case(FrostCallProgram *self, unsigned short begun)
{
    self->code[begun - 1].k = self->length - begun;
}

int
frost_call_program_install(const FrostCallProgram *self)
{
    const struct sock_fprog whole = {.len = self->length,
                                     .filter = (struct sock_filter *)self->code};
    long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &whole);

    return r < 0 ? -errno : r > 0 ? -EBUSY : 0;
}
