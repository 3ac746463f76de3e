/* SPDX-License-Identifier: MIT */
#include "call-filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
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

#ifdef PROCESSOR

/* Where the lower half of an argument is; the calls in question take no more of it. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ARGUMENT(i) (offsetof(struct seccomp_data, args[i]) + 4)
#else
#define ARGUMENT(i) offsetof(struct seccomp_data, args[i])
#endif

/* Whatever their arguments are. A processor has some in several forms, and lacks others. */
static const unsigned calls[] = {
    /* to wait for whatever is next, and to ring the bell */
    SYS_read,
    SYS_write,
#ifdef SYS_poll
    SYS_poll,
#endif
    SYS_ppoll,
#ifdef SYS_ppoll_time64
    SYS_ppoll_time64,
#endif
#ifdef SYS_timerfd_settime
    SYS_timerfd_settime,
#endif
#ifdef SYS_timerfd_settime64
    SYS_timerfd_settime64,
#endif
    SYS_restart_syscall, /* poll, after a SIGSTOP */
#ifdef SYS_futex
    SYS_futex,
#endif
#ifdef SYS_futex_time64
    SYS_futex_time64,
#endif
    /* to answer the agent, and to give the ledger to the heir */
    SYS_recvfrom,
    SYS_sendto,
    SYS_sendmsg,
#ifdef SYS_recv
    SYS_recv,
    SYS_send,
#endif
/* the clock, where it is no memory of the process */
#ifdef SYS_clock_gettime
    SYS_clock_gettime,
#endif
#ifdef SYS_clock_gettime64
    SYS_clock_gettime64,
#endif
    /* to sync, to look how a disk gets on, and to turn the RCU switch */
    SYS_syncfs,
    SYS_pread64,
    SYS_pwrite64,
    /* to end: the pipes are left, the lock is released, the heir is waited for */
    SYS_dup3,
    SYS_close,
#ifdef SYS_close_range
    SYS_close_range,
#endif
    SYS_flock,
    SYS_wait4,
    SYS_exit,
    SYS_exit_group,
#ifdef FROST_STOP_POINTS
    SYS_getpid,
    SYS_socket,
    SYS_connect,
#endif
#ifdef FROST_SANITIZED
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_madvise,
    SYS_sigaltstack,
    SYS_sched_yield,
    SYS_getpid,
    SYS_gettid,
#endif
};

#ifdef SYS_socketcall
/* The calls of a socket as older kernels have them: the first argument is the call. */
static const unsigned socket_calls[] = {
    SYS_SEND,   SYS_RECV,    SYS_SENDTO, SYS_RECVFROM, SYS_SENDMSG,
#ifdef FROST_STOP_POINTS
    SYS_SOCKET, SYS_CONNECT,
#endif
};
#endif

typedef struct {
    unsigned short length;
    struct sock_filter code[BPF_MAXINSNS];
} Program;

static void
add(Program *self, struct sock_filter instruction)
{
    if (self->length < BPF_MAXINSNS)
        self->code[self->length++] = instruction;
}

static void
load(Program *self, size_t offset)
{
    add(self, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void
give(Program *self, uint32_t result)
{
    add(self, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, result));
}

/* The next instruction is for @value alone; for any other, go on after it. */
static void
only_if(Program *self, uint32_t value)
{
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
}

static void
allow_each(Program *self, const unsigned *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        only_if(self, values[i]);
        give(self, SECCOMP_RET_ALLOW);
    }
}

/* What follows is for @call only, up to end_case(), and ends with a result. Returns what that
 * needs.
 */
static unsigned short
begin_case(Program *self, unsigned call)
{
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 1, 0));
    add(self, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
    return self->length;
}

static void
end_case(Program *self, unsigned short begun)
{
    self->code[begun - 1].k = self->length - begun;
}

static void
add_ioctl(Program *self, const int *fds, unsigned count)
{
    unsigned short begun = begin_case(self, SYS_ioctl);

    load(self, ARGUMENT(1));
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FIFREEZE, 2, 0));
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FITHAW, 1, 0));
    give(self, REFUSED);
    load(self, ARGUMENT(0));
    allow_each(self, (const unsigned *)fds, count);
    give(self, REFUSED);
    end_case(self, begun);
}

static void
build(Program *self, const int *fds, unsigned count)
{
    load(self, offsetof(struct seccomp_data, arch));
    add(self, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROCESSOR, 1, 0));
    give(self, REFUSED);
    load(self, offsetof(struct seccomp_data, nr));
    allow_each(self, calls, sizeof calls / sizeof *calls);
#ifdef SYS_socketcall
    unsigned short begun = begin_case(self, SYS_socketcall);
    load(self, ARGUMENT(0));
    allow_each(self, socket_calls, sizeof socket_calls / sizeof *socket_calls);
    give(self, REFUSED);
    end_case(self, begun);
#endif
    add_ioctl(self, fds, count);
    give(self, REFUSED);
}

int
frost_call_filter_install(const int *fds, unsigned count)
{
    Program program = {.length = 0};
    const struct sock_fprog filter = {.filter = program.code};
    struct sock_fprog whole = filter;

    build(&program, fds, count);
    whole.len = program.length;
    long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &whole);
    return r < 0 ? -errno : r > 0 ? -EBUSY : 0;
}

#else

int
frost_call_filter_install(const int *fds, unsigned count)
{
    return -ENOSYS;
}

#endif
