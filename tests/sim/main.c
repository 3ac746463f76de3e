/* SPDX-License-Identifier: MIT */

/*
 * main.c - searches histories for one that breaks a promise
 *
 *   sim [--seconds N] [--seed N] [--count N] [--jobs N] [--coverage]
 *   sim --replay SEED[:MASK]
 *
 * Histories run in batches, each batch in a process of its own: an agent that is killed never frees
 * its memory, and code that crashes ends only its batch.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "coverage.h"
#include "history.h"

#define BATCH 250
#define FINDINGS_MAX 32
#define JOBS_MAX 16

pid_t __real_fork(void);
int __real_execv(const char *path, char *const argv[]);
pid_t __real_waitpid(pid_t pid, int *status, int options);
void __real__exit(int status);
void *__real_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);

typedef struct {
    uint64_t seed; /* of the history under way */
    uint64_t histories;
    uint64_t steps;
    unsigned findings;
    uint64_t found[FINDINGS_MAX];
    char why[FINDINGS_MAX][200];
    Coverage coverage;
} Job;

typedef struct {
    double seconds;
    uint64_t seed;
    uint64_t count;
    unsigned jobs;
    unsigned stop_after; /* findings */
    bool coverage;
} Options;

static double
now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of all batches. */
static double
processor_s(void)
{
    struct rusage used;

    getrusage(RUSAGE_CHILDREN, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void
note(Job *job, uint64_t seed, const char *why)
{
    if (job->findings < FINDINGS_MAX) {
        job->found[job->findings] = seed;
        snprintf(job->why[job->findings], sizeof job->why[0], "%.199s", why);
        job->findings++;
    }
}

/* What libglib makes once and keeps is no leak: the second time it is there already. */
static void
look_for_leak(Job *job, long kept)
{
    char words[64];

    for (unsigned i = 0; i < 2 && kept > 0; i++)
        kept = history_run(job->seed, HISTORY_WHOLE, false).kept;
    snprintf(words, sizeof words, "%ld blocks of memory are lost", kept);
    if (kept > 0)
        note(job, job->seed, words);
}

static void
run_batch(Job *job, uint64_t first, uint64_t count)
{
    coverage_use(&job->coverage);
    for (uint64_t i = 0; i < count; i++) {
        job->seed = first + i;
        History history = history_run(job->seed, HISTORY_WHOLE, false);

        job->histories++;
        job->steps += history.steps;
        if (history.frees_all && history.kept > 0)
            look_for_leak(job, history.kept);
        if (history.failed)
            note(job, job->seed, history.why);
    }
}

static pid_t
start_batch(Job *job, uint64_t first, uint64_t count)
{
    fflush(NULL);
    pid_t pid = __real_fork();

    if (pid == 0) {
        run_batch(job, first, count);
        __real__exit(0);
    }
    return pid;
}

static void *
share(size_t size)
{
    void *memory =
        __real_mmap64(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        abort();
    return memory;
}

static void
tell_finding(uint64_t seed, const char *why)
{
    fflush(NULL);
    pid_t pid = __real_fork();

    if (pid == 0) {
        Coverage *unused = share(sizeof *unused);

        coverage_use(unused);
        printf("\nseed %" PRIu64 ": %s\n", seed, why);
        uint32_t mask = history_shorten(seed, HISTORY_WHOLE);
        printf("shortened; replay it with: sim --replay %" PRIu64 ":%" PRIx32 "\n", seed, mask);
        history_run(seed, mask, true);
        fflush(NULL);
        __real__exit(0);
    }
    int status = 0;
    __real_waitpid(pid, &status, 0);
    if (!WIFEXITED(status))
        printf("seed %" PRIu64 ": the code under test has crashed (%d)\n", seed, status);
}

static unsigned
findings_of(const Job *jobs, unsigned count)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < count; i++)
        sum += jobs[i].findings;
    return sum;
}

static void
search(const Options *options, Job *jobs)
{
    pid_t pids[JOBS_MAX] = {0};
    uint64_t next = options->seed;
    uint64_t last = options->count > 0 ? options->seed + options->count : UINT64_MAX;
    double end = now_s() + options->seconds;
    unsigned running = 0;

    for (;;) {
        bool goes_on =
            next < last && now_s() < end && findings_of(jobs, options->jobs) < options->stop_after;
        for (unsigned i = 0; i < options->jobs && goes_on; i++) {
            if (pids[i] == 0) {
                uint64_t count = last - next < BATCH ? last - next : BATCH;

                pids[i] = start_batch(&jobs[i], next, count);
                next += count;
                running++;
            }
        }
        if (running == 0)
            return;
        int status;
        pid_t pid = __real_waitpid(-1, &status, 0);
        for (unsigned i = 0; i < options->jobs; i++) {
            if (pids[i] != pid)
                continue;
            pids[i] = 0;
            running--;
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                note(&jobs[i], jobs[i].seed, "the code under test has crashed");
        }
    }
}

static void
sum_up(const Options *options, const Job *jobs, double seconds, double processor)
{
    Coverage *all = calloc(1, sizeof *all);
    uint64_t histories = 0;
    uint64_t steps = 0;

    for (unsigned i = 0; i < options->jobs; i++) {
        histories += jobs[i].histories;
        steps += jobs[i].steps;
        for (size_t word = 0; word < sizeof *all / sizeof(uint64_t); word++)
            ((uint64_t *)all)[word] += ((const uint64_t *)&jobs[i].coverage)[word];
    }
    if (options->coverage)
        coverage_print(all);
    printf("%" PRIu64 " histories from seed %" PRIu64
           " in %.1f s, %.0f a second of one core, %" PRIu64 " steps each; %u broken\n",
           histories, options->seed, seconds, (double)histories / processor,
           histories ? steps / histories : 0, findings_of(jobs, options->jobs));
    free(all);
}

static int
replay(const char *text)
{
    char *end;
    uint64_t seed = strtoull(text, &end, 10);
    uint32_t mask = *end == ':' ? (uint32_t)strtoul(end + 1, NULL, 16) : HISTORY_WHOLE;

    coverage_use(share(sizeof(Coverage)));
    History history = history_run(seed, mask, true);
    printf("%s\n", history.failed ? history.why : "no promise is broken");
    return history.failed;
}

static bool
parse(Options *out, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--coverage") == 0) {
            out->coverage = true;
            continue;
        }
        if (strcmp(argv[i], "--seconds") == 0)
            out->seconds = atof(value);
        else if (strcmp(argv[i], "--seed") == 0)
            out->seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--count") == 0)
            out->count = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--jobs") == 0)
            out->jobs = (unsigned)atoi(value);
        else if (strcmp(argv[i], "--findings") == 0)
            out->stop_after = (unsigned)atoi(value);
        else
            return false;
        i++;
    }
    return out->jobs >= 1 && out->jobs <= JOBS_MAX;
}

int
main(int argc, char **argv)
{
    Options options = {
        .seconds = 10, .seed = (uint64_t)time(NULL) << 20, .jobs = 1, .stop_after = 3};

    if (!getenv("G_SLICE")) { /* libglib would keep what is freed */
        setenv("G_SLICE", "always-malloc", 1);
        __real_execv("/proc/self/exe", argv);
    }
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    history_prepare();
    if (argc == 3 && strcmp(argv[1], "--replay") == 0)
        return replay(argv[2]);
    if (!parse(&options, argc, argv)) {
        fprintf(stderr, "usage: sim [--seconds N] [--seed N] [--count N] [--jobs N] [--findings N] "
                        "[--coverage]\n       sim --replay SEED[:MASK]\n");
        return 2;
    }
    Job *jobs = share(options.jobs * sizeof *jobs);
    double begun = now_s();
    search(&options, jobs);
    double seconds = now_s() - begun;
    double processor = processor_s();
    for (unsigned i = 0; i < options.jobs; i++) {
        for (unsigned k = 0; k < jobs[i].findings; k++)
            tell_finding(jobs[i].found[k], jobs[i].why[k]);
    }
    sum_up(&options, jobs, seconds, processor);
    return findings_of(jobs, options.jobs) > 0;
}
