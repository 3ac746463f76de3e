/* SPDX-License-Identifier: MIT */
#include "fiber.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define STACK_BYTES (256u * 1024)
#define GUARD_BYTES 4096u
/* Of the frames of its parent: a child that does no more than begin changes nothing above. */
#define CHILD_BYTES 8192u

struct Fiber {
    char *stack; /* above the guard */
    void (*main)(void *user);
    void *user;
    bool begun;
    bool ended;
    bool joins;
    jmp_buf base; /* the loop that runs one main after the other */
    jmp_buf at;   /* where it left */
    jmp_buf forked;
    char *parent; /* what the stack held when it forked; NULL: it has not */
    char *parent_from;
    size_t parent_bytes;
    Fiber *next; /* of those that are free */
};

static Fiber *current;
static Fiber *unused;
static jmp_buf scheduler;
static Fiber *making;
static jmp_buf maker;

void *__real_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);

static void
run_for_ever(void)
{
    if (_setjmp(making->base) == 0)
        _longjmp(maker, 1);
    current->main(current->user);
    current->ended = true;
    _longjmp(scheduler, 1);
}

/* A stack whose loop waits at its base. */
static Fiber *
make(void)
{
    Fiber *self = calloc(1, sizeof *self);
    char *memory = __real_mmap64(NULL, STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ucontext_t context;

    if (!self || memory == MAP_FAILED || mprotect(memory, GUARD_BYTES, PROT_NONE) < 0)
        abort();
    self->stack = memory + GUARD_BYTES;
    getcontext(&context);
    context.uc_stack.ss_sp = self->stack;
    context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&context, run_for_ever, 0);
    making = self;
    if (_setjmp(maker) == 0)
        setcontext(&context);
    return self;
}

Fiber *
fiber_new(void (*main)(void *user), void *user)
{
    Fiber *self = unused;

    if (self)
        unused = self->next;
    else
        self = make();
    self->main = main;
    self->user = user;
    self->begun = self->ended = self->joins = false;
    return self;
}

static void
put_parent_back(Fiber *self)
{
    memcpy(self->parent_from, self->parent, self->parent_bytes);
    free(self->parent);
    self->parent = NULL;
    self->joins = false;
}

void
fiber_enter(Fiber *self)
{
    current = self;
    if (_setjmp(scheduler) == 0) {
        if (self->begun)
            _longjmp(self->at, 1);
        self->begun = true;
        _longjmp(self->base, 1);
    }
    while (current->joins) {
        put_parent_back(current);
        if (_setjmp(scheduler) == 0)
            _longjmp(current->forked, 1);
    }
    current = NULL;
}

void
fiber_leave(void)
{
    Fiber *self = current;

    if (_setjmp(self->at) == 0)
        _longjmp(scheduler, 1);
}

bool
fiber_has_ended(const Fiber *self)
{
    return self->ended;
}

void
fiber_drop(Fiber *self)
{
    free(self->parent);
    self->parent = NULL;
    self->next = unused;
    unused = self;
}

bool
fiber_fork(void)
{
    Fiber *self = current;
    char *frame = __builtin_frame_address(0);

    self->parent_from = frame - 1024;
    self->parent_bytes = (size_t)(self->stack + STACK_BYTES - self->parent_from);
    if (self->parent_bytes > CHILD_BYTES)
        self->parent_bytes = CHILD_BYTES;
    self->parent = malloc(self->parent_bytes);
    if (!self->parent)
        abort();
    if (_setjmp(self->forked) != 0)
        return false;
    memcpy(self->parent, self->parent_from, self->parent_bytes);
    return true;
}

void
fiber_join(void)
{
    current->joins = true;
    _longjmp(scheduler, 1);
}
