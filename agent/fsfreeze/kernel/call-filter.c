/* SPDX-License-Identifier: MIT */
#include "call-filter.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call-program.h"

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
    /* to sync, to look how a disk gets on and what is free, and to turn the RCU switch */
    SYS_syncfs,
#ifdef SYS_fstatfs
    SYS_fstatfs,
#endif
#ifdef SYS_fstatfs64
    SYS_fstatfs64,
#endif
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

static void
add_ioctl(FrostCallProgram *program, const int *fds, unsigned count)
{
    unsigned short begun = frost_call_program_begin_case(program, SYS_ioctl);

    frost_call_program_load_argument(program, 1);
    frost_call_program_demand(program, FIFREEZE, FITHAW);
    frost_call_program_load_argument(program, 0);
    frost_call_program_allow(program, (const unsigned *)fds, count);
    frost_call_program_refuse_rest(program);
    frost_call_program_end_case(program, begun);
}

int
frost_call_filter_install(const int *fds, unsigned count)
{
    FrostCallProgram program;

    if (!frost_call_program_begin(&program))
        return -ENOSYS;
    frost_call_program_allow(&program, calls, sizeof calls / sizeof *calls);
#ifdef SYS_socketcall
    unsigned short begun = frost_call_program_begin_case(&program, SYS_socketcall);
    frost_call_program_load_argument(&program, 0);
    frost_call_program_allow(&program, socket_calls, sizeof socket_calls / sizeof *socket_calls);
    frost_call_program_refuse_rest(&program);
    frost_call_program_end_case(&program, begun);
#endif
    add_ioctl(&program, fds, count);
    frost_call_program_refuse_rest(&program);
    return frost_call_program_install(&program);
}
