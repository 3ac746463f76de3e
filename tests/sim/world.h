/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * world.h - the simulated machine: what everything else looks at
 *
 * One a process of the simulator: the calls that the code under test makes carry no pointer to it.
 * Its time stands still while a fiber runs.
 */

#include <glib.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "dice.h"
#include "fiber.h"
#include "freezer-main.h"
#include "parser-life.h"

#define SECOND_US 1000000
#define HOUR_US (3600ll * SECOND_US)

enum {
    PROCESSES_MAX = 96,
    THREADS_MAX = 192,
    FILES_MAX = 64,
    MACHINES = 5, /* machines.h */
    DISKS_MAX = 5,
};

typedef struct OpenFile OpenFile; /* files.h */
typedef struct Process Process;
typedef struct Thread Thread;

/* The descriptors of a process, or of a thread that has given up its share of them. */
typedef struct {
    unsigned refs;
    OpenFile *open[FILES_MAX];
    bool close_on_exec[FILES_MAX];
} Files;

typedef enum {
    ROLE_HOST, /* whatever is outside the machine */
    ROLE_AGENT,
    ROLE_FREEZER,
    ROLE_RECOVERY,
    ROLE_HOOK,
    ROLE_HEIR,   /* heir.h */
    ROLE_PERSON, /* person.h */
    ROLE_PARSER,
    ROLE_COUNT,
} Role;

/* What a thread waits for before it goes on. */
typedef enum {
    WAIT_NOTHING,
    WAIT_POLL,
    WAIT_LOCK,   /* flock */
    WAIT_MUTEX,  /* pthread */
    WAIT_SIGNAL, /* of a condition */
    WAIT_END,    /* of a thread */
    WAIT_EXIT,   /* of a process */
    WAIT_DOOR,   /* inside the kernel: nothing ends it but the kernel */
    WAIT_TIME,
} Wait;

struct Thread {
    Process *process;
    int tid;
    Fiber *fiber;
    Files *files;
    Wait wait;
    const void *on; /* what it waits for */
    struct pollfd *fds;
    unsigned fd_count;
    int64_t until_us; /* -1: for ever */
    bool woken;
    bool has_given_up; /* its rights (seal.h) */
    bool in_child;     /* runs as the child that it has forked */
    int last_errno;
    void *(*main)(void *user);
    void *user;
};

struct Process {
    int pid;
    uint64_t start;
    Role role;
    Process *parent;
    Files *files;
    unsigned threads; /* not ended */
    bool ending;      /* killed, or has called exit: threads in the kernel may be left */
    Thread *survivor; /* becomes another program: all others end */
    bool stopped;
    int64_t stopped_us;   /* when it was last stopped, */
    int64_t continued_us; /* and went on */
    bool zombie;
    bool reaped;
    bool ends_threads; /* which would have freed what they use */
    int status;        /* as of waitpid */
    bool term_is_pending;
    int term_code; /* si_code, si_value */
    int term_value;
    unsigned char machines[MACHINES]; /* its states */
    GMainContext *context;
    bool is_barred;          /* seal.h: what it would start has no rights */
    bool is_sealed;          /* seal.h, parser-seal.h: there are calls that it must not make */
    bool ends_with_parent;   /* PR_SET_PDEATHSIG */
    int64_t delay_us;        /* of a parser: before it next reads */
    bool lies;               /* of a parser: it says next what no parser says */
    bool is_in_word;         /* of a parser: a part of what it says is still to come */
    bool is_rung;            /* another thread has given its main loop something to do */
    void *agent;             /* of a ROLE_AGENT: agent.h */
    FrostFreezerTerms terms; /* of a freezer, and of the recovery that it becomes */
    FrostParserTerms parses; /* of a parser */
};

typedef struct FakeSys FakeSys;
typedef struct Trouble Trouble;
typedef struct Disks Disks;
typedef struct Hooks Hooks;
typedef struct Host Host;
typedef struct Oracle Oracle;
typedef struct LedgerFile LedgerFile;

typedef struct World {
    uint64_t seed;
    Dice dice;            /* of the scheduler */
    Dice machine;         /* of how long things take */
    unsigned threads_max; /* that a process may have */
    bool talks;           /* tells its story */
    unsigned stay;        /* percent: who runs goes on running */
    int64_t now_us;       /* CLOCK_MONOTONIC */
    int64_t slept_us;     /* CLOCK_BOOTTIME is later by this */
    uint64_t steps;
    Process *processes[PROCESSES_MAX];
    unsigned process_count;
    Thread *threads[THREADS_MAX];
    unsigned thread_count;
    int next_pid;
    Process *outside;
    Process *agent;   /* the newest */
    Thread *current;  /* NULL: the scheduler runs */
    bool is_settling; /* no more trouble */
    FakeSys *kernel;
    LedgerFile *ledger;
    LedgerFile *in_memory; /* the newest; NULL: none was ever needed */
    bool is_lost;          /* by design: who knew what is frozen is dead, and had no file for it */
    char failure[1024];    /* the first thing that was wrong; "": nothing */
    Trouble *trouble;
    Disks *disks;
    Hooks *hooks;
    Host *host;
    Oracle *oracle;
} World;

extern World *world;

/* CLOCK_BOOTTIME */
int64_t world_boottime_us(void);
/* One line of the story, where it is told. */
#define world_tell(...)               \
    do {                              \
        if (world->talks)             \
            world_print(__VA_ARGS__); \
    } while (0)
void world_print(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* A promise is broken: the history ends. */
void world_fail(const char *format, ...) G_GNUC_PRINTF(1, 2);
static inline bool
world_has_failed(void)
{
    return world->failure[0] != '\0';
}
