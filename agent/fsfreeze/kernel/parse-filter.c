/* SPDX-License-Identifier: MIT */
#include "parse-filter.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call-program.h"

static const unsigned calls[] = {
    /* the link */
    SYS_read,
    SYS_write,
    SYS_restart_syscall, /* after a SIGSTOP */
    /* memory */
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    /* to end */
    SYS_exit_group,
#ifdef FROST_SANITIZED
    SYS_sigaltstack,
    SYS_sched_yield,
    SYS_futex,
    SYS_getpid,
    SYS_gettid,
#endif
};

/* mmap or mprotect, of memory that cannot be executed. musl has its own in pages that it opens. */
static void
add_memory(FrostCallProgram *program, unsigned call)
{
    unsigned short begun = frost_call_program_begin_case(program, call);

    frost_call_program_load_argument(program, 2);
    frost_call_program_forbid_bits(program, PROT_EXEC);
    frost_call_program_allow_rest(program);
    frost_call_program_end_case(program, begun);
}

/* Of the process itself only, which is 0. */
static void
add_move(FrostCallProgram *program)
{
    unsigned short begun = frost_call_program_begin_case(program, SYS_sched_setaffinity);

    frost_call_program_load_argument(program, 0);
    frost_call_program_forbid_bits(program, UINT32_MAX);
    frost_call_program_allow_rest(program);
    frost_call_program_end_case(program, begun);
}

int
frost_parse_filter_install(void)
{
    FrostCallProgram program;

    if (!frost_call_program_begin(&program))
        return -ENOSYS;
    frost_call_program_allow(&program, calls, sizeof calls / sizeof *calls);
#ifdef SYS_mmap2
    add_memory(&program, SYS_mmap2);
#elif defined(__s390x__)
    /* Its arguments lie in memory, where a filter cannot look. */
    frost_call_program_allow(&program, (const unsigned[]){SYS_mmap}, 1);
#else
    add_memory(&program, SYS_mmap);
#endif
    add_memory(&program, SYS_mprotect);
    add_move(&program);
    frost_call_program_refuse_rest(&program);
    return frost_call_program_install(&program);
}
